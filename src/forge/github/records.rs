//! Records of who wrote what, beside the code: git-ai's notes on commits, and files of agent-trace records.
//!
//! They are asked for only where there are some: the query for a change tells whether the repository has notes, and which
//! files the change touches. Both are objects that never change, so that no note is asked for twice.
//!
//! A call that fails is repeated, like the rest of the read. After a few attempts in vain, the change is judged without what
//! GitHub does not give, and says so: a broken note must not hold a change for ever. Records only ever add to what a change
//! shows, and whoever can break them can also leave them out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Deserialize;

use super::client::GitHub;
use super::query::{QueryError, QueryFailure};
use super::read::split_name;
use super::{Error, query};
use crate::gate::detect::agent_trace::{Subject, Traces};
use crate::gate::detect::notes::{Note, Unread};
use crate::gate::ids::CommitSha;
use crate::gate::witnessed::SeenRepository;

/// How many objects are asked for in one call.
const AT_ONCE: usize = 150;
/// When GitHub gives up on so few, asking for fewer does not help.
const FEWEST_AT_ONCE: usize = 10;
/// Of how many commits of one change notes are read: the newest.
const MOST_COMMITS: usize = 500;
/// How many files of records of one change are read.
const MOST_FILES: usize = 20;
/// Into how many folders git may put a note, by the first digits of its commit's name.
const FAN_OUTS: [usize; 3] = [1, 0, 2];

/// Notes by repository, commit of `refs/notes/ai`, and commit that they hang on.
pub(super) type NotesCache = moka::sync::Cache<(i64, CommitSha, CommitSha), Vec<Note>>;

/// What was found at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    Nothing,
    Text { text: String, is_whole: bool },
    Unread(Unread),
}

#[derive(Deserialize)]
struct Answer {
    repository: Option<Repository>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    database_id: Option<i64>,
    #[serde(flatten)]
    objects: BTreeMap<String, Option<Object>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    #[serde(rename = "__typename")]
    kind: String,
    text: Option<String>,
    is_truncated: Option<bool>,
    is_binary: Option<bool>,
}

impl Object {
    fn found(self) -> Found {
        match self.text {
            _ if self.kind != "Blob" => Found::Unread(Unread::Malformed),
            None => Found::Unread(Unread::NotText),
            Some(_) if self.is_binary == Some(true) => Found::Unread(Unread::NotText),
            Some(text) => Found::Text { text, is_whole: self.is_truncated == Some(false) },
        }
    }
}

/// What there is to be read about a change.
pub(super) struct Wanted<'a> {
    /// The commit of `refs/notes/ai`, if the repository has one.
    pub notes: Option<&'a CommitSha>,
    /// The commits of the change, oldest first.
    pub commits: &'a [CommitSha],
    /// Files that records may stand in, and that the change leaves behind.
    pub files: Vec<&'a str>,
    /// All files that the change touches; `None` where GitHub does not give all.
    pub touched: Option<BTreeSet<&'a str>>,
    /// The change's head.
    pub head: &'a CommitSha,
    /// The tip of its base.
    pub base: &'a CommitSha,
    /// Whether to go on without what cannot be had.
    pub gives_up: bool,
}

/// What was read about a change.
#[derive(Default)]
pub(super) struct Records {
    pub notes: BTreeMap<CommitSha, Vec<Note>>,
    pub traces: Vec<Traces>,
}

impl GitHub {
    /// The notes on these commits, of which the newest stand last; those without any are left out. `notes` is the commit
    /// that `refs/notes/ai` points at. `gives_up`: notes that cannot be had are unread, and no error.
    pub async fn notes(
        &self,
        repo: &SeenRepository,
        notes: &CommitSha,
        commits: &[CommitSha],
        gives_up: bool,
    ) -> Result<BTreeMap<CommitSha, Vec<Note>>, Error> {
        self.notes_on(repo, notes, commits, gives_up).await.map_err(|failure| match failure {
            QueryFailure::Call(error) => error,
            QueryFailure::Incomplete(why) => {
                Error::Transient { what: format!("the notes in {}", repo.name), why, is_heavy: false }
            }
        })
    }

    /// All records about a change.
    pub(super) async fn records(&self, repo: &SeenRepository, wanted: Wanted<'_>) -> Result<Records, QueryFailure> {
        let notes = match wanted.notes {
            Some(notes) => self.notes_on(repo, notes, wanted.commits, wanted.gives_up).await?,
            None => BTreeMap::new(),
        };
        let traces = if wanted.files.is_empty() { Vec::new() } else { self.traces(repo, &wanted).await? };
        Ok(Records { notes, traces })
    }

    async fn notes_on(
        &self,
        repo: &SeenRepository,
        notes: &CommitSha,
        commits: &[CommitSha],
        gives_up: bool,
    ) -> Result<BTreeMap<CommitSha, Vec<Note>>, QueryFailure> {
        let cache = self.notes_cache();
        let key = |commit: &CommitSha| (repo.repo.id, notes.clone(), commit.clone());
        let (too_many, asked) = commits.split_at(commits.len().saturating_sub(MOST_COMMITS));
        let mut known: BTreeMap<CommitSha, Vec<Note>> =
            asked.iter().filter_map(|commit| Some((commit.clone(), cache.get(&key(commit))?))).collect();
        let new: Vec<&CommitSha> = asked.iter().filter(|commit| !known.contains_key(*commit)).collect();
        let address = |commit: &CommitSha| FAN_OUTS.map(|folders| format!("{notes}:{}", fan_out(commit, folders)));
        let addresses: Vec<String> = new.iter().flat_map(|commit| address(commit)).collect();
        let found = self.objects(repo, &addresses, "the notes", gives_up).await?;
        for (commit, found) in new.into_iter().zip(found.chunks(FAN_OUTS.len())) {
            let notes: Vec<Note> = found.iter().filter_map(note).collect();
            // What was refused may be given the next time.
            if !found.contains(&Found::Unread(Unread::Refused)) {
                cache.insert(key(commit), notes.clone());
            }
            known.insert(commit.clone(), notes);
        }
        known.retain(|_, notes| !notes.is_empty());
        // Said once, not of each.
        if let Some(commit) = too_many.last() {
            known.insert(commit.clone(), vec![Note::unread(Unread::NotAsked)]);
        }
        Ok(known)
    }

    async fn traces(&self, repo: &SeenRepository, wanted: &Wanted<'_>) -> Result<Vec<Traces>, QueryFailure> {
        let (asked, too_many) = wanted.files.split_at(wanted.files.len().min(MOST_FILES));
        let addresses: Vec<String> =
            asked.iter().flat_map(|file| [wanted.head, wanted.base].map(|commit| format!("{commit}:{file}"))).collect();
        let found = self.objects(repo, &addresses, "the records of authorship", wanted.gives_up).await?;
        let subject = Subject { commits: wanted.commits, paths: wanted.touched.as_ref() };
        let mut traces = Vec::new();
        for (file, found) in asked.iter().zip(found.chunks(2)) {
            let [now, before] = found else { continue };
            let before = if let Found::Text { text, .. } = before { Some(text.as_str()) } else { None };
            traces.extend(match now {
                Found::Nothing => None,
                Found::Unread(why) => Some(Traces::unread(file, *why)),
                Found::Text { text, is_whole } => {
                    let read = Traces::read(file, text, before, subject);
                    Some(if *is_whole { read } else { Traces { unread: Some(Unread::Truncated), ..read } })
                }
            });
        }
        traces.extend(too_many.first().map(|file| Traces::unread(file, Unread::NotAsked)));
        Ok(traces)
    }

    /// What stands at these addresses (`COMMIT:PATH`), in their order.
    async fn objects(
        &self,
        repo: &SeenRepository,
        addresses: &[String],
        what: &str,
        gives_up: bool,
    ) -> Result<Vec<Found>, QueryFailure> {
        let what = format!("{what} in {}", repo.name);
        let mut found = Vec::with_capacity(addresses.len());
        let mut at_once = AT_ONCE;
        while let Some(rest) = addresses.get(found.len()..).filter(|rest| !rest.is_empty()) {
            let asked = rest.get(..at_once.min(rest.len())).unwrap_or(rest);
            match self.some_objects(repo, asked, &what, gives_up).await {
                Err(QueryFailure::Call(Error::Transient { is_heavy: true, .. })) if asked.len() > FEWEST_AT_ONCE => {
                    at_once = asked.len() / 2;
                }
                Err(failure) if gives_up && is_about_records(&failure) => {
                    tracing::warn!(what, ?failure, "these records cannot be had; the change is judged without them");
                    found.extend(asked.iter().map(|_| Found::Unread(Unread::Refused)));
                }
                answer => found.extend(answer?),
            }
        }
        Ok(found)
    }

    async fn some_objects(
        &self,
        repo: &SeenRepository,
        addresses: &[String],
        what: &str,
        gives_up: bool,
    ) -> Result<Vec<Found>, QueryFailure> {
        let (owner, name) = split_name(&repo.name)?;
        let mut variables: BTreeMap<String, &str> =
            addresses.iter().enumerate().map(|(at, address)| (format!("e{at}"), address.as_str())).collect();
        variables.extend([("owner".to_owned(), owner), ("name".to_owned(), name)]);
        let document = document(addresses.len());
        let (answer, refused): (Answer, _) = self
            .query(repo.installation, what, &document, &variables, |error| gives_up && is_of_one_object(error))
            .await?;
        let missing = || QueryFailure::Incomplete(format!("GitHub left out {what}"));
        let repository = answer.repository.ok_or_else(missing)?;
        if repository.database_id != Some(repo.repo.id) {
            return Err(missing());
        }
        let mut objects = repository.objects;
        let refused: BTreeSet<String> = refused.iter().map(QueryError::place).collect();
        (0..addresses.len())
            .map(|at| {
                let object = objects.remove(&format!("o{at}")).ok_or_else(missing)?;
                Ok(match object {
                    Some(object) => object.found(),
                    None if refused.contains(&format!("repository.o{at}")) => Found::Unread(Unread::Refused),
                    None => Found::Nothing,
                })
            })
            .collect()
    }
}

/// Whether a failure may be one of the records, not of the way to GitHub, nor of the whole repository.
fn is_about_records(failure: &QueryFailure) -> bool {
    match failure {
        QueryFailure::Incomplete(_) => true,
        QueryFailure::Call(error) => {
            matches!(error, Error::Transient { .. } | Error::Broken { .. } | Error::Forbidden { .. })
        }
    }
}

/// Whether an error is about one of the objects alone, and none of those that time mends.
fn is_of_one_object(error: &QueryError) -> bool {
    let place = error.place();
    let is_object = place.strip_prefix("repository.o").is_some_and(|at| at.bytes().all(|b| b.is_ascii_digit()));
    is_object && !error.is_passing()
}

/// Where git keeps a note: its commit's name, so many times with two digits of it as a folder.
fn fan_out(commit: &CommitSha, folders: usize) -> String {
    let name = commit.as_str();
    let mut path = String::with_capacity(name.len() + folders);
    for (at, digit) in name.chars().enumerate() {
        if at > 0 && at % 2 == 0 && at / 2 <= folders {
            path.push('/');
        }
        path.push(digit);
    }
    path
}

fn note(found: &Found) -> Option<Note> {
    match found {
        Found::Nothing => None,
        Found::Text { text, is_whole: true } => Some(Note::parse(text)),
        Found::Text { text, is_whole: false } => Some(Note::parse_start(text)),
        Found::Unread(why) => Some(Note::unread(*why)),
    }
}

/// The query for so many objects. Their addresses travel as the variables `e0`, `e1`, ….
pub fn document(count: usize) -> String {
    let mut document = String::from("query Records($owner: String!, $name: String!");
    let mut objects = String::new();
    for at in 0..count {
        // Writing to a string cannot fail.
        let _ = write!(document, ", $e{at}: String!");
        let _ = write!(objects, " o{at}: object(expression: $e{at}) {{ ...Record }}");
    }
    let _ =
        write!(document, ") {{ repository(owner: $owner, name: $name) {{ databaseId{objects} }} }}\n{}", query::RECORD);
    document
}
