//! Text, JSON, CSV and HTML, whatever people write into commits.

use std::process::Output;

use scraper::{Html, Selector};

use super::by_claude;
use crate::cli::process::seconder;
use crate::local::{NewCommit, Repository};

/// Names that do harm where they are not taken for text.
const NAMES: [&str; 5] = [
    "=HYPERLINK(1)<a@b.dev>",
    "&lt;b&gt; \"'<c@d.dev>",
    "\u{1b}[31mred\u{202e}der<e@f.dev>",
    "+1 & @SUM(A1)<g@h.dev>",
    "a,\"b\"<i@j.dev>",
];

pub(super) fn hostile() -> Repository {
    let repository = Repository::new();
    let tree = repository.git(&["write-tree"]);
    let mut parent = String::new();
    // Names that git itself would not write.
    for (at, name) in NAMES.iter().enumerate() {
        let (name, email) = name.rsplit_once('<').unwrap();
        let day = 1_767_614_400 + at * 86_400 * 7;
        let content = format!(
            "tree {tree}\n{parent}author {name} <{email} {day} +0000\ncommitter {name} <{email} {day} +0000\n\nOne\n\n\
             {}\n",
            super::CLAUDE
        );
        parent = format!("parent {}\n", repository.object("commit", content.as_bytes()));
    }
    repository.git(&["update-ref", "refs/heads/main", parent.trim_start_matches("parent ").trim()]);
    let files = NewCommit::new("Two")
        .by("jo <jo@acme.dev>")
        .file("=cmd|' /x/a", "1")
        .file("<img src=x onerror=hacked=1>\u{202e}/a", "1");
    repository.commit(&files.at("2026-03-02T00:00:00Z"));
    repository
}

pub(super) fn scan(repository: &Repository, args: &[&str]) -> String {
    let args: Vec<&str> = ["scan"].into_iter().chain(args.iter().copied()).collect();
    let Output { status, stdout, stderr } = seconder(&args).current_dir(repository.path()).output().unwrap();
    assert_eq!((status.code(), String::from_utf8_lossy(&stderr).as_ref()), (Some(0), ""));
    String::from_utf8(stdout).unwrap()
}

#[test]
fn text_fits_80_columns_and_steers_no_terminal() {
    let told = scan(&hostile(), &[]);
    for line in told.lines() {
        assert!(line.chars().count() <= 80, "{line}");
        assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
    }
    assert!(told.contains("\\u{1b}[31mred"), "{told}");
    assert!(told.contains("Absence of evidence is not evidence of absence"), "{told}");
}

#[test]
fn long_lists_say_how_much_was_cut() {
    let repository = hostile();
    let told = scan(&repository, &["--top", "2"]);
    assert!(told.contains("… 4 earlier: --top 0 shows all"), "{told}");
    assert!(told.contains("… 4 more: --top 0 shows all"), "{told}");
    assert!(!scan(&repository, &["--top", "0"]).contains("--top"), "{told}");
    assert!(scan(&repository, &["--top", "2", "--format", "html"]).contains("4 more are left out"));
}

#[test]
fn csv_holds_no_formula_and_can_be_read_back() {
    let told = scan(&hostile(), &["--format", "csv"]);
    let mut table = csv::Reader::from_reader(told.as_bytes());
    assert_eq!(
        table.headers().unwrap().iter().collect::<Vec<_>>(),
        ["dimension", "key", "name", "commits", "assisted", "autonomous", "share"]
    );
    let records: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    for cell in records.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        assert!(!cell.chars().any(char::is_control), "{cell:?}");
    }
    let of = |dimension: &str, at: usize| -> Vec<String> {
        records.iter().filter(|record| &record[0] == dimension).map(|record| record[at].to_owned()).collect()
    };
    assert_eq!(of("total", 3), ["6"]);
    assert_eq!(of("total", 6), ["0.8333"]);
    assert!(of("author", 2).contains(&"'=HYPERLINK(1)".to_owned()), "{told}");
    assert!(of("author", 2).contains(&"a,\"b\"".to_owned()), "{told}");
    assert!(of("folder", 1).contains(&"'=cmd|' ".to_owned()), "{told}");
    assert_eq!(of("week", 3).iter().map(|count| count.parse::<u64>().unwrap()).sum::<u64>(), 6);
    assert_eq!(of("walked", 1), ["merges", "undated", "unreadable", "unknown-folders", "shallow", "shown-only"]);
}

#[test]
fn the_page_holds_what_people_wrote_as_text() {
    let page = scan(&hostile(), &["--format", "html"]);
    let html = Html::parse_document(&page);
    let count = |selector: &str| html.select(&Selector::parse(selector).unwrap()).count();
    for never in
        ["script", "img", "iframe", "form", "base", "object", "[style]", "link[rel=stylesheet]", "a[href^=http]"]
    {
        assert_eq!(count(never), 0, "{never}");
    }
    let text: String = html.root_element().text().collect();
    assert!(text.contains("<img src=x onerror=hacked=1>") && text.contains("&lt;b&gt; \"'"));
    assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
    assert!(!page.contains("url("), "it loads something");
    assert_eq!(count("section table") + 2, count("section[aria-labelledby]"), "each part but two has a table");
}

#[test]
fn the_json_form_is_the_one_that_is_documented() {
    let repository = hostile();
    repository.commit(&by_claude("Three").file("src/a.rs", "1"));
    let report: serde_json::Value = serde_json::from_str(&scan(&repository, &["--format", "json"])).unwrap();
    assert_eq!(report["v"], 1);
    let document = include_str!("../../../docs/scan.md");
    let mut found = Vec::new();
    keys(&report, "", &mut found);
    found.sort();
    found.dedup();
    for key in &found {
        assert!(document.contains(&format!("`{key}`")), "docs/scan.md does not tell of `{key}`");
    }
    for (key, names) in [("tools", "claude"), ("weeks", "2026-W02"), ("folders", "src")] {
        assert!(report[key].as_array().unwrap().iter().any(|row| row["key"] == names), "{key}: {report}");
    }
}

/// Every key, with those around it: `walked.commits`. Rows of tables are all of one form.
fn keys(value: &serde_json::Value, before: &str, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (key, value) in object {
                let name = if before.is_empty() { key.clone() } else { format!("{before}.{key}") };
                keys(value, &name, found);
                found.push(name);
            }
        }
        serde_json::Value::Array(rows) if before != "walked.problems" => {
            for row in rows {
                keys(row, "row", found);
            }
        }
        _ => {}
    }
}
