use seconder::gate::policy::{SourceLevel, compile, schema};

use super::tiers;
use crate::{committed_schema, schema_agrees};

#[test]
fn the_committed_schema_is_up_to_date() {
    committed_schema("config/policy.schema.json", &schema::json_schema());
}

#[test]
fn the_schema_takes_what_the_parser_takes() {
    let good = [
        schema::built_in(),
        "version: 1\nrules: [{name: r, when: {assistance: '>= unknown'}, require: {tier: '> mid', groups: [sre]}}]\n",
        "version: 1\nrules: [{name: r, require: {approvals: 1}}]\nexempt: [{name: e, accounts: [7], paths: [a]}]\n",
        "version: 1\nsuggestions: {lines: 10}\n",
        "version: 1\napprove: {by: [review], sha: optional}\nbranches: [main]\nmode: preview\n",
    ];
    let bad = [
        "version: 2",
        "rules: []",
        "version: 1\nmode: off",
        "version: 1\nrulez: []",
        "version: 1\nrules: [{name: r, require: {approvals: 0}}]",
        "version: 1\nrules: [{name: r, when: {assistance: '< assisted'}, require: {approvals: 1}}]",
        "version: 1\nrules: [{name: r, require: {tier: senior}}]",
        "version: 1\nexempt: [{name: e, accounts: [ana]}]",
        "version: 1\nsuggestions: {lines: 11}",
        "version: 1\nsuggestions: {lines: -1}",
        "version: 1\nsuggestions: {}",
    ];
    let cases: Vec<_> =
        good.map(|text| (text.to_owned(), true)).into_iter().chain(bad.map(|text| (text.to_owned(), false))).collect();
    let is_taken = |text: &str| compile::read("p", SourceLevel::Floor, text, &tiers()).is_ok();
    let value = |text: &str| serde_saphyr::from_str::<serde_json::Value>(text).unwrap();
    schema_agrees(&schema::json_schema(), &cases, is_taken, value);
}
