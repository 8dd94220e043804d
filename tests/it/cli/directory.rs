//! `seconder directory check` and `seconder directory lookup`.

use super::files::{DIRECTORY, Files};
use super::process::text;

fn files() -> Files {
    Files::new(&[("d.yml", DIRECTORY)])
}

fn lookup(account: &str) -> String {
    files().says(&format!("directory lookup {account} --directory d.yml"))
}

#[test]
fn a_directory_is_counted() {
    insta::assert_snapshot!(files().says("directory check d.yml"), @r"
    d.yml:13:66: warning: the exception `lead` lasts more than a year
       |
    13 |   - { id: lead, person: jo, tier: mid, reason: stands in, until: 2199-12-31 }
       |                                                                  ^
      help: end it sooner, or make it a rule

    people    5
    accounts  6
    groups    2
    robots    1
    tiers     agent 0, junior 1, mid 1, senior 2, principal 1

    2 logins have no number here; until a server has looked it up, a login qualifies nobody:
      github.com/jo-at-work (jo): `gh api users/jo-at-work --jq .id` shows its number
      github.com/pat (pat): `gh api users/pat --jq .id` shows its number

    1 file: 0 errors, 1 warning
    exit code 0
    ");
    let counted = files().json("directory check d.yml");
    assert_eq!(counted["people"], 5);
    assert_eq!(counted["unpinned"][0]["account"], "github.com/jo-at-work");
}

#[test]
fn mistakes_in_several_files_are_shown_together() {
    let more = "version: 1\npeople: [{ id: jo, groups: [srre] }]\n";
    let files = Files::new(&[("d.yml", DIRECTORY), ("more.yml", more)]);
    insta::assert_snapshot!(files.says("directory check d.yml more.yml"), @r"
    d.yml:13:66: warning: the exception `lead` lasts more than a year
       |
    13 |   - { id: lead, person: jo, tier: mid, reason: stands in, until: 2199-12-31 }
       |                                                                  ^
      help: end it sooner, or make it a rule

    more.yml:2:16: error: the person `jo` is listed twice
      |
    2 | people: [{ id: jo, groups: [srre] }]
      |                ^
      help: the first stands in d.yml:4:11; keep one of them

    more.yml:2:29: error: unknown group `srre`
      |
    2 | people: [{ id: jo, groups: [srre] }]
      |                             ^
      help: did you mean `sre`?

    2 files: 2 errors, 1 warning
    exit code 1
    ");
}

#[test]
fn a_lookup_tells_the_tier_and_the_rule_that_gave_it() {
    insta::assert_snapshot!(lookup("github.com/1"), @r"
    jo
      tier        mid
      by rule     lead: an exception until 2199-12-31: stands in
      else by     default.employee (junior): no other rule matches
      accounts    github.com/1, github.com/jo-at-work (no number here)
      e-mail      jo@acme.example
      employment  employee
      approvals   can count, where the rules of a policy are met
    exit code 0
    ");
    insta::assert_snapshot!(lookup("ana"), @r"
    ana
      tier        senior
      by rule     by-group: in the group `seniors`, which is synced from okta
      else by     default.employee (junior): no other rule matches
      accounts    github.com/4
      groups      seniors
      employment  employee
      approvals   can count, where the rules of a policy are met
    exit code 0
    ");
    insta::assert_snapshot!(lookup("3"), @r"
    kim
      tier        senior
      by rule     by-level: the attribute `level` is `L5`
      else by     default.employee (junior): no other rule matches
      accounts    github.com/3
      training    ai-review
      employment  employee
      approvals   can count, where the rules of a policy are met
    exit code 0
    ");
    insta::assert_snapshot!(lookup("@pat"), @r"
    pat
      tier        principal
      by rule     by-title: the attribute `title` is `Principal Engineer`
      else by     default.employee (junior): no other rule matches
      accounts    github.com/pat (no number here)
      employment  employee
      approvals   do not count: no account has a number here, and only a server that looked it up knows it; `gh api users/pat --jq .id` shows its number
    exit code 0
    ");
}

#[test]
fn every_name_of_a_person_leads_to_the_person() {
    let jo = lookup("jo");
    for name in ["1", "github.com/1", "jo-at-work", "github.com/jo-at-work", "@Jo-At-Work", "JO@acme.example"] {
        assert_eq!(lookup(name), jo, "{name}");
    }
}

#[test]
fn a_lookup_tells_why_approvals_never_count() {
    insta::assert_snapshot!(lookup("sam"), @r"
    sam
      tier        junior
      by rule     default.contractor: no other rule matches
      accounts    github.com/2
      employment  contractor
      approvals   do not count: a contractor whom no tier rule matches; add one if approvals should count
    exit code 0
    ");
    insta::assert_snapshot!(lookup("github.com/9"), @r"
    github.com/9 is listed as a robot: never a person, never approves.
    exit code 0
    ");
    let gone = "version: 1\ntiers: [senior]\npeople: [{ id: lee, active: false }, { id: ci, employment: service, accounts: [github.com/5] }]\n";
    let files = Files::new(&[("d.yml", gone)]);
    insta::assert_snapshot!(files.says("directory lookup lee --directory d.yml"), @r"
    lee
      tier        senior
      by rule     default.employee: no other rule matches
      employment  employee, inactive
      approvals   do not count: not active any more (`active: false`)
                  and: no account is listed on this host
    exit code 0
    ");
    insta::assert_snapshot!(files.says("directory lookup ci --directory d.yml"), @r"
    ci
      tier        agent
      by rule     service: it is a machine
      accounts    github.com/5
      employment  service
      approvals   do not count: it is a machine (`employment: service`)
    exit code 0
    ");
}

#[test]
fn nobody_is_an_answer_with_the_names_that_are_near() {
    insta::assert_snapshot!(lookup("jo-at-wrok"), @r"
    Nobody in the directory answers to `jo-at-wrok`. Did you mean `jo-at-work`?
    exit code 1
    ");
    insta::assert_snapshot!(lookup("stranger"), @r"
    Nobody in the directory answers to `stranger`.
    exit code 1
    ");
    let told = files().json("directory lookup jo-at-wrok --directory d.yml");
    assert_eq!((&told["people"], &told["close"]), (&serde_json::json!([]), &serde_json::json!(["jo-at-work"])));
}

#[test]
fn a_lookup_is_one_json_object_as_well() {
    let told = files().json("directory lookup ana --directory d.yml");
    insta::assert_snapshot!(serde_json::to_string_pretty(&told).unwrap(), @r#"
    {
      "close": [],
      "people": [
        {
          "accounts": [
            {
              "account": "github.com/4",
              "numbered": true
            }
          ],
          "active": true,
          "emails": [],
          "employment": "employee",
          "groups": [
            "seniors"
          ],
          "id": "ana",
          "rules": [
            {
              "because": "in the group `seniors`, which is synced from okta",
              "by": "group",
              "group": "seniors",
              "rule": "by-group",
              "tier": "senior",
              "trust": {
                "synced_from": "okta"
              },
              "until": null
            },
            {
              "because": "no other rule matches",
              "by": "default",
              "rule": "default.employee",
              "tier": "junior",
              "until": null
            }
          ],
          "tier": "senior",
          "training": [],
          "unfit": []
        }
      ],
      "query": "ana",
      "robot": null,
      "v": 1
    }
    "#);
}

#[test]
fn a_directory_answers_only_for_its_owners() {
    let files = Files::new(&[("d.yml", &format!("{DIRECTORY}tenants: [github.com/acme]\n"))]);
    assert_eq!(files.run("directory lookup ana --directory d.yml --owner acme").status.code(), Some(0));
    let output = files.run("directory lookup ana --directory d.yml --owner other");
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(text(&output.stderr), @"seconder: --owner: the directory does not hold for `other`, but for `github.com/acme`");
}

#[test]
fn a_configuration_that_names_no_directory_is_told_where_to_name_one() {
    let config = "[server]\npublic_url = \"https://seconder.example.com\"\n[store]\nurl = \"sqlite:s.db\"\n\
        [[github]]\napp_id = 1\nowners = [\"acme\"]\n";
    let files = Files::new(&[("s.toml", config)]);
    for line in ["directory check --config s.toml", "directory lookup ana --config s.toml"] {
        let output = files.run(line);
        let said = "seconder: s.toml names no directory file: add `files` under [directory]\n";
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(2), said), "{line}");
    }
}

#[test]
fn groups_whose_members_a_gitlab_keeps_are_named_where_they_are_not_known() {
    let group = "  - { id: eng, vouched: true, gitlab: { host: gitlab.example.com, group: acme/eng } }\n";
    let text = DIRECTORY.replacen("groups:\n", &format!("groups:\n{group}"), 1);
    let files = Files::new(&[("d.yml", &text)]);
    let unknown = "1 group has members that are not known here, as only a server asks for them:\n  eng (gitlab.example.com/acme/eng)\n";
    let said = files.says("directory check d.yml");
    assert!(said.contains(unknown) && said.ends_with("exit code 0"), "{said}");
    assert_eq!(files.json("directory check d.yml")["kept"][0]["read_at"], serde_json::Value::Null);
    let said = files.says("directory lookup gitlab.example.com/7 --directory d.yml");
    assert!(said.starts_with("Nobody") && said.contains(unknown) && said.ends_with("exit code 1"), "{said}");
}

#[test]
fn what_cannot_be_let_through_is_said() {
    let config = "[server]\npublic_url = \"https://seconder.example.com\"\n[store]\nurl = \"sqlite:s.db\"\n\
        [directory]\nfiles = [\"d.yml\"]\n[[gitlab]]\nurl = \"https://gitlab.example.com\"\ntoken = \"t\"\n\
        webhook_secret_tokens = [\"0123456789abcdef\"]\nowners = [\"acme\"]\n";
    let group = "groups:\n- { id: eng, vouched: true, gitlab: { host: gitlab.example.com, group: acme/eng } }\n";
    let files = Files::new(&[("s.toml", config), ("d.yml", &format!("version: 1\ntiers: [junior]\n{group}"))]);
    for (line, says) in [
        ("directory accept other --config s.toml", "takes no members of the group `other` from anywhere"),
        ("directory accept eng --config s.toml", "there is no store yet"),
        ("directory accept eng 1234567 --config s.toml", "`1234567` is too short"),
    ] {
        let output = files.run(line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(text(&output.stderr).contains(says), "{line}: {}", text(&output.stderr));
    }
}
