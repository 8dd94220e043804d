//! What the documentation shows is tried: files are read by those who read them in earnest, commands are run, links lead
//! somewhere. `UPDATE_DOCS=1 cargo test --test it docs` writes what the commands print now.

mod files;
mod links;
mod page;
mod session;

use std::fs;
use std::path::{Path, PathBuf};

use page::{Block, Kind, Page};
use session::Session;

/// What people read first, and everything below `docs/`.
fn pages() -> Vec<Page> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of_folder = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let is_markdown = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "md");
    let mut paths: Vec<PathBuf> = of_folder.filter(is_markdown).collect();
    paths.extend(["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(|name| root.join(name)));
    paths.sort();
    assert!(paths.len() > 8, "some of the documentation is not there");
    paths.iter().map(|path| Page::read(path)).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    let broken: Vec<String> = pages.iter().flat_map(|page| links::broken(page, &pages)).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_example_is_of_a_kind_that_is_tried() {
    let wrong: Vec<String> = pages()
        .iter()
        .flat_map(|page| page.blocks.iter().filter_map(|block| block.kind.as_ref().err()).cloned())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_shown_is_accepted_by_those_who_read_it() {
    let blocks = |page: &Page| page.blocks.iter().map(|block| (page.name.clone(), block.clone())).collect::<Vec<_>>();
    let wrong: Vec<String> = pages()
        .iter()
        .flat_map(blocks)
        .filter_map(|(page, block)| {
            let wrong = files::wrong(&block)?;
            Some(format!("{page}:{}: {wrong}", block.line))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_prints_what_the_page_says() {
    let mut wrong = Vec::new();
    for page in pages() {
        let mut session = Session::begin();
        let mut found = Vec::new();
        for block in &page.blocks {
            match &block.kind {
                Ok(Kind::File { name }) => session.write(name, &block.text),
                Ok(Kind::Console { needs_forge }) => {
                    if *needs_forge {
                        session.meet_forge().await;
                    }
                    found.extend(session.run(block).await);
                }
                Ok(Kind::Script) => found.extend(session::syntax(block)),
                _ => {}
            }
        }
        session.end().await;
        wrong.extend(found.iter().map(|one| format!("{}:{}: {}", page.name, one.line, one.message())));
        page.update(&found);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Whether the pages are to be written anew with what commands print.
fn is_updating() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the switch that rewrites the pages")]
    std::env::var("UPDATE_DOCS").is_ok()
}

/// The names of all commands, those of groups with the group's name before them.
fn command_names() -> Vec<String> {
    fn below(group: &clap::Command, prefix: &str, names: &mut Vec<String>) {
        for command in group.get_subcommands() {
            let name = format!("{prefix}{}", command.get_name());
            below(command, &format!("{name} "), names);
            names.push(name);
        }
    }
    let mut names = Vec::new();
    below(&seconder::cli::command(), "", &mut names);
    names
}

#[test]
fn the_commands_of_the_pages_exist() {
    let known = command_names();
    for page in pages() {
        for block in page.blocks.iter().filter(|block| matches!(block.kind, Ok(Kind::Console { .. } | Kind::Script))) {
            for named in session::subcommands(&block.text) {
                // What follows a command may be its argument.
                let (first, second) = named.split_once(' ').unwrap_or((&named, ""));
                let is_group = known.iter().any(|name| name.starts_with(&format!("{first} ")));
                let is_known = known
                    .iter()
                    .any(|name| if is_group && !second.is_empty() { *name == named } else { name == first });
                assert!(is_known, "{}:{}: there is no `seconder {named}`", page.name, block.line);
            }
        }
    }
}

#[test]
fn a_page_tells_its_blocks_apart() {
    let text =
        "# A\n\n```yaml title=policy.yml\nversion: 1\n```\n\n```console\n$ seconder version\n```\n\n```rust\n```\n";
    let blocks: Vec<Block> = page::blocks("a.md", text);
    assert_eq!(blocks[0].kind, Ok(Kind::File { name: "policy.yml".to_owned() }));
    assert_eq!(blocks[1].kind, Ok(Kind::Console { needs_forge: false }));
    assert!(blocks[2].kind.is_err());
    assert_eq!(blocks.iter().map(|block| block.line).collect::<Vec<_>>(), [4, 8, 12]);
}
