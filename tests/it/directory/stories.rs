//! Who counts as what, case by case.

use seconder::gate::people::{Roster, Tier};

use super::{account, now, person, roster, tier, tier_at, time};

/// The usual rules: a group, then a level, then a title.
const RULES: &str = "
groups: [{ id: seniors, vouched: true, groups: [leads] }, { id: leads, synced_from: okta }, { id: sre }]
tier_rules:
  - { id: exception, person: kim, tier: principal, reason: on call, until: 2026-12-31 }
  - { id: group, groups: [seniors], tier: senior }
  - { id: level, attribute: level, matches: \"L[67]\", tier: principal }
  - { id: title, attribute: title, matches: \"(?i)(sr\\\\.?|senior|staff) .*\", unless: \"(?i)recruit|sales\", tier: senior }
default: { employee: mid, contractor: junior }
robots: [github.com/90]
";

fn people(list: &str) -> Roster {
    roster(&format!("{RULES}\npeople:\n  - {{ id: kim, accounts: [github.com/1] }}\n{list}"))
}

#[test]
fn somebody_who_is_not_in_the_directory_is_nobody() {
    let roster = people("");
    assert!(roster.person(&account("github.com/99")).is_none());
    assert_eq!(roster.tiers.name(roster.tiers.lowest()), "junior");
}

#[test]
fn the_first_rule_that_matches_wins() {
    let roster = people(
        "  - { id: ana, groups: [seniors], attributes: { level: L6 } }
  - { id: jo, attributes: { level: L6, title: Senior Engineer } }
  - { id: sam, attributes: { title: Sr. Engineer } }
  - { id: ines, groups: [leads] }
  - { id: rob }",
    );
    assert_eq!(tier(&roster, "ana"), "senior by group", "though the level would give more");
    assert_eq!(tier(&roster, "jo"), "principal by level");
    assert_eq!(tier(&roster, "sam"), "senior by title");
    assert_eq!(tier(&roster, "ines"), "senior by group", "through a group between");
    assert_eq!(tier(&roster, "rob"), "mid by default.employee");
    let rules: Vec<_> = person(&roster, "ana").grants.iter().map(|grant| grant.rule.as_str()).collect();
    assert_eq!(rules, ["group", "level", "default.employee"], "every rule that matches is kept, in order");
    assert!(["ana", "jo", "sam", "rob"].iter().all(|id| person(&roster, id).may_approve));
}

#[test]
fn a_regular_expression_matches_the_whole_value_and_excludes_by_any_part() {
    let of = |attributes: &str| tier(&people(&format!("  - {{ id: jo, attributes: {{ {attributes} }} }}")), "jo");
    assert_eq!(of("level: L6"), "principal by level");
    assert_eq!(of("level: L60"), "mid by default.employee");
    assert_eq!(of("level: xL6"), "mid by default.employee");
    assert_eq!(of("level: \"L6\\n\""), "mid by default.employee");
    assert_eq!(of("title: SENIOR Engineer"), "senior by title");
    assert_eq!(of("title: Not a Senior Engineer"), "mid by default.employee");
    assert_eq!(of("title: Senior Technical Recruiter"), "mid by default.employee");
    assert_eq!(of("Level: L6"), "mid by default.employee", "attribute names are exact");
}

#[test]
fn an_exception_ends_with_its_last_day_and_the_next_rule_holds() {
    let roster = people("");
    assert_eq!(tier_at(&roster, "kim", now()), "principal by exception");
    assert_eq!(tier_at(&roster, "kim", time("2026-12-31T23:59:59Z")), "principal by exception");
    assert_eq!(tier_at(&roster, "kim", time("2027-01-01T00:00:00Z")), "mid by default.employee");
}

#[test]
fn an_exception_can_lower_too() {
    let roster = roster(
        "people: [{ id: ana, accounts: [github.com/1], groups: [s] }]\ngroups: [{ id: s, vouched: true }]\ntier_rules:\n  \
         - { id: pause, account: github.com/1, tier: junior, reason: returning, until: 2026-12-01 }\n  \
         - { id: group, groups: [s], tier: senior }",
    );
    assert_eq!(tier_at(&roster, "ana", now()), "junior by pause");
    assert_eq!(tier_at(&roster, "ana", time("2026-12-02T00:00:00Z")), "senior by group");
}

#[test]
fn without_a_default_it_is_the_lowest_tier() {
    assert_eq!(tier(&roster("people: [{ id: ana }]"), "ana"), "junior by default.employee");
}

#[test]
fn a_leaver_is_known_and_not_active() {
    let roster = people("  - { id: ana, accounts: [github.com/2], groups: [seniors], active: false }");
    let ana = roster.person(&account("github.com/2")).expect("still known, so that the author is no stranger");
    assert!(!ana.is_active);
    assert!(person(&roster, "kim").is_active);
}

#[test]
fn a_contractor_approves_only_by_an_explicit_rule() {
    let roster = people(
        "  - { id: ana, employment: contractor }
  - { id: jo, employment: contractor, groups: [seniors] }
  - { id: sam, employment: contractor, groups: [sre] }",
    );
    assert_eq!(tier(&roster, "ana"), "junior by default.contractor");
    assert!(!person(&roster, "ana").may_approve);
    assert_eq!(tier(&roster, "jo"), "senior by group");
    assert!(person(&roster, "jo").may_approve);
    assert!(!person(&roster, "sam").may_approve, "being in a group is not enough, a rule must name it");
}

#[test]
fn a_contractors_exception_leaves_nothing_behind() {
    let contractor = |until: &str| {
        roster(&format!(
            "people: [{{ id: ana, employment: contractor }}]\ndefault: {{ contractor: mid }}\ntier_rules:\n  \
             - {{ id: x, person: ana, tier: senior, reason: audit, until: {until} }}"
        ))
    };
    let roster = contractor("2026-11-30");
    assert_eq!(tier(&roster, "ana"), "senior by x");
    assert!(person(&roster, "ana").may_approve);
    // The default would let an approval count that no rule vouches for any more.
    assert_eq!(tier_at(&roster, "ana", time("2026-12-01T00:00:00Z")), "none");
    let ended = contractor("2026-11-21");
    assert_eq!(tier(&ended, "ana"), "mid by default.contractor");
    assert!(!person(&ended, "ana").may_approve);
}

#[test]
fn a_service_account_is_an_agent_and_never_approves() {
    let roster = people("  - { id: bot, accounts: [github.com/80], employment: service, groups: [seniors] }");
    let bot = person(&roster, "bot");
    assert_eq!(bot.grant(now()).map(|grant| grant.tier), Some(Tier::Agent));
    assert!(!bot.may_approve);
    assert!(roster.robots.contains(&account("github.com/80")));
}

#[test]
fn a_robot_is_nobody() {
    let roster = people("");
    assert!(roster.robots.contains(&account("github.com/90")));
    assert!(roster.person(&account("github.com/90")).is_none());
}

#[test]
fn two_accounts_are_one_person() {
    let roster = people("  - { id: ana, accounts: [github.com/2, { host: github.com, id: 3 }] }");
    let of = |text: &str| roster.person(&account(text)).map(|person| &person.id);
    assert!(of("github.com/2").is_some());
    assert_eq!(of("github.com/2"), of("github.com/3"));
    assert_eq!(person(&roster, "ana").accounts.len(), 2);
}

#[test]
fn a_login_that_changes_hands_is_no_key() {
    // Only numbers are in the roster: whoever takes the login over has another one.
    let roster = people("  - { id: ana, accounts: [{ host: github.com, login: ana }] }");
    assert!(person(&roster, "ana").accounts.is_empty());
}

#[test]
fn groups_in_a_cycle_have_the_same_members() {
    let roster = roster(
        "people: [{ id: ana, groups: [a] }, { id: jo }]\ngroups:\n  - { id: a, groups: [b] }\n  \
         - { id: b, groups: [c] }\n  - { id: c, groups: [a], members: [jo] }\n  - { id: d }",
    );
    for id in ["ana", "jo"] {
        assert_eq!(person(&roster, id).groups.iter().map(String::as_str).collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}

#[test]
fn a_group_holds_its_parts_and_not_the_other_way_round() {
    let roster = roster(
        "people: [{ id: ana, groups: [whole] }, { id: jo, groups: [part] }]\ngroups: [{ id: whole, groups: [part] }, { id: part }]",
    );
    assert_eq!(person(&roster, "ana").groups.len(), 1);
    assert_eq!(person(&roster, "jo").groups.len(), 2);
}

#[test]
fn trainings_are_kept() {
    let roster = people("  - { id: ana, training: [ai-review, privacy, ai-review] }");
    assert_eq!(person(&roster, "ana").training.len(), 2);
}
