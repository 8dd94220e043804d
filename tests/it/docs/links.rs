//! Links between pages, and from pages to files of the repository.

use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::page::Page;

/// The links of a page that lead nowhere.
pub(super) fn broken(page: &Page, all: &[Page]) -> Vec<String> {
    let links = Parser::new_ext(&page.text, Options::ENABLE_TABLES).into_offset_iter().filter_map(|(event, range)| {
        let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event else { return None };
        Some((dest_url.to_string(), page.text[..range.start].matches('\n').count() + 1))
    });
    links.filter_map(|(to, line)| Some(format!("{}:{line}: {}", page.name, why_broken(page, all, &to)?))).collect()
}

fn why_broken(page: &Page, all: &[Page], to: &str) -> Option<String> {
    if to.starts_with("https://") {
        return None;
    }
    let (file, anchor) = to.split_once('#').map_or((to, None), |(file, anchor)| (file, Some(anchor)));
    let target = if file.is_empty() { page.path.clone() } else { page.path.parent().unwrap().join(file) };
    let Ok(target) = target.canonicalize() else { return Some(format!("there is no {to}")) };
    if !target.starts_with(Path::new(env!("CARGO_MANIFEST_DIR"))) {
        return Some(format!("{to} is not in the repository"));
    }
    let anchor = anchor?;
    let there = all.iter().find(|other| other.path.canonicalize().is_ok_and(|path| path == target));
    let is_there = there.is_some_and(|other| anchors(&other.text).iter().any(|known| known == anchor));
    (!is_there).then(|| format!("{file} has no heading #{anchor}"))
}

/// The anchors that GitHub gives to headings: lower case, spaces to hyphens, punctuation dropped.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors = Vec::new();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(words) | Event::Code(words) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&words);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let words = heading.take().unwrap_or_default().to_lowercase();
                let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
                anchors.push(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
            }
            _ => {}
        }
    }
    anchors
}
