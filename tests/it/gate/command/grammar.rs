//! Each command, and each way to get one wrong.

use super::*;

#[test]
fn an_approval_names_its_commit() {
    hears(&format!("/seconder approve {SHA}"), approve(Some(SHA), None));
    hears(&format!("/seconder approve {SHORT}"), approve(Some(SHORT), None));
    hears(&format!("/seconder approve {SHORT} read  every line"), approve(Some(SHORT), Some("read every line")));
    hears(&format!("/second {SHORT}"), approve(Some(SHORT), None));
    hears("/seconder approve 0123456789AB", approve(Some(SHORT), None));
}

#[test]
fn an_approval_may_leave_the_commit_to_the_policy() {
    hears("/seconder approve", approve(None, None));
    hears("/second", approve(None, None));
    hears("/seconder approve looks right to me", approve(None, Some("looks right to me")));
    hears("/seconder approve a fix we need", approve(None, Some("a fix we need")));
}

#[test]
fn a_commit_pasted_as_code_is_a_commit() {
    hears(&format!("/seconder approve `{SHORT}`"), approve(Some(SHORT), None));
    hears(&format!("/second `{SHA}` fine"), approve(Some(SHA), Some("fine")));
    hears(&format!("/seconder approve ` {SHORT} `"), approve(Some(SHORT), None));
    hears("/seconder approve `main.rs` is fine", approve(None, Some("main.rs is fine")));
}

#[test]
fn what_looks_like_a_commit_and_is_none_is_no_reason() {
    for given in [
        "0123456",
        "0123456789a",
        "deadbeef",
        "0123456789abcdef0123456789abcdef012345678",
        "0123456789ab,",
        "0123456789abz",
        "(0123456789ab)",
        "https://github.com/acme/pay/commit/0123456789ab",
    ] {
        let not_one = |given: &str| mistaken(Mistake::NotACommit { given: given.chars().take(60).collect() });
        hears(&format!("/seconder approve {given}"), not_one(given));
        hears(&format!("/second {given} fine"), not_one(given));
    }
    hears("/seconder approve `0123456`", mistaken(Mistake::NotACommit { given: "0123456".to_owned() }));
    hears("/second `0123456789ab`c", mistaken(Mistake::NotACommit { given: "0123456789abc".to_owned() }));
    let link = "/second [0123456789ab](https://elsewhere.test/)";
    hears(link, mistaken(Mistake::NotACommit { given: SHORT.to_owned() }));
}

#[test]
fn characters_that_nobody_sees_make_no_reason_of_a_commit() {
    let not_one = |given: &str| mistaken(Mistake::NotACommit { given: given.to_owned() });
    hears("/second 0123456\u{200b}789ab", not_one(SHORT));
    hears("/second 0123456789a\u{ad}b fine", not_one(SHORT));
    hears("/second \u{200b}0123456789ab", not_one(SHORT));
    hears("/second o123456789ab\u{1}fine", not_one("o123456789ab"));
}

#[test]
fn an_approval_that_goes_on_with_another_command_is_a_slip() {
    let slip = |word: &str, meant: &str| {
        mistaken(Mistake::Unknown { verb: format!("approve {word}"), meant: Some(meant.to_owned()) })
    };
    hears("/second revoke", slip("revoke", "revoke"));
    hears("/seconder approve Hold it", slip("Hold", "hold"));
    hears("/seconder approve cancel", slip("cancel", "revoke"));
    hears("/approve cancel", Said { is_bare: true, ..slip("cancel", "revoke") });
}

#[test]
fn a_bare_approval_is_known_as_one() {
    hears(&format!("/approve {SHORT}"), Said { is_bare: true, ..approve(Some(SHORT), None) });
    hears("/approve no-issue", Said { is_bare: true, ..approve(None, Some("no-issue")) });
}

#[test]
fn all_other_commands() {
    hears("/seconder revoke", said(Ask::Revoke, None));
    hears("/seconder revoke on second thoughts", said(Ask::Revoke, Some("on second thoughts")));
    hears("/seconder hold until the release", said(Ask::Hold, Some("until the release")));
    hears("/seconder unhold", said(Ask::Unhold, None));
    hears("/seconder assisted", said(Ask::Assisted { tool: None }, None));
    hears("/seconder assisted Claude Code", said(Ask::Assisted { tool: Some("Claude Code".to_owned()) }, None));
    hears("/seconder not-assisted typed it all", said(Ask::NotAssisted, Some("typed it all")));
    hears("/seconder override the site is down", said(Ask::Override, Some("the site is down")));
    hears("/seconder why", said(Ask::Why, None));
    hears("/seconder recheck", said(Ask::Recheck, None));
    hears("/seconder help", said(Ask::Help, None));
    hears("/seconder", said(Ask::Help, None));
}

#[test]
fn some_commands_need_a_reason() {
    for verb in ["hold", "not-assisted", "override"] {
        let mistake = mistaken(Mistake::NoReason { verb: verb.to_owned() });
        hears(&format!("/seconder {verb}"), mistake.clone());
        hears(&format!("/seconder {verb} \u{200b}\u{202e}"), mistake);
    }
}

#[test]
fn letter_case_does_not_matter() {
    hears("/SECONDER Hold It", said(Ask::Hold, Some("It")));
    hears("/Second", approve(None, None));
    hears("/seconder NOT-ASSISTED no", said(Ask::NotAssisted, Some("no")));
}

#[test]
fn an_unknown_command_is_answered_with_what_was_probably_meant() {
    let unknown = |verb: &str, meant: Option<&str>| {
        mistaken(Mistake::Unknown { verb: verb.to_owned(), meant: meant.map(str::to_owned) })
    };
    hears("/seconder aprove", unknown("aprove", Some("approve")));
    hears("/seconder hold: wait", unknown("hold:", Some("hold")));
    hears("/seconder lgtm", unknown("lgtm", None));
    hears("/seconder not\u{2011}assisted x", unknown("not\u{2011}assisted", Some("not-assisted")));
    hears("/seconder `approve`", unknown("approve", Some("approve")));
    // A Cyrillic letter among the Latin ones.
    hears("/seconder аpprove", unknown("аpprove", Some("approve")));
    let long = "x".repeat(300);
    hears(&format!("/seconder {long}"), unknown(&long[..60], None));
}

#[test]
fn a_comment_holds_one_decision() {
    hears("/seconder hold a\n/seconder why", mistaken(Mistake::Several));
    hears(&format!("/second {SHORT}\n\n/second {SHORT}"), mistaken(Mistake::Several));
    hears("/seconder\n/seconder frobnicate", mistaken(Mistake::Several));
    hears("/approve\n/approve", Said { is_bare: true, ..mistaken(Mistake::Several) });
}

#[test]
fn a_bare_approval_beside_a_command_is_meant_for_somebody_else() {
    hears("/approve\n/seconder hold no", said(Ask::Hold, Some("no")));
    hears("/seconder why\n/approve", said(Ask::Why, None));
}

#[test]
fn other_words_are_no_commands() {
    for body in [
        "",
        "nothing at all",
        "/secondary school",
        "/seconders approve",
        "/seconder-approve",
        "/seconderapprove",
        "/approved",
        "/lgtm",
        "//seconder approve",
        "@seconder approve",
        "seconder approve",
        "please /seconder approve",
        "-/seconder approve",
        "\u{200b}/seconder approve",
        "/\u{200b}seconder approve",
        "/sec\u{200b}onder approve",
        "/s\u{435}conder approve",
        "\u{ff0f}seconder approve",
        "\\/seconder approve",
        "&#47;seconder approve",
    ] {
        hears_nothing(body);
    }
}

#[test]
fn a_reason_is_one_short_line_of_visible_characters() {
    hears("/seconder hold a\u{202e}b\u{200b}c \u{1}d", said(Ask::Hold, Some("abc d")));
    let long = "long ".repeat(300);
    let Some(Said { reason: Some(reason), .. }) = seconder::gate::command::parse(&format!("/seconder hold {long}"))
    else {
        panic!("a hold with a reason")
    };
    assert!(reason.chars().count() <= 500 && reason.starts_with("long long"));
    hears(
        "/seconder hold see `a.rs`, [this](https://x.test) and **more**",
        said(Ask::Hold, Some("see a.rs, this and more")),
    );
}
