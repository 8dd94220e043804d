//! A page of the documentation, and the examples in it.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use super::session::Difference;

/// A page.
pub(super) struct Page {
    pub(super) path: PathBuf,
    /// As people know it.
    pub(super) name: String,
    pub(super) text: String,
    pub(super) blocks: Vec<Block>,
}

/// A fenced block of code.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// The first line of its text, counted from 1.
    pub(super) line: usize,
    pub(super) text: String,
    /// Where its text stands.
    pub(super) range: Range<usize>,
    /// What it is, by the words behind its fence.
    pub(super) kind: Result<Kind, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// ```` ```console ````: commands behind `$`, each followed by what it prints; `…` stands for anything.
    /// ```` ```console sandbox ````: likewise, with a sandbox forge at hand and `seconder.toml` set up for it.
    Console { needs_forge: bool },
    /// ```` ```yaml title=NAME ````: a file that the commands of the page find. Its name says who reads it.
    File { name: String },
    /// ```` ```yaml policy ````: a part of a policy file.
    PolicyPart,
    /// ```` ```toml config ````: a part of the server's configuration.
    ConfigPart,
    /// ```` ```text command ````: a comment with a command on each line.
    Commands,
    /// ```` ```json ````.
    Json,
    /// ```` ```sh ````: commands of other programs; only their syntax is checked.
    Script,
    /// ```` ```text ````: no example, but something to look at.
    Text,
}

impl Page {
    pub(super) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string();
        let blocks = blocks(&name, &text);
        Self { path: path.to_owned(), name, text, blocks }
    }

    /// Writes what the commands print into the page, if that is asked for.
    pub(super) fn update(&self, found: &[Difference]) {
        if !super::is_updating() || found.is_empty() {
            return;
        }
        let mut text = self.text.clone();
        // From the end, so that earlier places stay where they are.
        for one in found.iter().rev() {
            text.replace_range(one.range.clone(), &one.printed);
        }
        fs::write(&self.path, text).unwrap();
    }
}

pub(super) fn blocks(page: &str, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, Option<Range<usize>>)> = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => open = Some((info.to_string(), None)),
            Event::Text(_) => {
                if let Some((_, text)) = &mut open {
                    let start = text.as_ref().map_or(range.start, |text| text.start);
                    *text = Some(start..range.end);
                }
            }
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => {
                let Some((info, inner)) = open.take() else { continue };
                let inner = inner.unwrap_or(range.end..range.end);
                let line = text[..inner.start].matches('\n').count() + 1;
                let kind = kind(&info).ok_or_else(|| format!("{page}:{line}: nobody tries a block of `{info}`"));
                // What a command prints stands there line by line, so that it can be compared and written anew.
                let is_indented = !text[..range.start].is_empty() && !text[..range.start].ends_with('\n');
                let kind = match kind {
                    Ok(Kind::Console { .. }) if is_indented => Err(format!("{page}:{line}: a console within a list")),
                    kind => kind,
                };
                blocks.push(Block { line, text: text[inner.clone()].to_owned(), range: inner, kind });
            }
            _ => {}
        }
    }
    blocks
}

fn kind(info: &str) -> Option<Kind> {
    let words: Vec<&str> = info.split_whitespace().collect();
    Some(match words.as_slice() {
        ["console"] => Kind::Console { needs_forge: false },
        ["console", "sandbox"] => Kind::Console { needs_forge: true },
        ["yaml", "policy"] => Kind::PolicyPart,
        ["toml", "config"] => Kind::ConfigPart,
        ["text", "command"] => Kind::Commands,
        ["text"] => Kind::Text,
        ["json"] => Kind::Json,
        ["sh"] => Kind::Script,
        ["yaml" | "toml" | "json", title] => Kind::File { name: title.strip_prefix("title=")?.to_owned() },
        _ => return None,
    })
}
