//! Files that an organisation lays over the built-in tools: what they add, change and switch off, and how strictly they
//! are read.

use std::collections::BTreeSet;

use seconder::gate::detect::catalogue::{counts, evidence_in};
use seconder::gate::detect::{Catalogue, CommitText, detect_commit};
use seconder::gate::policy::diagnostic::Diagnostic;

use super::{person, sha};

/// A tool of one's own, with more of its keys.
fn coder(keys: &str) -> String {
    format!(
        "version: 1\ntools:\n  - id: acme-coder\n    name: Acme Coder\n    url: https://acme.example/coder\n    \
         sources: [https://acme.example/coder]\n{keys}"
    )
}

const SAMPLES: &str =
    "    samples: { positive: [{ line: \"Acme-Coder: 12\" }], negative: [{ line: \"coder: 12\" }] }\n";

fn good() -> String {
    coder(&format!("    trailers: [{{ key: acme-coder, value: '\\d+' }}]\n{SAMPLES}"))
}

fn with(text: &str) -> Catalogue {
    match Catalogue::with(&[("ours.yml", text)]) {
        Ok((catalogue, warnings)) => {
            assert!(warnings.is_empty(), "{warnings:?}");
            catalogue
        }
        Err(findings) => panic!("{findings:#?}"),
    }
}

fn tools(catalogue: &Catalogue, author: &str, message: &str) -> BTreeSet<String> {
    let author = person(author);
    let found = detect_commit(&CommitText { sha: &sha(), message, author: &author, committer: &author }, catalogue);
    found.into_iter().filter(|piece| piece.gates).map(|piece| piece.tool).collect()
}

const JO: &str = "Jo <jo@acme.dev>";

#[track_caller]
fn refused(text: &str, line: u32, column: u32, message: &str) -> Diagnostic {
    let findings = Catalogue::with(&[("ours.yml", text)]).unwrap_err();
    let found = findings.iter().find(|finding| finding.message.contains(message));
    let found = found.unwrap_or_else(|| panic!("{findings:#?}"));
    assert_eq!((found.file.as_str(), found.line, found.column), ("ours.yml", line, column), "{found}");
    assert!(found.is_error() && found.help.is_some(), "{found:?}");
    found.clone()
}

#[test]
fn a_new_id_adds_a_tool() {
    let message = "Retry\n\nAcme-Coder: 12";
    assert!(tools(Catalogue::embedded(), JO, message).is_empty());
    let ours = with(&good());
    assert_eq!(tools(&ours, JO, message), BTreeSet::from(["acme-coder".to_owned()]));
    assert_eq!(ours.tools().len(), Catalogue::embedded().tools().len() + 1);
    assert_ne!(ours.digest(), Catalogue::embedded().digest());
}

#[test]
fn a_known_id_adds_to_that_tool() {
    let ours = with(
        "version: 1\ntools:\n  - id: claude\n    addresses: [helper@acme.dev]\n    trailers: [{ key: our-claude }]\n",
    );
    assert!(tools(&ours, "Helper <helper@acme.dev>", "Retry").contains("claude"));
    assert!(tools(&ours, JO, "Retry\n\nOur-Claude: yes").contains("claude"));
    assert!(tools(&ours, "Claude <noreply@anthropic.com>", "Retry").contains("claude"), "nothing is lost");
    assert_eq!(ours.tools().len(), Catalogue::embedded().tools().len());
}

#[test]
fn a_tool_can_be_replaced() {
    let text = good().replace("id: acme-coder", "id: cursor\n    replace: true");
    let ours = with(&text);
    assert!(tools(&ours, JO, "Retry\n\nAcme-Coder: 12").contains("cursor"));
    assert!(tools(&ours, "Cursor Agent <cursoragent@cursor.com>", "Retry").is_empty());
}

#[test]
fn a_tool_that_is_switched_off_matches_nothing_and_stays_listed() {
    let ours = with("version: 1\noff: [cursor]\n");
    assert!(tools(&ours, "Cursor Agent <cursoragent@cursor.com>", "Retry\n\nMade-with: Cursor").is_empty());
    let off: Vec<_> = ours.switched_off().iter().map(|tool| tool.id.as_str()).collect();
    assert_eq!(off, ["cursor"]);
    assert!(ours.tool("cursor").is_none());
    assert!(ours.switched_off()[0].off_by.is_some_and(|(file, at)| file == 1 && at.line == 2));
}

#[test]
fn without_its_entry_a_tool_goes_unseen_and_no_other_changes() {
    let all = Catalogue::embedded();
    let of = |catalogue: &Catalogue, sample| -> BTreeSet<String> {
        let found = evidence_in(sample, catalogue).into_iter();
        found.filter(|piece| counts(piece, sample)).map(|piece| piece.tool).collect()
    };
    // Every fourth tool at once: a catalogue for each of them would take minutes.
    for turn in 0..4 {
        let ids = all.tools().iter().map(|tool| tool.id.as_str()).filter(|id| *id != "unspecified");
        let gone: BTreeSet<&str> = ids.skip(turn).step_by(4).collect();
        let list: Vec<&str> = gone.iter().copied().collect();
        let rest = with(&format!("version: 1\noff: [{}]\n", list.join(", ")));
        for placed in all.tools().iter().flat_map(|tool| &tool.positive) {
            let (before, after) = (of(all, &placed.sample), of(&rest, &placed.sample));
            assert!(after.iter().all(|id| !gone.contains(id.as_str())), "{after:?} in {:?}", placed.sample);
            if before.iter().all(|id| !gone.contains(id.as_str())) {
                assert_eq!(before, after, "without {gone:?}: {:?}", placed.sample);
            }
        }
    }
}

#[test]
fn a_single_mark_can_be_switched_off() {
    let ours = with(
        "version: 1\ntools:\n  - id: claude\n    off: { branches: ['claude/.+'], addresses: [noreply@anthropic.com] }\n",
    );
    assert!(tools(&ours, "Ana <noreply@anthropic.com>", "Retry").is_empty());
    assert!(tools(&ours, "Claude Code <x@acme.dev>", "Retry").contains("claude"));
    let marks = &ours.tool("claude").unwrap().marks;
    let off: Vec<_> = marks.iter().filter(|mark| !mark.is_on).map(|mark| mark.text.as_str()).collect();
    assert_eq!(off, ["noreply@anthropic.com", "claude/.+"]);
}

#[test]
fn files_are_laid_over_each_other_in_their_order() {
    let second = "version: 1\ntools:\n  - id: acme-coder\n    off: { trailers: [acme-coder] }\n";
    let (ours, _) = Catalogue::with(&[("a.yml", &good()), ("b.yml", second)]).unwrap();
    assert!(tools(&ours, JO, "Retry\n\nAcme-Coder: 12").is_empty());
    assert_eq!(ours.files(), ["agents.yml", "a.yml", "b.yml"]);
    let findings = Catalogue::with(&[("b.yml", second), ("a.yml", &good())]).unwrap_err();
    assert!(findings.iter().all(|finding| finding.file == "b.yml"), "{findings:?}");
}

#[test]
fn the_digest_is_of_all_files_and_their_order() {
    let off = |id: &str| format!("version: 1\noff: [{id}]\n");
    let (a, b) = (off("cursor"), off("aider"));
    let digest = |files: &[(&str, &str)]| Catalogue::with(files).unwrap().0.digest().to_owned();
    let digests = [digest(&[]), digest(&[("a", &a)]), digest(&[("a", &a), ("b", &b)]), digest(&[("b", &b), ("a", &a)])];
    assert_eq!(digests.iter().collect::<BTreeSet<_>>().len(), 4);
    assert_eq!(digest(&[("a", &a)]), digest(&[("renamed", &a)]), "a name changes nothing");
    assert_eq!(digests[0], Catalogue::embedded().digest());
}

#[test]
fn what_does_not_exist_cannot_be_switched_off_or_replaced() {
    let found = refused("version: 1\noff: [cusor]\n", 2, 7, "no tool `cusor` to switch off");
    assert_eq!(found.help.as_deref(), Some("did you mean `cursor`?"));
    let off = "version: 1\ntools:\n  - id: claude\n    off: { weak_branches: ['worktree-.'] }\n";
    let found = refused(off, 4, 28, "nothing like `worktree-.` under weak_branches");
    assert_eq!(found.help.as_deref(), Some("did you mean `worktree-.+`?"));
    refused(&good().replace("    name", "    replace: true\n    name"), 3, 9, "no tool `acme-coder` to replace");
    let of_new = coder(&format!("    off: {{ names: [x] }}\n{SAMPLES}"));
    refused(&of_new, 7, 20, "not known yet has no names to switch off");
    refused("version: 1\ntools:\n  - id: claude\n    off: { nmaes: [x] }\n", 4, 12, "`nmaes` is not known here");
}

#[test]
fn declarations_without_a_tool_cannot_be_switched_off_as_a_whole() {
    refused("version: 1\noff: [unspecified]\n", 2, 7, "`unspecified` cannot be switched off");
    let replaced = good().replace("id: acme-coder", "id: unspecified\n    replace: true");
    refused(&replaced, 3, 9, "`unspecified` cannot be replaced");
    with("version: 1\ntools:\n  - id: unspecified\n    off: { labels: ['ai-assisted'] }\n");
}

#[test]
fn a_new_tool_says_all_of_itself() {
    let found = refused("version: 1\ntools:\n  - id: claud\n    names: [claud]\n", 3, 9, "the key `name` is missing");
    assert_eq!(found.help.as_deref(), Some("did you mean `claude`? Otherwise add `name`"));
    refused(&coder("    names: [acme coder]\n"), 3, 9, "the key `samples` is missing");
    let none = coder("    names: [acme coder]\n    samples: { positive: [], negative: [{ line: x }] }\n");
    refused(&none, 3, 9, "has no positive sample");
    let none = coder("    names: [acme coder]\n    samples: { positive: [{ author: Acme Coder }], negative: [] }\n");
    refused(&none, 3, 9, "has no negative sample");
    refused(&good().replace("acme-coder\n", "Acme Coder\n"), 3, 9, "cannot be the id of a tool");
    refused(&good().replace("    url", "    first_seen: last year\n    url"), 5, 17, "neither a year nor a quarter");
    let reversed = good().replace("    url", "    first_seen: 2026Q1\n    last_seen: '2025'\n    url");
    refused(&reversed, 3, 9, "`last_seen` is before `first_seen`");
}

#[test]
fn every_sample_is_tried() {
    let missed = good().replace("Acme-Coder: 12", "Acme-Coder: twelve");
    refused(&missed, 8, 27, "nothing of `acme-coder` matches this sample");
    let alarm = good().replace("\"coder: 12\"", "\"Acme-Coder: 7\"");
    refused(&alarm, 8, 67, "matches this sample, which it must not");
    let added =
        "version: 1\ntools:\n  - id: claude\n    samples: { positive: [{ line: \"Nothing\" }], negative: [] }\n";
    refused(added, 4, 27, "nothing of `claude` matches this sample");
}

#[test]
fn a_mark_that_everybody_leaves_is_refused_where_it_stands() {
    for (mark, column) in [
        ("names: ['.+']", 13),
        ("bare_names: ['jo doe', 'ana d.az']", 18),
        ("addresses: [noreply@github.com]", 17),
        ("branches: ['(?:acme|fix)/.+']", 16),
        ("labels: ['.*bug.*']", 14),
        ("words: ['\\w+']", 13),
        ("links: ['https?://\\S+']", 13),
        ("footers: ['generated with .*']", 15),
        ("trailers: [{ key: signed-off-by }]", 23),
    ] {
        let text = coder(&format!("    {mark}\n    trailers: [{{ key: acme-coder }}]\n{SAMPLES}"));
        let text = if mark.starts_with("trailers") { coder(&format!("    {mark}\n{SAMPLES}")) } else { text };
        refused(&text, 7, column, "takes what everybody writes for a mark");
    }
    for pattern in ["", ".*", "(?:acme)?", "x*"] {
        refused(
            &coder(&format!("    names: ['{pattern}']\n{SAMPLES}")),
            7,
            13,
            "matches even where nothing is written",
        );
    }
}

#[test]
fn a_mark_that_matches_a_negative_sample_of_another_tool_is_said() {
    let text =
        coder(&format!("    trailers: [{{ key: acme-coder }}]\n    branches: ['.*copilot-token-debug']\n{SAMPLES}"));
    let (_, warnings) = Catalogue::with(&[("ours.yml", &text)]).unwrap();
    let said: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("ours.yml:8:16: `acme-coder` matches a negative sample of `copilot`"), "{}", said[0]);
}

#[test]
fn an_id_that_the_product_comes_to_know_later_keeps_working() {
    let text = good().replace("id: acme-coder", "id: aider");
    let (ours, warnings) = Catalogue::with(&[("ours.yml", &text)]).unwrap();
    assert!(tools(&ours, JO, "Retry\n\nAcme-Coder: 12").contains("aider"));
    assert!(warnings[0].message.contains("known already"), "{warnings:?}");
    assert_eq!((warnings[0].line, warnings[0].is_error()), (4, false));
}

#[test]
fn patterns_are_bounded() {
    let names = |name: &str| coder(&format!("    names: ['{name}']\n{SAMPLES}"));
    refused(&names(&"x".repeat(1_001)), 7, 13, "longer than 1000 characters");
    refused(&names("(?:\\w{1000}){1000}"), 7, 13, "is not valid");
    refused(&names("a)|(?:b"), 7, 13, "is not valid");
    let many: Vec<String> = (0..4_001).map(|n| format!("n{n}@acme.dev")).collect();
    refused(&coder(&format!("    addresses: [{}]\n{SAMPLES}", many.join(", "))), 1, 1, "at most 4000 are taken");
}

#[test]
fn what_an_organisation_calls_harmless_no_tool_of_its_own_may_match() {
    let text = format!("{}harmless: [{{ line: \"Acme-Coder: 99\" }}]\n", good());
    refused(&text, 7, 23, "takes what everybody writes for a mark");
}

#[test]
fn automation_of_ones_own_is_neither_a_person_nor_ai() {
    use seconder::gate::detect::is_automation_identity;
    let robot = person("Builder <builder@acme.dev>");
    assert!(!is_automation_identity(&robot, Catalogue::embedded()));
    assert!(is_automation_identity(&robot, &with("version: 1\nautomation: { addresses: [builder@acme.dev] }\n")));
    // It cannot hide an agent.
    let claude = person("Claude <noreply@anthropic.com>");
    assert!(!is_automation_identity(
        &claude,
        &with("version: 1\nautomation: { addresses: [noreply@anthropic.com] }\n")
    ));
}
