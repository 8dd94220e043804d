use seconder::gate::policy::schema;

use super::tiers;
use crate::committed_schema;

#[test]
fn the_committed_schema_is_up_to_date() {
    committed_schema("config/policy.schema.json", &schema::json_schema());
}

#[test]
fn the_schema_takes_what_the_parser_takes() {
    let validator = jsonschema::validator_for(&schema::json_schema()).expect("a valid schema");
    let good = [
        schema::built_in(),
        "version: 1\nrules: [{name: r, when: {assistance: '>= unknown'}, require: {tier: '> mid', groups: [sre]}}]\n",
        "version: 1\nrules: [{name: r, require: {approvals: 1}}]\nexempt: [{name: e, accounts: [7], paths: [a]}]\n",
        "version: 1\nsuggestions: {lines: 10}\n",
        "version: 1\napprove: {by: [review], sha: optional}\nbranches: [main]\nmode: preview\n",
    ];
    for text in good {
        let value: serde_json::Value = serde_saphyr::from_str(text).unwrap();
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{text}");
        let read =
            seconder::gate::policy::compile::read("p", seconder::gate::policy::SourceLevel::Floor, text, &tiers());
        assert!(read.is_ok(), "{read:?}");
    }
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
    for text in bad {
        let value: serde_json::Value = serde_saphyr::from_str(text).unwrap();
        assert!(!validator.is_valid(&value), "{text}");
        let read =
            seconder::gate::policy::compile::read("p", seconder::gate::policy::SourceLevel::Floor, text, &tiers());
        assert!(read.is_err(), "{text}");
    }
}
