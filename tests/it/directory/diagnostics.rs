use super::{load, with};

/// Everything found in these files, a line each.
fn findings_in(files: &[(&str, &str)]) -> String {
    let found = match load(files) {
        Ok((_, warnings)) => warnings,
        Err(findings) => findings,
    };
    let line = |finding: &seconder::gate::policy::diagnostic::Diagnostic| {
        format!("{} {finding}", if finding.is_error() { "error" } else { "warning" })
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Everything found in a good file with these lines from line 3 on.
fn findings(lines: &str) -> String {
    findings_in(&[("d.yml", &with(lines))])
}

#[test]
fn of_form() {
    insta::assert_snapshot!(findings_in(&[]), @"error directory:1:1: there is no directory file at all (name one in the server's configuration)");
    insta::assert_snapshot!(findings_in(&[("d.yml", "")]), @"error d.yml:1:1: the file is empty (start it with `version: 1`)");
    insta::assert_snapshot!(findings_in(&[("d.yml", "version: 3\n")]), @"error d.yml:1:10: version 3 of this file is not known (this server reads `version: 1`)");
    insta::assert_snapshot!(findings_in(&[("d.yml", "version: 1\n")]), @"error d.yml:1:1: no tiers are named (write e.g. `tiers: [junior, senior]`, lowest first)");
    insta::assert_snapshot!(findings("poeple: []"), @"error d.yml:3:1: unknown key `poeple` (did you mean `people`?)");
    insta::assert_snapshot!(findings("people: [{ accounts: [] }]"), @"error d.yml:3:12: the key `id` is missing (add `id`)");
    insta::assert_snapshot!(findings("people: [{ id: a, employment: freelance }]"), @"error d.yml:3:31: `freelance` is not known here (use `employee`, `contractor` or `service`)");
    insta::assert_snapshot!(findings("people: [{ id: a, active: no }]"), @"error d.yml:3:27: expected true or false (write `true` or `false`)");
    insta::assert_snapshot!(findings("people: [{ id: a, attributes: { level: } }]"), @"error d.yml:3:38: a value is missing");
    insta::assert_snapshot!(findings("people: [{ id: a, attributes: { level: 5 } }]"), @"");
    insta::assert_snapshot!(findings_in(&[("a.yml", "x"), ("b.yml", "version: 1\nnope: 1\n")]), @r"
    error a.yml:1:1: expected keys and values
    error b.yml:2:1: unknown key `nope` (use `version`, `tiers`, `tenants`, `max_age`, `people`, `groups`, `tier_rules`, `default` or `robots`)
    ");
}

#[test]
fn of_settings() {
    let of = |tiers: &str| findings_in(&[("d.yml", &format!("version: 1\ntiers: {tiers}\n"))]);
    insta::assert_snapshot!(of("[]"), @"error d.yml:2:8: a directory has 1 to 50 tiers (write e.g. `tiers: [junior, senior]`, lowest first)");
    insta::assert_snapshot!(of("[junior, agent, junior, \"a b\", 5]"), @r"
    error d.yml:2:17: the tier `agent` is built in (leave it out)
    error d.yml:2:24: the tier `junior` is named twice (keep one of them)
    error d.yml:2:32: `a b` cannot be the name of a tier (use letters, digits, `-` and `_`)
    ");
    insta::assert_snapshot!(findings("default: { employee: boss, contractor: agent }"), @r"
    error d.yml:3:22: unknown tier `boss` (the tiers are `junior`, `mid`, `senior` and `principal`, lowest first)
    error d.yml:3:40: `agent` is not a tier of people (list the account under `robots`, or the person with `employment: service`)
    ");
    insta::assert_snapshot!(findings("default: { employee: midd }"), @"error d.yml:3:22: unknown tier `midd` (did you mean `mid`? the tiers are `junior`, `mid`, `senior` and `principal`, lowest first)");
    insta::assert_snapshot!(findings("tenants: []"), @"error d.yml:3:10: the directory would hold for no owner (leave `tenants` out if the directory holds for all of them)");
    insta::assert_snapshot!(findings("tenants: [acme, github.com/, github.com/acme, github.com/7]"), @r"
    error d.yml:3:11: `acme` does not name an owner (write e.g. `github.com/acme`)
    error d.yml:3:17: `github.com/` does not name an owner (write e.g. `github.com/acme`)
    ");
    insta::assert_snapshot!(findings("max_age: soon"), @"error d.yml:3:10: `soon` is not a length of time of up to a year (write e.g. `48h` or `7 days`)");
    insta::assert_snapshot!(findings("max_age: -1h"), @"error d.yml:3:10: `-1h` is not a length of time of up to a year (write e.g. `48h` or `7 days`)");
    insta::assert_snapshot!(findings("max_age: 2 years"), @"error d.yml:3:10: `2 years` is not a length of time of up to a year (write e.g. `48h` or `7 days`)");
    insta::assert_snapshot!(findings("max_age: 2 days 3h"), @"");
}

#[test]
fn of_accounts() {
    let of = |account: &str| findings(&format!("people: [{{ id: a, accounts: [{account}] }}]"));
    insta::assert_snapshot!(of("github.com/7"), @"");
    insta::assert_snapshot!(of("{ host: github.com, id: 7 }"), @"");
    insta::assert_snapshot!(of("{ host: github.com, login: ana }"), @"");
    insta::assert_snapshot!(of("7"), @"error d.yml:3:30: expected an account such as github.com/583231 or { host: github.com, login: ana }, found integer `7`");
    insta::assert_snapshot!(of("\"7\""), @"error d.yml:3:30: `7` is not of the form HOST/NUMBER (write e.g. `github.com/583231`)");
    insta::assert_snapshot!(of("github.com/ana"), @"error d.yml:3:30: `github.com/ana` is not of the form HOST/NUMBER (if `ana` is a login, write `{ host: github.com, login: ana }`)");
    insta::assert_snapshot!(of("github.com/0"), @"error d.yml:3:30: `github.com/0` is not of the form HOST/NUMBER (if `0` is a login, write `{ host: github.com, login: 0 }`)");
    insta::assert_snapshot!(of("ana"), @"error d.yml:3:30: `ana` is not of the form HOST/NUMBER (write e.g. `github.com/583231`)");
    insta::assert_snapshot!(of("[ana]"), @"error d.yml:3:30: expected an account such as github.com/583231 or { host: github.com, login: ana }, found sequence");
    insta::assert_snapshot!(of("{ host: github.com }"), @"error d.yml:3:30: an account has either a number or a login (write `id`, the account's number, or else `login`)");
    insta::assert_snapshot!(of("{ host: github.com, id: 7, login: ana }"), @"error d.yml:3:30: an account has either a number or a login (write `id`, the account's number, or else `login`)");
    insta::assert_snapshot!(of("{ host: github.com, id: -7 }"), @"error d.yml:3:30: an account has either a number or a login (write `id`, the account's number, or else `login`)");
    insta::assert_snapshot!(of("{ host: git hub, id: 7 }"), @"error d.yml:3:30: `git hub` is not a host (write e.g. `github.com`)");
    insta::assert_snapshot!(of("{ host: github.com, name: ana }"), @"error d.yml:3:50: unknown key `name` (use `host`, `id` or `login`)");
}

#[test]
fn of_what_belongs_to_two() {
    let two =
        |first: &str, second: &str| findings(&format!("people:\n  - {{ id: a, {first} }}\n  - {{ id: b, {second} }}"));
    insta::assert_snapshot!(two("accounts: [github.com/7]", "accounts: [github.com/8, github.com/7]"), @"error d.yml:5:39: `github.com/7` also belongs to `a` (the first stands in d.yml:4:25; keep one of them)");
    let ana = |login: &str| format!("accounts: [{{ host: github.com, login: {login} }}]");
    insta::assert_snapshot!(two(&ana("ana"), &ana("ANA")), @"error d.yml:5:25: `github.com/ana` also belongs to `a` (the first stands in d.yml:4:25; keep one of them)");
    insta::assert_snapshot!(two("emails: [ana@acme.example]", "emails: [Ana@Acme.example, jo]"), @r"
    error d.yml:5:23: `ana@acme.example` also belongs to `a` (the first stands in d.yml:4:23; keep one of them)
    error d.yml:5:41: `jo` is not an e-mail address (write e.g. `ana@acme.example`)
    ");
    insta::assert_snapshot!(two("active: true", "active: true }\n  - { id: a"), @"error d.yml:6:11: the person `a` is listed twice (the first stands in d.yml:4:11; keep one of them)");
    let robot = "robots: [github.com/7]\npeople: [{ id: a, accounts: [github.com/7] }]";
    insta::assert_snapshot!(findings(robot), @"error d.yml:4:30: `github.com/7` is also listed as a robot (the first stands in d.yml:3:10; keep one of them)");
    insta::assert_snapshot!(findings("people: [{ id: a, accounts: [github.com/7, github.com/7] }]"), @"");
}

#[test]
fn of_groups() {
    insta::assert_snapshot!(findings("groups: [{ id: a }, { id: a }, { id: \"\" }]"), @r"
    error d.yml:3:27: the group `a` is listed twice (the first stands in d.yml:3:16; keep one of them)
    error d.yml:3:38: a group has no name (give it an `id`)
    ");
    insta::assert_snapshot!(findings("people: [{ id: e1 }]\ngroups: [{ id: a, members: [e1, e2, zoe] }]"), @r"
    error d.yml:4:33: unknown person `e2` (list the person under `people`, or take the name out here)
    error d.yml:4:37: unknown person `zoe` (list the person under `people`, or take the name out here)
    ");
    insta::assert_snapshot!(findings("people: [{ id: e1, groups: [plattform, x] }]\ngroups: [{ id: platform }]"), @r"
    error d.yml:3:29: unknown group `plattform` (did you mean `platform`?)
    error d.yml:3:40: unknown group `x` (list it under `groups`)
    ");
    insta::assert_snapshot!(findings("groups: [{ id: a, groups: [b, a] }]"), @r"
    warning d.yml:3:16: the group `a` is part of itself (take one of the groups out)
    error d.yml:3:28: unknown group `b` (list it under `groups`)
    ");
}

#[test]
fn of_a_cycle_once() {
    let cycle = "groups:\n  - { id: a, groups: [b] }\n  - { id: b, groups: [c] }\n  - { id: c, groups: [a] }\n  - { id: d, groups: [a] }";
    insta::assert_snapshot!(findings(cycle), @"warning d.yml:4:11: the group `a` is part of itself (take one of the groups out)");
    let two = "groups: [{ id: a, groups: [a, b] }, { id: b, groups: [b] }]";
    assert_eq!(findings(two).lines().count(), 2, "{}", findings(two));
    insta::assert_snapshot!(findings("groups: [{ id: a, groups: [a] }]"), @"warning d.yml:3:16: the group `a` is part of itself (take one of the groups out)");
}

#[test]
fn of_groups_that_nobody_answers_for() {
    let of = |a: &str, b: &str| {
        findings(&format!(
            "people: [{{ id: e1, groups: [b] }}]\ngroups:\n  - {{ id: a, groups: [b]{a} }}\n  - {{ id: b{b} }}\n\
             tier_rules: [{{ id: r, groups: [a], tier: senior }}]"
        ))
    };
    insta::assert_snapshot!(of(", vouched: true", ", synced_from: okta"), @"");
    insta::assert_snapshot!(of("", ", vouched: true"), @"error d.yml:7:32: the group `a` cannot grant a tier (if you know who can add members, write `vouched: true` at the group `a`; if an identity provider decides, write `synced_from: NAME` there)");
    insta::assert_snapshot!(of(", vouched: true", ""), @"error d.yml:7:32: the group `b`, which is part of `a`, cannot grant a tier (if you know who can add members, write `vouched: true` at the group `b`; if an identity provider decides, write `synced_from: NAME` there)");
    insta::assert_snapshot!(of(", vouched: false", ", vouched: false"), @r"
    error d.yml:7:32: the group `a` cannot grant a tier (if you know who can add members, write `vouched: true` at the group `a`; if an identity provider decides, write `synced_from: NAME` there)
    error d.yml:7:32: the group `b`, which is part of `a`, cannot grant a tier (if you know who can add members, write `vouched: true` at the group `b`; if an identity provider decides, write `synced_from: NAME` there)
    ");
}

#[test]
fn of_tier_rules() {
    let of = |rule: &str| {
        findings(&format!(
            "people: [{{ id: e1, accounts: [github.com/7], groups: [g], attributes: {{ level: L5 }} }}]\n\
             groups: [{{ id: g, vouched: true }}]\ntier_rules:\n  - {{ id: r, {rule} }}"
        ))
    };
    let exception = "tier: senior, reason: a reason, until: 2027-01-01";
    insta::assert_snapshot!(of(&format!("person: e1, {exception}")), @"");
    insta::assert_snapshot!(of(&format!("account: github.com/7, {exception}")), @"");
    insta::assert_snapshot!(of(&format!("person: e2, {exception}")), @"error d.yml:6:22: unknown person `e2` (list the person under `people`, or take the name out here)");
    insta::assert_snapshot!(of(&format!("account: github.com/8, {exception}")), @"error d.yml:6:23: `github.com/8` belongs to nobody in the directory (list it under the person's `accounts`)");
    insta::assert_snapshot!(of(&format!("account: github.com/ana, {exception}")), @"error d.yml:6:23: `github.com/ana` is not of the form HOST/NUMBER (if `ana` is a login, write `{ host: github.com, login: ana }`)");
    insta::assert_snapshot!(of("person: e1, tier: senior"), @r"
    error d.yml:6:11: the exception `r` gives no reason (add `reason`)
    error d.yml:6:11: the exception `r` has no end (add `until`, its last day)
    ");
    insta::assert_snapshot!(of("person: e1, tier: senior, reason: \" \", until: 2027-02-30"), @r"
    error d.yml:6:11: the exception `r` gives no reason (add `reason`)
    error d.yml:6:60: `2027-02-30` is not a day (write e.g. `2027-03-31`)
    ");
    insta::assert_snapshot!(of("person: e1, tier: senior, reason: x, until: 2026-11-21"), @"warning d.yml:6:58: the exception `r` has ended (take it out)");
    insta::assert_snapshot!(of("person: e1, tier: senior, reason: x, until: 2026-11-22"), @"");
    insta::assert_snapshot!(of("person: e1, tier: senior, reason: x, until: 2028-01-01"), @"warning d.yml:6:58: the exception `r` lasts more than a year (end it sooner, or make it a rule)");
    insta::assert_snapshot!(of("groups: [g], tier: agent"), @"error d.yml:6:33: `agent` is not a tier of people (list the account under `robots`, or the person with `employment: service`)");
    insta::assert_snapshot!(of("groups: [g], tier: senoir"), @"error d.yml:6:33: unknown tier `senoir` (did you mean `senior`? the tiers are `junior`, `mid`, `senior` and `principal`, lowest first)");
    insta::assert_snapshot!(of("groups: [], tier: senior"), @"error d.yml:6:22: no group is named (name one, or take the rule out)");
    insta::assert_snapshot!(of("groups: [h], tier: senior"), @"error d.yml:6:23: unknown group `h` (list it under `groups`)");
    insta::assert_snapshot!(of("groups: [g], tier: senior, until: 2027-01-01"), @"error d.yml:6:48: only exceptions end (take `until` out, or make it an exception with `person` or `account`)");
    insta::assert_snapshot!(of("groups: [g], attribute: level, matches: L5, tier: senior"), @"error d.yml:6:11: the tier rule `r` must say whom it is for in one way (write one of `person`, `account`, `groups` and `attribute`)");
    insta::assert_snapshot!(of("tier: senior"), @"error d.yml:6:11: the tier rule `r` must say whom it is for in one way (write one of `person`, `account`, `groups` and `attribute`)");
    insta::assert_snapshot!(of("matches: L5, tier: senior"), @"error d.yml:6:23: the tier rule `r` does not name the attribute to match (add `attribute`, or take the pattern out)");
    insta::assert_snapshot!(of("attribute: level, matches: L5, tier: senior"), @"");
    insta::assert_snapshot!(of("attribute: level, matches: L6, tier: senior"), @"warning d.yml:6:11: the tier rule `r` matches nobody (check what it asks for, or take it out)");
    insta::assert_snapshot!(of("attribute: level, tier: senior"), @"error d.yml:6:25: a rule on an attribute needs `matches` (write a regular expression)");
    insta::assert_snapshot!(of("attribute: level, matches: \"(\", tier: senior"), @"error d.yml:6:41: `(` is not a regular expression that can be used (see docs.rs/regex for the syntax)");
    insta::assert_snapshot!(of("attribute: level, matches: \"x)|(L5\", tier: senior"), @"error d.yml:6:41: `x)|(L5` is not a regular expression that can be used (see docs.rs/regex for the syntax)");
    insta::assert_snapshot!(of("attribute: level, matches: \"(?x) L5 # five\", unless: \"\\\\w{9999}{99}\", tier: senior"), @r"
    error d.yml:6:41: `(?x) L5 # five` is not a regular expression that can be used (see docs.rs/regex for the syntax)
    error d.yml:6:67: `\w{9999}{99}` is not a regular expression that can be used (see docs.rs/regex for the syntax)
    ");
    insta::assert_snapshot!(of("groups: [g], tier: senior }\n  - { id: r, groups: [g], tier: mid"), @"error d.yml:7:11: the tier rule `r` is listed twice (the first stands in d.yml:6:11; keep one of them)");
}

#[test]
fn of_files_that_disagree() {
    let a = "version: 1\ntiers: [junior, senior]\nmax_age: 48h\ndefault: { employee: senior }\npeople: [{ id: a, accounts: [github.com/7] }]\n";
    let b = "version: 1\nmax_age: 24h\ntiers: [junior, mid]\ndefault: { employee: junior }\npeople:\n  - { id: b, accounts: [github.com/7] }\n  - { id: a }\n";
    insta::assert_snapshot!(findings_in(&[("a.yml", a), ("b.yml", b)]), @r"
    error b.yml:2:10: `max_age` is not the same in all files (the first stands in a.yml:3:10; keep one of them)
    error b.yml:3:8: `tiers` is not the same in all files (the first stands in a.yml:2:8; keep one of them)
    error b.yml:4:10: `default` is not the same in all files (the first stands in a.yml:4:10; keep one of them)
    error b.yml:6:25: `github.com/7` also belongs to `a` (the first stands in a.yml:5:30; keep one of them)
    error b.yml:7:11: the person `a` is listed twice (the first stands in a.yml:5:16; keep one of them)
    ");
    let same = "version: 1\ntiers: [junior, senior]\nmax_age: 48h\ndefault: { employee: senior }\n";
    assert_eq!(findings_in(&[("a.yml", a), ("same.yml", same), ("none.yml", "version: 1\n")]), "");
}

proptest::proptest! {
    #[test]
    fn nothing_makes_it_panic(lines in proptest::collection::vec("[-a-z0-9:{}\\[\\]\"'&*#|>!,./ \\t\\n]{0,40}", 0..20)) {
        let _ = findings(&lines.join("\n"));
    }

    #[test]
    fn no_change_to_a_good_file_makes_it_panic(at in 0usize..6000, with in "[-a-z0-9:{}\\[\\]\"'&*#|>!,.ä \\t\\n]{0,3}") {
        let text = seconder::directory::file::example();
        let mut at = at % text.len();
        while !text.is_char_boundary(at) { at -= 1; }
        let (before, after) = text.split_at(at);
        let changed = format!("{before}{with}{after}");
        let _ = findings_in(&[("d.yml", &changed)]);
    }
}
