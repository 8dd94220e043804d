//! The GraphQL documents of the client, held to what GitLab published, and to what it lets a query cost.

use seconder::forge::gitlab::query::{AUTHORS_AT_ONCE, NOTES_AT_ONCE, authors, change, more, notes};

use crate::sandbox::conformance::gitlab::{COST_LIMIT, document_cost, document_findings};

#[track_caller]
fn check(document: &str) {
    assert_eq!(document_findings(document), [""; 0], "{document}");
    let cost = document_cost(document);
    // A part of the limit is left, as what a field costs differs between versions.
    assert!(cost <= COST_LIMIT * 9 / 10, "it costs {cost}: {document}");
    assert!(document.len() <= 10_000, "GitLab takes no longer queries");
}

#[test]
fn every_document_is_one_that_gitlab_understands_and_answers() {
    for has_types in [true, false] {
        for count in 0..=NOTES_AT_ONCE {
            check(&change(count, has_types));
        }
        check(&more(has_types));
        check(&notes(NOTES_AT_ONCE, has_types));
        check(&authors(AUTHORS_AT_ONCE, has_types));
    }
}

#[test]
fn older_instances_are_not_asked_for_types_of_accounts() {
    assert!(change(1, true).contains(" type "));
    for document in [change(1, false), more(false), notes(1, false), authors(1, false)] {
        assert!(!document.contains(" type "), "{document}");
    }
}
