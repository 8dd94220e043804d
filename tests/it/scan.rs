//! `seconder scan`: how much of a history shows signs of AI.

mod command;
mod counts;
mod forms;
mod laws;
mod records;
mod trouble;

use seconder::gate::detect::Catalogue;
use seconder::history::History;
use seconder::scan::{Authors, Cancel, Counted, Found, Options, Report, Row, Watch, scan};

use crate::local::{NewCommit, Repository};

const CLAUDE: &str = "Co-Authored-By: Claude <noreply@anthropic.com>";

/// Remembers all that is told.
#[derive(Debug, Default)]
struct Told {
    found: Vec<Found>,
    last: Option<(u64, Option<u64>)>,
}

impl Watch for Told {
    fn at(&mut self, done: u64, of: Option<u64>) {
        self.last = Some((done, of));
    }

    fn found(&mut self, found: &Found) -> std::io::Result<()> {
        self.found.push(found.clone());
        Ok(())
    }
}

fn options(history: &History) -> Options {
    Options {
        selection: history.head().unwrap(),
        first_parent: false,
        no_merges: false,
        since: None,
        until: None,
        depth: Some(1),
        authors: Authors::Named,
        evidence: false,
        threads: 2,
        now: "2026-12-31T00:00:00Z".parse().unwrap(),
    }
}

fn scanned(history: &History, options: &Options) -> (Counted, Told) {
    let mut told = Told::default();
    let counted = scan(history, options, Catalogue::embedded(), &mut told, &Cancel::default()).unwrap();
    (counted, told)
}

/// The report on the current branch, with options changed.
fn report(repository: &Repository, change: impl FnOnce(&History, &mut Options)) -> Report {
    let history = repository.history();
    let mut options = options(&history);
    change(&history, &mut options);
    let (counted, _) = scanned(&history, &options);
    let is_shallow = history.is_shallow();
    Report::new(counted, &options, Catalogue::embedded(), history.name(), "HEAD".to_owned(), is_shallow)
}

/// `KEY COMMITS ASSISTED AUTONOMOUS SHARE`
fn shown(rows: &[Row]) -> Vec<String> {
    let row = |row: &Row| {
        let Row { key, commits, assisted, autonomous, share, .. } = row;
        format!("{key} {commits} {assisted} {autonomous} {share}")
    };
    rows.iter().map(row).collect()
}

/// A page about a history in which people wrote what does harm where it is not taken for text.
pub(crate) fn hostile_page() -> String {
    forms::scan(&forms::hostile(), &["--format", "html"])
}

fn by_claude(subject: &str) -> NewCommit {
    NewCommit::new(format!("{subject}\n\n{CLAUDE}\n"))
}
