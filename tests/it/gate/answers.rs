//! What commands are answered, and what the check says about them.

use proptest::prelude::*;
use seconder::gate::command::About;
use seconder::gate::explain::{Answer, Reaction, Voice, answer, marker};
use seconder::gate::head::HeadVerdict;
use seconder::gate::policy::Mode;

use super::case::{Case, case, minute, sha};
use super::check::{checked, hostile, renamed, shape, shown};
use super::said::current;
use super::story::story;

/// All answers, in the order of the commands.
fn answers(case: &Case) -> Vec<Option<Answer>> {
    let verdict = case.verdict();
    let head = HeadVerdict::of(sha("head"), vec![(verdict.clone(), Mode::Enforce)]).expect("a change");
    let voice = Voice { check_name: "seconder", details_url: None, names_candidates: false, roster: &case.roster };
    verdict.commands.iter().map(|outcome| answer(outcome, &verdict, &head, &voice)).collect()
}

/// The answer to the last command, as people see it.
fn told(case: &Case) -> String {
    let answer = answers(case).pop().expect("a command").expect("an answer");
    let comment = case.commands.last().expect("a command").comment;
    let reply = answer.reply.map(|reply| {
        let reply = reply.strip_prefix(&marker(comment)).expect("the mark comes first").to_owned();
        reply.trim().to_owned()
    });
    format!("{:?}: {}", answer.reaction, reply.unwrap_or_default())
}

#[test]
fn what_has_its_effect_is_only_acknowledged() {
    for words in ["approve", "revoke", "hold it", "assisted", "recheck"] {
        let acknowledged = Answer { reaction: Reaction::PlusOne, reply: None };
        assert_eq!(answers(&case().assisted().says("sam", words)), [Some(acknowledged)], "{words}");
    }
}

#[test]
fn strangers_get_no_answer() {
    for words in ["approve", "hold it", "help", "why", "frobnicate"] {
        assert_eq!(answers(&case().assisted().says("eve", words)), [None], "{words}");
    }
}

#[test]
fn what_has_no_effect_is_answered_with_the_reason_and_the_line_to_repeat() {
    let said = || case().assisted().says("sam", "approve");
    insta::assert_snapshot!(told(&said().about(About::Named(sha("before")))), @"Confused: @sam: your `/seconder approve` does not count: given for another commit. If you still mean it, look at `686561640000` and write `/seconder approve 686561640000` in a new comment.");
    insta::assert_snapshot!(told(&said().about(current(true))), @"Confused: @sam: your `/seconder approve` does not count: the policy wants the commit named. If you still mean it, look at `686561640000` and write `/seconder approve 686561640000` in a new comment.");
    insta::assert_snapshot!(told(&said().edited()), @"Confused: @sam: your `/seconder approve` does not count: the comment was edited. If you still mean it, look at `686561640000` and write `/seconder approve 686561640000` in a new comment.");
    insta::assert_snapshot!(told(&said().through_app(9)), @"Confused: @sam: your `/seconder approve` does not count: the comment was written through an App that the organisation has not listed. If you still mean it, look at `686561640000` and write `/seconder approve 686561640000` in a new comment.");
    insta::assert_snapshot!(told(&case().assisted().says("max", "approve")), @"Confused: @max: your `/seconder approve` does not count: does not meet `ai-needs-senior`.");
    insta::assert_snapshot!(told(&case().assisted().says("jo", "approve")), @"Confused: @jo: your `/seconder approve` does not count: contributed to this change (opener).");
    insta::assert_snapshot!(told(&case().assisted().says("max", "hold it")), @"Confused: @max: your `/seconder hold` does not count: does not meet `ai-needs-senior`, `agents-need-a-second-person`.");
    insta::assert_snapshot!(told(&case().assisted().says("sam", "unhold")), @"Confused: @sam: nobody held this change before, so there is nothing to lift.");
    insta::assert_snapshot!(told(&case().says("sam", "not-assisted no")), @"Confused: @sam: there is no sign of AI assistance that could be dismissed.");
    insta::assert_snapshot!(told(&case().assisted().says("sam", "override now")), @"Confused: @sam: no policy of this repository lets anybody override.");
    insta::assert_snapshot!(told(&case().requiring("write_access: true").says("sam", "approve")), @"Confused: @sam: your `/seconder approve` does not count: `it` asks for write access, which only a review shows.");
}

#[test]
fn mistakes_are_answered_with_what_to_write() {
    insta::assert_snapshot!(told(&case().says("jo", "aprove it")), @"Confused: @jo: `/seconder aprove` is no command. Did you mean `/seconder approve 686561640000`?");
    insta::assert_snapshot!(told(&case().says("jo", "frobnicate")), @"Confused: @jo: `/seconder frobnicate` is no command. Did you mean `/seconder help`?");
    insta::assert_snapshot!(told(&case().says("jo", "hold")), @"Confused: @jo: this command needs a reason: write `/seconder hold REASON`.");
    insta::assert_snapshot!(told(&case().says("jo", "approve 1234567")), @"Confused: @jo: `1234567` names no commit: write 12 to 40 hex digits, for example `/seconder approve 686561640000`.");
    insta::assert_snapshot!(told(&case().says("jo", "approve cancel")), @"Confused: @jo: `/seconder approve cancel` is no command. Did you mean `/seconder revoke`?");
    insta::assert_snapshot!(told(&case().says("jo", "why\n/seconder help")), @"Confused: @jo: a comment holds one command, so that nobody has to guess which was meant. Write one comment for each.");
}

#[test]
fn questions_are_answered() {
    insta::assert_snapshot!(told(&case().assisted().says("jo", "why")), @r"
    Eyes: @jo: `686561640000` waits: `Needs 1 approval for ai-needs-senior`.

    - `ai-needs-senior` (`policy.yml`): 0 of 1 approvals by qualifying reviewers.
    - **Contributors**: ask a qualifying reviewer who had no part in this change to review `686561640000`.
    - **Reviewers**: submit an approving review of `686561640000`, or comment `/seconder approve 686561640000` on a line of its own; a new push needs a new one.
    ");
    insta::assert_snapshot!(told(&case().assisted().says("sal", "hold the tests hang").says("jo", "why")), @r"
    Eyes: @jo: `686561640000` is held: `Held by sal`.

    - @sal holds the change: `the tests hang`. It is held until the same person unholds or approves it, or until others who qualify do: one of a higher tier, or two.
    - `ai-needs-senior` (`policy.yml`): 0 of 1 approvals by qualifying reviewers.
    - **Contributors**: ask a qualifying reviewer who had no part in this change to review `686561640000`.
    - **Reviewers**: submit an approving review of `686561640000`, or comment `/seconder approve 686561640000` on a line of its own; a new push needs a new one.
    ");
    insta::assert_snapshot!(told(&case().says("jo", "help")), @r"
    Eyes: @jo: this is what can be said here, on a line of its own, one command a comment:

    - `/seconder approve 686561640000` approves exactly that commit
    - `/seconder revoke` takes your approval back
    - `/seconder hold REASON` holds the change, `/seconder unhold` lets it go
    - `/seconder assisted TOOL` says that AI was used, `/seconder not-assisted REASON` that it was not
    - `/seconder override REASON` lets the change pass in an emergency, if a policy allows you to
    - `/seconder why` tells what is missing, `/seconder recheck` looks again
    ");
}

fn overridden() -> Case {
    let policy =
        "rules: [{ name: it, require: { approvals: 1 } }]\noverride: { by: { tier: \">= principal\" }, hours: 2 }";
    let mut case = case().policy(policy).says("pia", "override the site is down");
    case.now = minute(11);
    case
}

#[test]
fn whoever_overrides_is_told_until_when_and_what_is_due() {
    insta::assert_snapshot!(told(&overridden()), @"PlusOne: @pia: this lets the change pass without the missing approvals until 2019-12-20 02:10 UTC. A review by those whom the rules name is due all the same.");
    insta::assert_snapshot!(told(&overridden().approved_by("sam")), @"PlusOne: @pia: no rule that you may override lacks an approval, so this changes nothing now.");
    let mut later = overridden();
    later.now = minute(200);
    insta::assert_snapshot!(told(&later), @"Confused: @pia: this override ended on 2019-12-20 02:10 UTC. If you still mean it, look at `686561640000` and write `/seconder override REASON` in a new comment.");
}

#[test]
fn the_check_tells_of_an_override() {
    insta::assert_snapshot!(shown(&checked(&[&overridden()])), @r"
    seconder: Success
    Overridden until 2019-12-20 02:10 UTC; a review is due

    ### Overridden

    - @pia overrode the missing approvals until 2019-12-20 02:10 UTC: `the site is down`. A review by those whom the rules name is due all the same.

    ### Rules

    - `it` (`policy.yml`): overridden until 2019-12-20 02:10 UTC.

    ### Assistance: none

    - No sign of AI assistance was found. That does not prove that none was used.
    ");
}

#[test]
fn the_check_tells_of_commands() {
    let told = case()
        .assisted()
        .says("sam", "approve")
        .says("max", "approve")
        .says("sue", "approve")
        .edited()
        .says("sal", "hold it hangs on `main`")
        .says("jo", "assisted aider");
    insta::assert_snapshot!(shown(&checked(&[&told])), @r"
    seconder: ActionRequired
    Held by sal

    ### Held

    - @sal holds the change: `it hangs on main`. It is held until the same person unholds or approves it, or until others who qualify do: one of a higher tier, or two.

    ### Rules

    - `ai-needs-senior` (`policy.yml`): satisfied by 1 approval.

    ### Approvals that count

    - @sam approved by command `686561640000`: counts for `ai-needs-senior`.

    ### Approvals that do not count

    - @max approved by command `686561640000`: does not meet `ai-needs-senior`.
    - @sue approved by command `686561640000`: the comment was edited.

    ### Assistance: assisted

    - `claude-code` in message of commit `686561640000`, line 3: `Co-authored-by: Claude` (attributed)
    - `aider` in a comment: `/seconder assisted aider` (declared)
    ");
}

#[test]
fn the_check_tells_of_dismissed_evidence() {
    let dismissed = case().assisted().says("sam", "not-assisted that is my own name");
    insta::assert_snapshot!(shown(&checked(&[&dismissed])), @r"
    seconder: Success
    Evidence was dismissed; no approval needed

    ### Assistance: none

    - `claude-code` in message of commit `686561640000`, line 3: `Co-authored-by: Claude` (attributed); dismissed by @sam: `that is my own name`
    ");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_names_a_tier(story in story(&["<", "<=", "=", ">="])) {
        let case = renamed(story.tell().says("sam", "why").says("pia", "override now").says("max", "not-assisted no"));
        for answer in answers(&case).into_iter().flatten() {
            prop_assert!(!answer.reply.unwrap_or_default().contains("zz-tier"));
        }
    }

    #[test]
    fn foreign_text_stays_a_text_in_answers(text in hostile()) {
        let told = |text: &str| {
            let hold = |words: &str| case().assisted().says("sal", "hold it").last_command(|command| {
                command.said.reason = Some(words.to_owned());
                command.author.login = words.into();
                command.url = Some(format!("https://forge.test/{words}"));
            });
            let unknown = seconder::gate::command::parse(&format!("/seconder {}", text.replace(['\n', '\r'], " ")));
            let mistaken = case().says("jo", "help").last_command(|command| command.said = unknown.expect("a command"));
            let replies = answers(&hold(text).says("jo", "why")).into_iter().chain(answers(&mistaken));
            replies.flatten().filter_map(|answer| answer.reply).collect::<Vec<_>>().join("\n")
        };
        let said = told(&text);
        let events = shape(&said);
        let is_active = |event: &String| {
            let lower = event.to_lowercase();
            let is_mark = lower.contains("seconder:answer:");
            (lower.contains("html(") && !is_mark) || lower.contains("image") || lower.contains("codeblock")
        };
        prop_assert!(!events.iter().any(is_active), "{}\n{:?}", said, events);
        let is_link = |event: &&String| event.starts_with("link to");
        prop_assert!(events.iter().filter(is_link).all(|link| link.starts_with("link to https://forge.test/")));
        prop_assert!(!said.contains("@everyone") || events.iter().any(|event| event == "code"));
        let summary = checked(&[&case().assisted().says("sal", "hold it").last_command(|command| {
            command.said.reason = Some(text.clone());
        })]).summary;
        let headings = shape(&summary).iter().filter(|event| event.contains("Heading")).count();
        prop_assert_eq!(headings, shape(&checked(&[&case().assisted().says("sal", "hold it")]).summary).iter().filter(|event| event.contains("Heading")).count());
    }
}
