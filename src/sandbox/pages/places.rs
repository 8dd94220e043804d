//! What pull requests, and the gate's own pages, link to: accounts, repositories, branches, commits, labels.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{place, show};
use crate::sandbox::accounts::AccountKind;
use crate::sandbox::handle::Sandbox;
use crate::sandbox::http::Refusal;
use crate::sandbox::pulls::Pull;
use crate::sandbox::repositories::Repository;
use crate::sandbox::shapes::time;
use crate::sandbox::world::World;

/// What stays as it is in a path. Slashes are part of a branch's name.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

#[derive(Template)]
#[template(path = "sandbox/place.html")]
struct Place {
    title: String,
    about: String,
    /// As somebody wrote it.
    text: String,
    sections: Vec<Section>,
}

struct Section {
    heading: &'static str,
    entries: Vec<Entry>,
}

struct Entry {
    words: String,
    link: Option<String>,
}

impl Entry {
    fn to(words: impl Into<String>, path: &str) -> Self {
        Self { words: words.into(), link: Some(format!("/{}", utf8_percent_encode(path, IN_PATH))) }
    }

    fn pull(world: &World, pull: &Pull) -> Option<Self> {
        let home = world.full_name(world.repositories.get(&pull.repository)?);
        let words = format!("{home}#{} {}", pull.number, pull.title);
        Some(Self::to(words, &place(world, &home, "pull", &pull.number.to_string())))
    }
}

fn pulls<'a>(world: &World, pulls: impl Iterator<Item = &'a Pull>) -> Section {
    Section { heading: "Pull requests", entries: pulls.filter_map(|pull| Entry::pull(world, pull)).collect() }
}

/// The repository of an address, by its name or one that it had.
fn named<'a>(world: &'a World, owner: &str, name: &str) -> Option<&'a Repository> {
    world.repository_named(owner, name).or_else(|| world.repository_formerly(owner, name))
}

fn answer(place: Option<Place>) -> Response {
    place.map_or_else(|| Refusal::not_found().into_response(), |place| show(&place))
}

pub(crate) async fn account(State(github): State<Sandbox>, Path(login): Path<String>) -> Response {
    let world = github.world();
    let place = world.accounts.by_login(&login).map(|account| {
        let owned = world.repositories.values().filter(|repository| repository.owner == account.id);
        let owned = owned.map(|repository| world.full_name(repository)).map(|name| Entry::to(name.clone(), &name));
        Place {
            title: account.login.clone(),
            about: match account.kind {
                AccountKind::Organization => "An organisation.",
                AccountKind::User => "A person.",
                _ => "A machine.",
            }
            .to_owned(),
            text: String::new(),
            sections: vec![
                Section { heading: "Repositories", entries: owned.collect() },
                pulls(&world, world.pulls().filter(|pull| pull.author == account.id)),
            ],
        }
    });
    answer(place)
}

pub(crate) async fn repository(State(github): State<Sandbox>, Path((owner, name)): Path<(String, String)>) -> Response {
    let world = github.world();
    let place = named(&world, &owner, &name).map(|repository| {
        let home = world.full_name(repository);
        let branches = repository.refs.keys().filter_map(|full| full.strip_prefix("refs/heads/"));
        let branches = branches.map(|branch| Entry::to(branch, &place(&world, &home, "tree", branch)));
        let visibility = if repository.private { "private" } else { "public" };
        Place {
            about: format!("A {visibility} repository; its default branch is {}.", repository.default_branch),
            text: String::new(),
            sections: vec![
                Section { heading: "Branches", entries: branches.collect() },
                pulls(&world, repository.pulls.values().rev()),
            ],
            title: home,
        }
    });
    answer(place)
}

pub(crate) async fn commit(
    State(github): State<Sandbox>,
    Path((owner, name, sha)): Path<(String, String, String)>,
) -> Response {
    let world = github.world();
    let place = named(&world, &owner, &name).and_then(|repository| {
        let commit = world.git.commit(&sha).filter(|_| repository.visible.contains(&sha))?;
        let home = world.full_name(repository);
        let parents = commit.parents.iter().map(|sha| Entry::to(sha.as_str(), &place(&world, &home, "commit", sha)));
        let proposing = repository.pulls.values().filter(|pull| world.proposes(pull, &sha));
        Some(Place {
            title: format!("{home}@{sha}"),
            about: format!("By {} <{}>, {}.", commit.author.name, commit.author.email, time(commit.author.at)),
            text: commit.message.clone(),
            sections: vec![Section { heading: "Parents", entries: parents.collect() }, pulls(&world, proposing)],
        })
    });
    answer(place)
}

pub(crate) async fn tree(
    State(github): State<Sandbox>,
    Path((owner, name, branch)): Path<(String, String, String)>,
) -> Response {
    let world = github.world();
    let place = named(&world, &owner, &name).and_then(|repository| {
        let (_, tip) = repository.reference(&branch)?;
        let home = world.full_name(repository);
        let files = world.git.files_at(tip);
        let files = files.keys().map(|path| Entry { words: path.clone(), link: None });
        Some(Place {
            title: format!("{home}: {branch}"),
            about: "A branch.".to_owned(),
            text: String::new(),
            sections: vec![
                Section {
                    heading: "Last commit",
                    entries: vec![Entry::to(tip.as_str(), &place(&world, &home, "commit", tip))],
                },
                Section { heading: "Files", entries: files.collect() },
            ],
        })
    });
    answer(place)
}

pub(crate) async fn label(
    State(github): State<Sandbox>,
    Path((owner, name, label)): Path<(String, String, String)>,
) -> Response {
    let world = github.world();
    let place = named(&world, &owner, &name).map(|repository| Place {
        about: format!("A label of {}.", world.full_name(repository)),
        text: String::new(),
        sections: vec![pulls(&world, repository.pulls.values().filter(|pull| pull.labels.contains(&label)))],
        title: label.clone(),
    });
    answer(place)
}
