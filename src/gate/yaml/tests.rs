use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read by the parser")]
struct Sample {
    version: u32,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    names: Vec<Spanned<String>>,
    #[serde(default)]
    colour: Option<Colour>,
    #[serde(default)]
    map: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
    Green,
}

fn finding(text: &str) -> String {
    parse::<Sample>("f.yml", text).expect_err("a finding").to_string()
}

#[test]
fn says_what_is_wrong_and_where() {
    let texts = [
        "",
        "# nothing\n---\n",
        "version: 1\nnamse: [a]\n",
        "version: 1\nwibble: [a]\n",
        "required: true\n",
        "version: one\n",
        "version: 1\nversion: 1\n",
        "version: 1\nrequired: yes\n",
        "version: 1\nnames: a\n",
        "version: 1\nnames:\n\t- a\n",
        "version: 1\nnames: [a\n",
        "version: 1\ncolour: gren\n",
        "version: 1\n---\nversion: 1\n",
        "version: 1\nmap: {<<: {a: [b]}}\n",
        "version: 1\nnames: !x [a]\n",
        "version: 1\nnames: *a\n",
        "- a\n",
        "version: 1\nä: [\"",
        "version: 1\n\"\\e[31m\": 1",
        "version: 1\nnames: ",
        "version: 1\nnames: [~]\n",
        "version: 1\nnames: {a: b}\n",
        "version: 1\nnames: [{a: b}]\n",
        "version: 1\nmap: 3\n",
        "version: -1\n",
        "version: 1\n  names: []\n",
    ];
    let findings: Vec<_> = texts.iter().map(|text| format!("{text:?} => {}", finding(text))).collect();
    insta::assert_snapshot!(findings.join("\n"), @r##"
    "" => f.yml:1:1: the file is empty (start it with `version: 1`)
    "# nothing\n---\n" => f.yml:1:1: the file is empty (start it with `version: 1`)
    "version: 1\nnamse: [a]\n" => f.yml:2:1: unknown key `namse` (did you mean `names`?)
    "version: 1\nwibble: [a]\n" => f.yml:2:1: unknown key `wibble` (use `version`, `required`, `names`, `colour` or `map`)
    "required: true\n" => f.yml:1:1: the key `version` is missing (add `version`)
    "version: one\n" => f.yml:1:10: expected a whole number
    "version: 1\nversion: 1\n" => f.yml:2:1: the key `version` is given twice (keep one of them)
    "version: 1\nrequired: yes\n" => f.yml:2:11: expected true or false (write `true` or `false`)
    "version: 1\nnames: a\n" => f.yml:2:8: expected a list
    "version: 1\nnames:\n\t- a\n" => f.yml:3:2: tabs disallowed within this context (block indentation) (indent with spaces: YAML does not take tabs)
    "version: 1\nnames: [a\n" => f.yml:2:8: unclosed bracket '['
    "version: 1\ncolour: gren\n" => f.yml:2:9: `gren` is not known here (did you mean `green`?)
    "version: 1\n---\nversion: 1\n" => f.yml:3:1: the file holds more than one document (keep what stands before the second `---`)
    "version: 1\nmap: {<<: {a: [b]}}\n" => f.yml:2:7: merge keys (`<<`) are not supported (write the keys out)
    "version: 1\nnames: !x [a]\n" => f.yml:2:11: the tag `!x` is not supported (leave the tag out)
    "version: 1\nnames: *a\n" => f.yml:2:8: reference to unknown value
    "- a\n" => f.yml:1:1: expected keys and values
    "version: 1\nä: [\"" => f.yml:2:1: unknown key `ä` (use `version`, `required`, `names`, `colour` or `map`)
    "version: 1\n\"\\e[31m\": 1" => f.yml:2:1: unknown key `\u{1b}[31m` (use `version`, `required`, `names`, `colour` or `map`)
    "version: 1\nnames: " => f.yml:2:6: expected a list
    "version: 1\nnames: [~]\n" => f.yml:2:9: a value is missing
    "version: 1\nnames: {a: b}\n" => f.yml:2:8: expected a list
    "version: 1\nnames: [{a: b}]\n" => f.yml:2:9: expected a single value
    "version: 1\nmap: 3\n" => f.yml:2:6: expected keys and values
    "version: -1\n" => f.yml:1:10: expected a whole number
    "version: 1\n  names: []\n" => f.yml:1:10: expected a whole number
    "##);
}

#[test]
fn remembers_where_values_stand() {
    let sample: Sample = parse("f.yml", "version: 1\nnames: [ä, b,\n  c]\n").unwrap();
    let places: Vec<_> = sample.names.iter().map(|name| (name.at.line, name.at.column)).collect();
    assert_eq!(places, [(2, 9), (2, 12), (3, 3)]);
    let elsewhere: Sample = parse("f.yml", "\u{feff}version: 1\r\nnames: [ä,\r\n  b]\r\n").unwrap();
    let places: Vec<_> = elsewhere.names.iter().map(|name| (name.at.line, name.at.column)).collect();
    assert_eq!(places, [(2, 9), (3, 3)], "with a byte order mark and the line ends of Windows");
}

#[test]
fn refuses_a_bomb() {
    let mut text = "version: 1\nmap:\n  a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (one, two) in ["ab", "bc", "cd", "de", "ef", "fg", "gh"].iter().map(|pair| pair.split_at(1)) {
        writeln!(text, "  {two}: &{two} [{}]", vec![format!("*{one}"); 10].join(", ")).unwrap();
    }
    let finding = parse::<serde_json::Value>("f.yml", &text).expect_err("a finding");
    assert_eq!(finding.message, "the file nests or repeats too much");
}

#[test]
fn refuses_a_pit() {
    let expected = "the file nests or repeats too much";
    for open in ["[", "{a: ", "- ", "? "] {
        let text = format!("version: 1\nnames: {}", open.repeat(10_000));
        let finding = parse::<Sample>("f.yml", &text).expect_err("a finding");
        assert!(finding.message == expected || finding.line == 2, "{finding}");
    }
}

#[test]
fn refuses_a_file_that_is_too_large() {
    let text = format!("version: 1\n#{}", "x".repeat(MAX_BYTES));
    let expected = "f.yml:1:1: the file has 513 KiB, and at most 512 are read (split it, or shorten it)";
    assert_eq!(finding(&text), expected);
}
