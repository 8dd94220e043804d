//! What people see: whole checks, and that nothing in them gives a tier away or lets a foreign text loose.

use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, Tag};
use seconder::gate::change::ReviewState::DismissedApproval;
use seconder::gate::detect::{Channel, Evidence, Place, Strength};
use seconder::gate::explain::{self, Voice};
use seconder::gate::head::HeadVerdict;
use seconder::gate::people::Tiers;
use seconder::gate::plan::Check;
use seconder::gate::policy::Mode;

use super::case::{Case, TIERS, case, sha};
use super::story::story;

pub(super) fn checked(cases: &[&Case]) -> Check {
    let judged = cases.iter().map(|case| (case.verdict(), Mode::Enforce)).collect();
    let verdict = HeadVerdict::of(sha("head"), judged).expect("a change");
    let voice = Voice { check_name: "seconder", details_url: None, names_candidates: false, roster: &cases[0].roster };
    explain::check(&verdict, &voice)
}

/// A check as one text.
pub(super) fn shown(check: &Check) -> String {
    let shown = format!("{}: {:?}\n{}\n\n{}", check.name, check.conclusion, check.title, check.summary);
    check.annotations.iter().fold(shown, |shown, found| {
        format!("{shown}{}:{}:{}: {}\n", found.path, found.line, found.column, found.message)
    })
}

#[test]
fn held() {
    let held = case().assisted().approved_by("sam").changes_requested_by("sal");
    insta::assert_snapshot!(shown(&checked(&[&held])), @r"
    seconder: ActionRequired
    Held: sal asked for changes

    ### Held

    - @sal asked for changes. This holds the change until the same person approves, or until others who qualify do: one of a higher tier, or two.

    ### Rules

    - `ai-needs-senior` (`policy.yml`): satisfied by 1 approval.

    ### Approvals that count

    - @sam approved `686561640000`: counts for `ai-needs-senior`.

    ### Assistance: assisted

    - `claude-code` in message of commit `686561640000`, line 3: `Co-authored-by: Claude` (attributed)
    ");
}

#[test]
fn waiting_with_refused_approvals() {
    let waiting = case()
        .assisted()
        .approved_by("max")
        .approved_by("sam")
        .of_commit("before")
        .approved_by("eve")
        .approved_by("copilot")
        .review("sal", DismissedApproval)
        .approved_by("jo");
    insta::assert_snapshot!(shown(&checked(&[&waiting])), @r"
    seconder: ActionRequired
    Needs 1 approval for ai-needs-senior

    ### Rules

    - `ai-needs-senior` (`policy.yml`): 0 of 1 approvals by qualifying reviewers.

    ### Next step

    - **Contributors**: ask a qualifying reviewer who had no part in this change to review `686561640000`.
    - **Reviewers**: submit an approving review of `686561640000`, or comment `/seconder approve 686561640000` on a line of its own; a new push needs a new one.
    - **Organisation admins**: an approval came from an account that the directory does not know. To make the account count, add its number to a person in the directory file; the person then approves again.

    ### Approvals that do not count

    - @max approved `686561640000`: does not meet `ai-needs-senior`.
    - @sam approved `6265666f7265`: given for another commit.
    - @eve approved `686561640000`: the account is not linked to anybody in the directory.
    - @copilot approved `686561640000`: not a person's account.
    - @sal approved `686561640000`: the approval was dismissed.
    - @jo approved `686561640000`: contributed to this change (opener).

    ### Assistance: assisted

    - `claude-code` in message of commit `686561640000`, line 3: `Co-authored-by: Claude` (attributed)
    ");
}

#[test]
fn passed() {
    let passed = case().assisted().approved_by("sam").approved_by("max");
    insta::assert_snapshot!(shown(&checked(&[&passed])), @r"
    seconder: Success
    Approved by a qualifying reviewer

    ### Rules

    - `ai-needs-senior` (`policy.yml`): satisfied by 1 approval.

    ### Approvals that count

    - @sam approved `686561640000`: counts for `ai-needs-senior`.

    ### Approvals that do not count

    - @max approved `686561640000`: does not meet `ai-needs-senior`.

    ### Assistance: assisted

    - `claude-code` in message of commit `686561640000`, line 3: `Co-authored-by: Claude` (attributed)
    ");
}

#[test]
fn nothing_asked() {
    insta::assert_snapshot!(shown(&checked(&[&case()])), @r"
    seconder: Success
    No sign of AI assistance; no approval needed

    ### Assistance: none

    - No sign of AI assistance was found. That does not prove that none was used.
    ");
}

#[test]
fn a_policy_that_cannot_be_used() {
    let broken = case().assisted().repository_policy("rules:\n  - name: it\n    require: { tier: \">= snior\" }");
    insta::assert_snapshot!(shown(&checked(&[&broken])), @r"
    seconder: ActionRequired
    Policy cannot be used: .github/seconder.yml line 4

    ### In the way

    - `.github/seconder.yml` cannot be used. Line 4, column 22: `unknown tier 'snior'`. To mend it: `did you mean 'senior'? the tiers are 'agent', 'junior', 'mid', 'senior' and 'principal', lowest first`.

    ### Rules

    - `ai-needs-senior` (`policy.yml`): 0 of 1 approvals by qualifying reviewers.

    ### Next step

    - **Maintainers**: mend the policy file. A change that makes it valid, and touches nothing else, can pass meanwhile.
    - **Contributors**: ask a qualifying reviewer who had no part in this change to review `686561640000`.
    - **Reviewers**: submit an approving review of `686561640000`, or comment `/seconder approve 686561640000` on a line of its own; a new push needs a new one.

    ### Assistance: assisted

    - `claude-code` in message of commit `686561640000`, line 3: `Co-authored-by: Claude` (attributed)

    .github/seconder.yml:4:22: unknown tier `snior`
    did you mean `senior`? the tiers are `agent`, `junior`, `mid`, `senior` and `principal`, lowest first
    ");
}

#[test]
fn a_head_that_several_changes_share() {
    let mut other = case().touching(&["AGENTS.md"]);
    other.change.key.number = 8;
    let passing = case().assisted().approved_by("sam");
    insta::assert_snapshot!(shown(&checked(&[&passing, &other])), @r"
    seconder: ActionRequired
    #8: Needs 1 approval for guarded-files

    This commit is the head of several open changes: #8 waiting, #7 pass.
    The check of a commit is the worst of their verdicts.

    ## #8

    ### Rules

    - `guarded-files` (`built in`): 0 of 1 approvals by qualifying reviewers. The change touches `AGENTS.md`, which decides what this check, or an agent, may do.

    ### Next step

    - **Contributors**: ask a qualifying reviewer who had no part in this change to review `686561640000`.
    - **Reviewers**: submit an approving review of `686561640000`, or comment `/seconder approve 686561640000` on a line of its own; a new push needs a new one.

    ### Assistance: none

    - No sign of AI assistance was found. That does not prove that none was used.

    ## #7

    ### Rules

    - `ai-needs-senior` (`policy.yml`): satisfied by 1 approval.

    ### Approvals that count

    - @sam approved `686561640000`: counts for `ai-needs-senior`.

    ### Assistance: assisted

    - `claude-code` in message of commit `686561640000`, line 3: `Co-authored-by: Claude` (attributed)
    ");
}

#[test]
fn an_agents_work_by_nobody_knows_whom() {
    let unknown = case().autonomous().all_by("copilot").nobody_saw_the_push().approved_by("sam");
    insta::assert_snapshot!(shown(&checked(&[&unknown])), @r"
    seconder: ActionRequired
    Needs 2 or more approvals for 2 rules

    ### Rules

    - `ai-needs-senior` (`policy.yml`): 1 of 3 approvals by qualifying reviewers.
    - `agents-need-a-second-person` (`policy.yml`): 1 of 3 approvals by qualifying reviewers.
    - Nobody saw who pushed this commit, or one before it in this change, so every rule asks for one approval more than usual.
    - An agent made this change and nothing says who asked it to, so every rule asks for one approval more than usual.

    ### Next step

    - **Contributors**: ask a qualifying reviewer who had no part in this change to review `686561640000`.
    - **Reviewers**: submit an approving review of `686561640000`, or comment `/seconder approve 686561640000` on a line of its own; a new push needs a new one.

    ### Approvals that count

    - @sam approved `686561640000`: counts for `ai-needs-senior`, `agents-need-a-second-person`.

    ### Assistance: autonomous

    - `claude-code` in message of commit `686561640000`, line 3: `Co-authored-by: Claude` (attributed)
    ");
}

/// Names that occur nowhere by chance.
const SECRET: [&str; 4] = ["zz-tier-a", "zz-tier-b", "zz-tier-c", "zz-tier-d"];

/// The same organisation, whose tiers have other names.
pub(super) fn renamed(mut case: Case) -> Case {
    case.roster.tiers = Tiers::new(SECRET.map(str::to_owned).to_vec());
    for (_, text) in &mut case.files {
        for (name, secret) in TIERS.iter().zip(SECRET) {
            *text = text.replace(&format!(" {name}\""), &format!(" {secret}\""));
        }
    }
    case
}

pub(super) fn hostile() -> impl Strategy<Value = String> {
    let pieces = [
        "`",
        "``",
        "\n",
        "\r\n\r\n",
        "# ",
        "<img src=x onerror=alert(1)>",
        "](https://evil.test)",
        "![x](https://evil.test/p.png)",
        "[x](https://evil.test)",
        "<https://evil.test>",
        "<!--",
        "-->",
        "@everyone",
        "***",
        "> ",
        "- ",
        "\u{202e}",
        "\\",
        "</details>",
        "|",
        "~~~\n",
        "```\n",
        "word",
        " ",
        "&lt;",
        "\u{2028}",
        "\t",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..8).prop_map(|parts| parts.concat())
}

fn quoting(text: &str) -> Evidence {
    Evidence {
        channel: Channel::Label,
        tool: text.to_owned(),
        place: Place::Label,
        text: text.to_owned(),
        strength: Strength::Attributed,
        gates: true,
        autonomous: false,
    }
}

/// The shape of a Markdown text: all of it but the words.
pub(super) fn shape(markdown: &str) -> Vec<String> {
    let word = |event: Event<'_>| match event {
        Event::Text(_) => "text".to_owned(),
        Event::Code(_) => "code".to_owned(),
        Event::Start(Tag::Link { dest_url, .. }) => format!("link to {dest_url}"),
        other => format!("{other:?}"),
    };
    let mut shape: Vec<String> = Parser::new(markdown).map(word).collect();
    shape.dedup();
    shape
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_check_names_a_tier(story in story(&["<", "<=", "=", ">="])) {
        let case = renamed(story.tell());
        let check = checked(&[&case]);
        prop_assert!(check.title.chars().count() <= 60, "{}", check.title);
        let whole = serde_json::to_string(&check).expect("JSON");
        prop_assert!(!whole.contains("zz-tier"), "{}", check.summary);
        // So that this test cannot pass for want of names: the rules that the verdict holds do name them.
        let named = case.verdict().rules.iter().any(|rule| rule.sentence.contains("zz-tier"));
        prop_assert!(named || !case.files[0].1.contains("zz-tier"));
    }

    #[test]
    fn foreign_text_stays_a_text(text in hostile()) {
        let with = |text: &str| {
            let mut case = case().changes_requested_by("sal").approved_by("max").approved_by("eve").assisted();
            case.evidence.push(quoting(text));
            for review in &mut case.change.reviews {
                review.author.as_mut().expect("an author").login = text.into();
                review.url = Some(format!("https://forge.test/{text}"));
            }
            case
        };
        let incomplete = |text: &str| case().read_incompletely(text);
        let broken = |text: &str| {
            let quoted = serde_json::to_string(text).expect("a string is JSON");
            case().repository_policy(&format!("rules: [{{ name: {quoted}, require: {{ approvals: 1 }} }}]"))
        };
        for told in [&with as &dyn Fn(&str) -> Case, &incomplete, &broken] {
            let summary = |text: &str| checked(&[&told(text)]).summary;
            let events = shape(&summary(text.as_str()));
            let is_active = |event: &String| {
                let lower = event.to_lowercase();
                lower.contains("html") || lower.contains("image") || lower.contains("codeblock") || lower.contains("blockquote")
            };
            prop_assert!(!events.iter().any(is_active), "{}", summary(&text));
            let is_link = |event: &&String| event.starts_with("link to");
            prop_assert!(events.iter().filter(is_link).all(|link| link.starts_with("link to https://forge.test/")));
            let headings = |events: &[String]| events.iter().filter(|event| event.contains("Heading")).count();
            prop_assert_eq!(headings(&events), headings(&shape(&summary("!"))), "{}", summary(&text));
            prop_assert!(checked(&[&told(&text)]).title.chars().count() <= 60);
        }
    }
}

#[test]
fn a_check_fits_into_what_the_forge_takes() {
    let mut long = case().assisted();
    for _ in 0..2000 {
        long = long.approved_by("max").of_commit("before");
    }
    let check = checked(&[&long]);
    assert!(check.summary.len() < 65_535, "{} bytes", check.summary.len());
    assert!(check.summary.contains("### Rules") && check.summary.ends_with("… and more than fits here.\n"));
}

#[test]
fn nobody_is_said_to_qualify_who_cannot() {
    let checked = |case: &Case| (checked(&[case]).title, checked(&[case]).summary);
    let (title, summary) = checked(&case().requiring("groups: [sre]"));
    assert_eq!(title, "Too few people can satisfy it");
    assert!(summary.contains("**Nobody in the directory can satisfy it**"), "{summary}");
    let two = case().requiring("approvals: 2, groups: [sre]").in_group("sam", "sre").approved_by("sam");
    let (title, summary) = checked(&two);
    assert_eq!(title, "Too few people can satisfy it");
    assert!(summary.contains("**Too few people in the directory can satisfy it**"), "{summary}");
    let (title, _) = checked(&two.in_group("sal", "sre"));
    assert_eq!(title, "Needs 1 approval for it");
}

#[test]
fn people_to_ask_are_named_only_where_the_organisation_wants_it() {
    let case = case().assisted();
    let verdict = HeadVerdict::of(sha("head"), vec![(case.verdict(), Mode::Enforce)]).expect("a change");
    let voice =
        |names_candidates| Voice { check_name: "seconder", details_url: None, names_candidates, roster: &case.roster };
    assert!(explain::check(&verdict, &voice(true)).summary.contains("@sam"));
    assert!(!explain::check(&verdict, &voice(false)).summary.contains("@sam"));
}
