//! The example, its schema, and files on disk.

use seconder::directory::{Directory, Error, Pins, file};

use super::{acme, load, now, tier};
use crate::{committed_schema, schema_agrees};

#[test]
fn the_committed_schema_is_up_to_date() {
    committed_schema("config/directory.schema.json", &file::json_schema());
}

#[test]
fn the_schema_takes_the_example_and_refuses_slips() {
    let good = [file::example(), "version: 1\ntiers: [a]\npeople: [{id: a, accounts: [{host: github.com, login: b}]}]"];
    let bad = [
        "version: 2",
        "tiers: [a]",
        "version: 1\ntiers: a",
        "version: 1\ntiers: [a]\npeople: [{id: a, active: 1}]",
        "version: 1\ntiers: [a]\ngroups: [{id: a, vouched: maybe}]",
        "version: 1\ntiers: [a]\ndefault: {employees: a}",
        "version: 1\npeople: [{}]",
        "version: 1\npeople: [{id: a, accounts: [ana]}]",
        "version: 1\npeople: [{id: a, accounts: [{id: 7}]}]",
        "version: 1\npeople: [{id: a, employment: freelance}]",
        "version: 1\ntier_rules: [{id: a}]",
    ];
    let cases: Vec<_> =
        good.map(|text| (text.to_owned(), true)).into_iter().chain(bad.map(|text| (text.to_owned(), false))).collect();
    let value = |text: &str| serde_saphyr::from_str::<serde_json::Value>(text).unwrap();
    schema_agrees(&file::json_schema(), &cases, |text| load(&[("d.yml", text)]).is_ok(), value);
}

#[test]
fn the_example_says_what_its_comments_say() {
    let (directory, warnings) = load(&[("directory.yml", file::example())]).expect("a good example");
    assert_eq!(warnings, []);
    let roster = directory.roster(&acme(), &Pins::new(), directory.snapshot(1, &Pins::new()));
    let tiers: Vec<_> = roster.people.keys().map(|id| format!("{} {}", id.0, tier(&roster, &id.0))).collect();
    insta::assert_snapshot!(tiers.join("\n"), @r"
    e0900 mid by default.employee
    e1001 senior by group-seniors
    e1002 mid by default.employee
    e1003 senior by acting-lead
    release-bot agent by service
    x2001 junior by default.contractor
    ");
}

#[test]
fn files_are_read_from_disk_and_errors_name_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("good.yml"), file::example()).unwrap();
    std::fs::write(path("more.yml"), "version: 1\npeople: [{ id: extra }]\n").unwrap();
    std::fs::write(path("latin1.yml"), b"version: 1 # gr\xfc\xdfe\n").unwrap();
    std::fs::write(path("wrong.yml"), "version: 1\npeople: [{ id: e1001 }]\n").unwrap();

    let (directory, _) = Directory::read(&[path("good.yml"), path("more.yml")], now()).expect("a directory");
    let (alone, _) = Directory::read(&[path("good.yml")], now()).expect("a directory");
    assert_ne!(directory.digest(&Pins::new()), alone.digest(&Pins::new()));

    let missing = Directory::read(&[path("none.yml")], now()).expect_err("no such file");
    assert!(matches!(&missing, Error::Unreadable { .. }));
    assert!(missing.to_string().contains("none.yml"), "{missing}");
    let binary = Directory::read(&[path("latin1.yml")], now()).expect_err("not text");
    assert!(matches!(&binary, Error::NotText { .. }));
    assert!(binary.to_string().contains("latin1.yml"), "{binary}");
    let wrong = Directory::read(&[path("good.yml"), path("wrong.yml")], now()).expect_err("a person twice");
    assert!(matches!(&wrong, Error::Invalid { findings } if findings.len() == 1));
    assert!(wrong.to_string().contains("wrong.yml:2:16: the person `e1001` is listed twice"), "{wrong}");
}
