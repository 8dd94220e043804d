//! Precision and recall on labelled commits, by stratum: `cargo bench --bench detection` prints the whole table.

use std::path::Path;

use seconder::gate::detect::Catalogue;
use seconder::gate::detect::branch::branch_evidence;

use super::score::{Score, leave_one_out, read};

/// What each stratum must reach; the rest is prose, for which no rule is complete.
const RECALL: [(&str, f64); 9] = [
    ("author-identity", 0.99),
    ("co-author", 0.99),
    ("machine-trailer", 0.99),
    ("machine-link", 0.99),
    ("trailer-variant", 0.95),
    ("declared-trailer", 0.95),
    ("template-yes", 0.95),
    ("footer", 0.98),
    ("message-form", 0.95),
];

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus").join(name);
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn precision_and_recall_by_stratum() {
    let score = Score::of(&read(&fixture("commits.jsonl")).unwrap(), Catalogue::embedded());
    assert!(score.false_alarms.is_empty(), "no commit without AI may be flagged: {:#?}", score.false_alarms);
    assert!(score.precision() >= 0.999);
    for (stratum, least) in RECALL {
        let row = score.positive.get(&format!("{stratum} (certain)")).unwrap();
        assert!(row.rate() >= least, "{stratum}: recall {} is below {least}: {:#?}", row.rate(), score.missed);
    }
    assert!(score.tool_named() >= 0.99, "the tool is named right for {}: {:#?}", score.tool_named(), score.other_tools);
    let negatives: u32 = score.negative.values().map(|row| row.total).sum();
    assert!(negatives > 100 && score.table().contains("precision 1.0000"), "{}", score.table());
}

#[test]
fn without_its_entry_a_tool_is_mostly_unknown() {
    let catalogue = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/agents.yml")).unwrap();
    let rows = leave_one_out(&read(&fixture("commits.jsonl")).unwrap(), &catalogue, |tool| tool.id == "claude");
    let [claude] = rows.as_slice() else { panic!("{rows:?}") };
    assert!(claude.known > claude.unknown && claude.commits > 20, "{claude:?}");
}

#[test]
fn branches_of_merged_changes_gate_by_their_form_only() {
    let mut gating = 0;
    for line in fixture("branches.tsv").lines().skip(1) {
        let branch = line.split('\t').nth(2).unwrap();
        let gates = branch_evidence(branch, Catalogue::embedded()).iter().any(|piece| piece.gates);
        let slashed = ["claude/", "codex/", "copilot/", "cursor/", "devin/", "sweep/", "jules/"];
        if slashed.iter().any(|start| branch.starts_with(start)) {
            assert!(gates, "{branch}");
        }
        let topics = [
            "cursor-",
            "codegen/castiron/",
            "codegen-fix",
            "agent-",
            "ai-",
            "dependabot/",
            "renovate/",
            "copilot-",
            "opencode-",
        ];
        if topics.iter().any(|start| branch.starts_with(start)) {
            assert!(!gates, "{branch}");
        }
        gating += usize::from(gates);
    }
    assert!(gating > 800, "{gating}");
}
