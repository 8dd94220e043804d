//! What must change on the forge so that it shows the check.

use seconder::gate::plan::{Action, Annotation, Check, Conclusion, Published, plan};

use super::case::sha;

fn check() -> Check {
    Check {
        name: "seconder".to_owned(),
        head: sha("head"),
        conclusion: Conclusion::ActionRequired,
        title: "Needs 1 approval".to_owned(),
        summary: "…".to_owned(),
        annotations: Vec::new(),
        details_url: None,
    }
}

fn published() -> Published {
    Published::after(&Action::Create(check()), 5)
}

#[test]
fn a_check_that_is_not_there_is_created() {
    assert_eq!(plan(&check(), None), Some(Action::Create(check())));
}

#[test]
fn a_check_that_stands_there_is_left_alone() {
    assert_eq!(plan(&check(), Some(&published())), None);
}

#[test]
fn whatever_differs_is_brought_up_to_date() {
    let finding = Annotation { path: "a".into(), line: 1, column: 1, is_failure: true, message: "b".into() };
    let others = [
        Check { conclusion: Conclusion::Success, ..check() },
        Check { title: "Approved".to_owned(), ..check() },
        Check { summary: "other".to_owned(), ..check() },
        Check { annotations: vec![finding], ..check() },
        Check { head: sha("other"), ..check() },
        Check { details_url: Some("https://seconder.test/1".to_owned()), ..check() },
    ];
    for check in others {
        let action = plan(&check, Some(&published()));
        let annotate = !check.annotations.is_empty();
        assert_eq!(action, Some(Action::Update { check_run_id: 5, check: check.clone(), annotate }));
        // And once that is done, nothing is left to do.
        let done = Published::after(&action.expect("an action"), 5);
        assert_eq!(plan(&check, Some(&done)), None);
    }
}

#[test]
fn what_somebody_else_wrote_over_it_is_corrected() {
    for tampered in [
        Published { conclusion: Some(Conclusion::Success), ..published() },
        Published { conclusion: None, ..published() },
        Published { title: Some("Approved".to_owned()), ..published() },
        Published { external_id: None, ..published() },
    ] {
        assert!(plan(&check(), Some(&tampered)).is_some(), "{tampered:?}");
    }
}

fn annotated(message: &str) -> Check {
    let annotation = Annotation { path: "a".into(), line: 1, column: 1, is_failure: true, message: message.into() };
    Check { annotations: vec![annotation], ..check() }
}

#[test]
fn annotations_that_stand_there_are_not_written_again() {
    let standing = Published::after(&Action::Create(annotated("unknown key")), 5);
    let other_words = Check { summary: "other".to_owned(), ..annotated("unknown key") };
    let action = plan(&other_words, Some(&standing));
    assert_eq!(action, Some(Action::Update { check_run_id: 5, check: other_words, annotate: false }));
}

#[test]
fn annotations_that_hold_no_more_go_with_their_check_run() {
    let standing = Published::after(&Action::Create(annotated("unknown key")), 5);
    for wanted in [annotated("unknown tier"), check()] {
        assert_eq!(plan(&wanted, Some(&standing)), Some(Action::Create(wanted.clone())));
    }
    // Of a check that was not written whole, nobody knows which of them stand.
    let half = Published { external_id: None, ..standing };
    assert_eq!(plan(&annotated("unknown key"), Some(&half)), Some(Action::Create(annotated("unknown key"))));
}
