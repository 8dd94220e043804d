//! Shares by week, tool, author and folder.

use seconder::scan::Authors;

use super::{by_claude, report, shown};
use crate::local::{NewCommit, Repository};

const ANA: &str = "Ana <ana@acme.dev>";

/// Six commits in three weeks: by jo (two of three assisted), ana (one of one), Claude itself and a robot.
fn history() -> Repository {
    let repository = Repository::new();
    repository.commit(&NewCommit::new("Begin").at("2025-12-29T00:00:00Z").file("README", "1").file("src/a.rs", "1"));
    repository.commit(&by_claude("Two").at("2026-01-04T23:59:59Z").file("src/a.rs", "2").file("src/deep/b.rs", "2"));
    repository.commit(&by_claude("Three").at("2026-01-05T00:00:00Z").file("docs/c.md", "3"));
    repository.commit(
        &NewCommit::new("Four\n\nAssisted-by: Cursor").by(ANA).at("2026-01-06T00:00:00Z").file("src/a.rs", "4"),
    );
    let agent = NewCommit::new("Five").by("Claude <noreply@anthropic.com>").at("2026-01-12T00:00:00Z");
    repository.commit(&agent.file("src/deep/b.rs", "5"));
    let robot = NewCommit::new("Bump").by("dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>");
    repository.commit(&robot.at("2026-01-13T00:00:00Z").file("Cargo.lock", "6"));
    repository
}

#[test]
fn shares_by_week_tool_author_and_folder() {
    let report = report(&history(), |_, _| {});
    assert_eq!(shown(&[report.total.row]), [" 6 4 1 0.6667"]);
    assert_eq!(shown(&report.weeks), ["2026-W01 2 1 0 0.5", "2026-W02 2 2 0 1", "2026-W03 2 1 1 0.5"]);
    assert_eq!(shown(&report.tools), ["claude 3 3 1 0.5", "cursor 1 1 0 0.1667"]);
    assert_eq!(shown(&report.authors.unwrap()), ["jo@acme.dev 3 2 0 0.6667", "ana@acme.dev 1 1 0 1"]);
    assert_eq!(shown(&report.agents.unwrap()), ["claude 1 1 1 1"]);
    let robots = report.automation.unwrap();
    assert_eq!((robots[0].name.as_str(), robots[0].commits, robots.len()), ("dependabot[bot]", 1, 1));
    assert_eq!(shown(&report.folders.unwrap()), ["src 4 3 1 0.75", ". 2 0 0 0", "docs 1 1 0 1"]);
    assert_eq!(shown(&report.channels)[0], "co-author 2 2 0 0.3333");
    assert_eq!(shown(&report.strengths)[..2], ["attributed 3 3 1 0.5", "declared 1 1 0 0.1667"]);
    assert_eq!(
        (report.walked.from.as_deref(), report.walked.to.as_deref()),
        (Some("2025-12-29T00:00:00Z"), Some("2026-01-13T00:00:00Z"))
    );
}

#[test]
fn folders_are_told_apart_as_deeply_as_asked_for() {
    let repository = history();
    let folders = |depth| report(&repository, |_, options| options.depth = depth).folders;
    let keys = |depth| folders(Some(depth)).unwrap().into_iter().map(|row| row.key).collect::<Vec<_>>();
    assert_eq!(keys(2), ["src", "src/deep", ".", "docs"]);
    assert_eq!(folders(None), None);
}

#[test]
fn only_the_asked_for_commits_count() {
    let repository = history();
    let total = |change: &dyn Fn(&seconder::history::History, &mut seconder::scan::Options)| {
        let row = report(&repository, change).total.row;
        (row.commits, row.assisted)
    };
    assert_eq!(total(&|history, options| options.selection = history.select("HEAD~2..HEAD").unwrap()), (2, 1));
    assert_eq!(total(&|_, options| options.since = Some("2026-01-06T00:00:00Z".parse().unwrap())), (3, 2));
    assert_eq!(total(&|_, options| options.until = Some("2026-01-05T00:00:00Z".parse().unwrap())), (3, 2));
}

#[test]
fn a_merge_changes_no_folder_unless_it_stands_for_its_branch() {
    let repository = Repository::new();
    repository.commit(&NewCommit::new("Base").file("a/1", "1"));
    repository.git(&["switch", "--quiet", "--create", "side"]);
    repository.commit(&by_claude("Side").file("side/1", "1"));
    repository.git(&["switch", "--quiet", "main"]);
    repository.commit(&NewCommit::new("Main").file("a/1", "2"));
    repository.merge("side", &NewCommit::new("Merge side"));
    let of = |first_parent, no_merges| {
        let report = report(&repository, |_, options| {
            options.first_parent = first_parent;
            options.no_merges = no_merges;
        });
        (report.total.row.commits, report.walked.merges, shown(&report.folders.unwrap()))
    };
    assert_eq!(of(false, false), (4, 1, vec!["a 2 0 0 0".to_owned(), "side 1 1 0 1".to_owned()]));
    assert_eq!(of(false, true), (3, 0, vec!["a 2 0 0 0".to_owned(), "side 1 1 0 1".to_owned()]));
    assert_eq!(of(true, false), (3, 1, vec!["a 2 0 0 0".to_owned(), "side 1 0 0 0".to_owned()]));
}

#[test]
fn the_mailmap_joins_the_names_of_a_person_and_makes_no_person_of_an_agent() {
    let repository = Repository::new();
    let mailmap = "Ana Acme <ana@acme.dev> <ana@old.dev>\nAna Acme <ana@acme.dev> <noreply@anthropic.com>\n";
    repository.commit(&NewCommit::new("One").by("ana <ANA@old.dev>").file(".mailmap", mailmap));
    repository.commit(&NewCommit::new("Two").by("Ana Acme <ana@acme.dev>"));
    repository.commit(&NewCommit::new("Three").by("Claude <noreply@anthropic.com>"));
    let report = report(&repository, |_, _| {});
    let authors = report.authors.unwrap();
    assert_eq!((authors[0].name.as_str(), shown(&authors)), ("Ana Acme", vec!["ana@acme.dev 2 0 0 0".to_owned()]));
    assert_eq!(shown(&report.agents.unwrap()), ["claude 1 1 1 1"]);
}

#[test]
fn people_can_be_left_out_or_made_anonymous() {
    let repository = history();
    let told = |authors| serde_json::to_string(&report(&repository, |_, options| options.authors = authors)).unwrap();
    let names = ["jo@acme.dev", "\"jo\"", "Ana", "ana@acme.dev"];
    assert!(names.iter().all(|name| told(Authors::Named).contains(name)));
    for authors in [Authors::Anonymous, Authors::Omitted] {
        let told = told(authors);
        assert!(!names.iter().any(|name| told.contains(name)), "{told}");
    }
    assert!(
        told(Authors::Anonymous).contains("\"key\":\"person-1\",\"name\":\"Person 1\",\"commits\":3,\"assisted\":2")
    );
    assert!(told(Authors::Anonymous).contains("dependabot"));
    assert!(told(Authors::Omitted).contains("\"authors\":null,\"agents\":null,\"automation\":null"));
}

#[test]
fn hints_are_told_apart_from_what_counts() {
    let repository = Repository::new();
    let rebased = NewCommit::new("One").committed_by("Claude <noreply@anthropic.com>");
    repository.commit(&rebased);
    let report = report(&repository, |_, _| {});
    assert_eq!((shown(&[report.total.row]), report.total.shown_only), (vec![" 1 0 0 0".to_owned()], 1));
    assert_eq!(shown(&report.tools), ["claude 1 0 0 0"]);
}
