//! The metrics: in OpenMetrics to the letter, and in a list for operators that is true.

mod openmetrics;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use openmetrics::{Exposition, Kind};
use seconder::telemetry::{DeliveryResult, Metrics};

/// Labels of every kind, as hostile as text can be.
const HOSTILE: &str = "a\"b\\c\nd,e=\"f\"} 1\n# EOF\n\u{1f600}";

/// Every metric with one sample at least.
fn exercised(label: &str) -> String {
    let metrics = Metrics::new();
    metrics.delivery("github", label, DeliveryResult::Accepted);
    metrics.delivery("github", label, DeliveryResult::Refused);
    metrics.evaluation(label);
    metrics.publication(label);
    metrics.answer(label);
    metrics.redeliveries(3);
    metrics.findings(label, 2, 1);
    metrics.disabled_hooks(label, 1);
    metrics.token(label, Some("2027-11-01T00:00:00Z".parse().unwrap()));
    metrics.directory(7, "2026-11-01T12:00:00Z".parse().unwrap());
    metrics.group(label, Some("2026-11-01T12:00:00Z".parse().unwrap()), true);
    for ms in [1, 70, 300, 9_000, 100_000_000] {
        metrics.took(Duration::from_millis(ms));
    }
    metrics.encode().unwrap()
}

#[test]
fn a_strict_reader_understands_all_metrics() {
    for text in [Metrics::new().encode().unwrap(), exercised("pull_request"), exercised(HOSTILE)] {
        let read = Exposition::read(&text).unwrap_or_else(|why| panic!("{why}:\n{text}"));
        assert!(read.families.iter().all(|family| family.name.starts_with("seconder_")));
    }
}

#[test]
fn every_metric_says_what_it_counts_and_in_which_unit() {
    let read = Exposition::read(&exercised("x")).unwrap();
    for family in &read.families {
        assert!(family.help.len() > 10, "{} has no help", family.name);
        // The name tells the unit, and of what has none, the name or the help says what is counted.
        let measures_time = ["age", "taken_at", "read_at", "event_to_check", "_timestamp"]
            .iter()
            .any(|word| family.name.contains(word));
        assert_eq!(family.unit.as_deref(), measures_time.then_some("seconds"), "{}", family.name);
    }
    let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/telemetry.rs")).unwrap();
    assert_eq!(read.families.len(), source.matches("registry.register").count(), "one has no sample");
}

#[test]
fn the_list_for_operators_is_true() {
    let read = Exposition::read(&exercised("x")).unwrap();
    let mut table = "| metric | kind | labels | what it tells |\n| --- | --- | --- | --- |\n".to_owned();
    for family in &read.families {
        let suffix = if family.kind == Kind::Counter { "_total" } else { "" };
        let labels: Vec<String> = family.labels().iter().map(|label| format!("`{label}`")).collect();
        let (name, kind, labels) = (&family.name, family.kind.as_str(), labels.join(", "));
        writeln!(table, "| `{name}{suffix}` | {kind} | {labels} | {} |", family.help).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let (before, after) = ("<!-- The table is made by tests/it/metrics.rs. -->\n", "<!-- End of the table. -->\n");
    let (head, rest) = written.split_once(before).unwrap();
    let (found, tail) = rest.split_once(after).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the switch that rewrites the file")]
    if std::env::var("UPDATE_DOCS").is_ok() {
        std::fs::write(&path, format!("{head}{before}{table}{after}{tail}")).unwrap();
        return;
    }
    assert_eq!(found, table, "run `UPDATE_DOCS=1 cargo test --test it metrics::` and commit docs/metrics.md");
    // What the text around the table speaks of is in it.
    for name in format!("{head}{tail}").split('`').filter(|word| word.starts_with("seconder_")) {
        let name = name.split(['{', '[', ' ']).next().unwrap();
        let of = |suffix: &str| name.strip_suffix(suffix).unwrap_or(name).to_owned();
        let is_there = ["_total", "_bucket", "_count", "_sum", ""]
            .iter()
            .any(|suffix| table.contains(&format!("`{}", of(suffix))));
        assert!(is_there, "{name} is no metric");
    }
}
