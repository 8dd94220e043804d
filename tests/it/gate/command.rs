//! What comments say to us.

mod grammar;
mod laws;
mod prose;

use seconder::gate::command::{Ask, Mistake, Said, parse};

/// 40 hex digits, and their first 12.
const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
const SHORT: &str = "0123456789ab";

fn said(ask: Ask, reason: Option<&str>) -> Said {
    Said { ask, reason: reason.map(str::to_owned), is_bare: false }
}

fn approve(named: Option<&str>, reason: Option<&str>) -> Said {
    said(Ask::Approve { named: named.map(str::to_owned) }, reason)
}

fn mistaken(mistake: Mistake) -> Said {
    said(Ask::Mistaken(mistake), None)
}

#[track_caller]
fn hears(body: &str, expected: Said) {
    assert_eq!(parse(body), Some(expected), "{body:?}");
}

#[track_caller]
fn hears_nothing(body: &str) {
    assert_eq!(parse(body), None, "{body:?}");
}
