//! Who counts as a contributor, and what that means for the author's tier.

use seconder::gate::change::ForcePush;
use seconder::gate::contributors::{Contribution, Role, Who, contributions};
use seconder::gate::people::{Grant, Tier, address_digest};
use seconder::gate::verdict::Why;

use super::case::{Case, Catalogue, account, actor, address, case, commit, linked, minute, sha};

fn contributed(role: Role) -> Why {
    Why::Contributor { role }
}

fn roles(case: &Case) -> Vec<(Who, Role)> {
    let found = contributions(&case.change, &case.pushes, &case.neutral, &Catalogue);
    let people = found.people.into_iter().map(|Contribution { who, role }| (who, role));
    people.filter(|(who, _)| !matches!(who, Who::LinkedEmail(_))).collect()
}

#[test]
fn an_opener_cannot_approve() {
    case().assisted().opened_by("sam").approved_by("sam").waits_because(&contributed(Role::Opener));
}

#[test]
fn whoever_pushed_any_head_cannot_approve() {
    case().assisted().pushed_by("sam").approved_by("sam").waits_because(&contributed(Role::Pusher));
    let earlier = |case: Case| case.force_pushed("sam", "before", 1).approved_by("sam");
    earlier(case().assisted()).waits_because(&contributed(Role::Pusher));
    case()
        .assisted()
        .with(|change| change.head_pushers.push(actor("sam")))
        .approved_by("sam")
        .waits_because(&contributed(Role::Pusher));
}

#[test]
fn whoever_wrote_or_committed_cannot_approve() {
    case().assisted().commit_by(linked("sam")).approved_by("sam").waits_because(&contributed(Role::Author));
    case()
        .assisted()
        .with(|change| change.commits[0].committer = linked("sam"))
        .approved_by("sam")
        .waits_because(&contributed(Role::Committer));
}

#[test]
fn where_the_forge_does_not_tell_whose_an_address_is_each_co_author_costs_an_approval() {
    let named = |addresses: &[&str]| {
        case().assisted().with(|change| {
            change.co_authors_are_untold = true;
            change.commits[0].message.push('\n');
            for address in addresses {
                change.commits[0].message.extend(["\nCo-authored-by: ", address]);
            }
        })
    };
    let home = "somebody@home.example";
    named(&[home]).approved_by("sam").waits();
    named(&[home]).approved_by("sam").approved_by("sal").passes();
    // One address is one person, however often it is written.
    named(&[home, "SOMEBODY@home.example"]).approved_by("sam").approved_by("sal").passes();
    named(&[home, "another@home.example"]).approved_by("sam").approved_by("sal").waits();
    // Of whom the directory knows nobody is unknown, nor is an agent.
    named(&["sal@acme.test"]).approved_by("sam").passes();
    named(&["claude@agent.test"]).approved_by("sam").passes();
    named(&[home]).with(|change| change.co_authors_are_untold = false).approved_by("sam").passes();
}

#[test]
fn a_co_author_cannot_approve_however_the_forge_or_the_message_names_him() {
    let named = contributed(Role::CoAuthor);
    case()
        .assisted()
        .with(|change| change.commits[0].co_authors.push(linked("sam")))
        .approved_by("sam")
        .waits_because(&named);
    case()
        .assisted()
        .with(|change| change.commits[0].message.push_str("\n\nCo-authored-by: sam@acme.test"))
        .approved_by("sam")
        .waits_because(&named);
}

#[test]
fn an_address_is_enough_to_be_a_contributor() {
    let wrote = contributed(Role::Author);
    case().assisted().commit_by(address("sam@acme.test")).approved_by("sam").waits_because(&wrote);
    case().assisted().commit_by(address(" Sam@ACME.test ")).approved_by("sam").waits_because(&wrote);
    let number = account("sam").id;
    case()
        .assisted()
        .commit_by(address(&format!("{number}+sam@users.noreply.github.com")))
        .approved_by("sam")
        .waits_because(&wrote);
    // The forge links this address to an account outside the directory; the directory knows whose address it is.
    let mut other = linked("eve");
    other.email = "sam@acme.test".to_owned();
    case().assisted().commit_by(other).approved_by("sam").waits_because(&wrote);
}

#[test]
fn an_address_proves_nothing_for_its_owner() {
    // `sam@acme.test` is in the directory, but the approving account is not.
    case().assisted().approved_by("eve").waits_because(&Why::NotInDirectory);
}

#[test]
fn whoever_asked_an_agent_cannot_approve() {
    let by_copilot = || case().autonomous().all_by("copilot");
    by_copilot()
        .with(|change| change.assigners.push(actor("sam")))
        .approved_by("sam")
        .waits_because(&contributed(Role::Operator));
    by_copilot()
        .with(|change| change.assignees.push(actor("sam")))
        .approved_by("sam")
        .waits_because(&contributed(Role::Operator));
    by_copilot()
        .with(|change| change.commits[0].co_authors.push(linked("sam")))
        .approved_by("sam")
        .waits_because(&contributed(Role::Requester));
}

#[test]
fn a_platform_record_of_the_operator_settles_who_that_is() {
    for agent in ["copilot", "agent-user"] {
        let by_agent = case().autonomous().all_by(agent);
        by_agent.with(|change| change.assigners.push(actor("max"))).approved_by("sam").passes();
    }
    // Copilot's platform names its requester as co-author. Another agent writes there whatever it was asked to.
    let co_authored =
        |agent| case().autonomous().all_by(agent).with(|change| change.commits[0].co_authors.push(linked("max")));
    co_authored("copilot").approved_by("sam").passes();
    co_authored("agent-user").approved_by("sam").waits();
}

#[test]
fn agents_automation_and_the_forge_are_not_people() {
    let case = case()
        .all_by("jo")
        .commit_by(address("noreply@agent.test"))
        .commit_by(address("bot@automation.test"))
        .commit_by(linked("copilot"))
        .commit_by(linked("renovate"))
        .with(|change| change.commits[0].committer = address("noreply@github.com"));
    let jo = || Who::Account(account("jo"));
    assert_eq!(roles(&case), [(jo(), Role::Opener), (jo(), Role::Pusher), (jo(), Role::Author)]);
}

#[test]
fn only_the_forges_own_address_of_the_same_host_is_the_forge() {
    let case = case().all_by("jo").with(|change| change.commits[0].committer = address("noreply@ghe.test"));
    assert!(roles(&case).contains(&(Who::Email(address_digest("noreply@ghe.test")), Role::Committer)));
}

#[test]
fn the_authors_tier_is_the_lowest() {
    case().assisted().all_by("pia").passes();
    case().assisted().all_by("pia").commit_by(linked("max")).waits();
    case().assisted().all_by("pia").commit_by(address("jo@acme.test")).waits();
    case().assisted().all_by("pia").pushed_by("jo").waits();
}

#[test]
fn somebody_unknown_has_the_lowest_tier() {
    case().assisted().all_by("eve").waits();
    case().assisted().all_by("pia").commit_by(linked("eve")).waits();
    case().assisted().all_by("pia").commit_by(address("stranger@home.test")).waits();
    case().assisted().all_by("pia").commit_by(address("")).waits();
    case().assisted().all_by("pia").with(|change| change.opener = None).waits();
    case().assisted().all_by("pia").nobody_saw_the_push().waits();
}

#[test]
fn whoever_left_has_the_lowest_tier() {
    case().assisted().all_by("pia").leaver("pia").waits();
}

#[test]
fn a_grant_that_ended_lifts_nobody() {
    let rank = Tier::Rank(0);
    let ended = |case: Case| {
        case.person("pia", |person| {
            person.grants[0].until = Some(minute(500));
            person.grants.push(Grant { tier: rank, rule: "usual".to_owned(), until: None });
        })
    };
    ended(case().assisted().all_by("pia")).waits();
    ended(case().assisted().approved_by("pia")).waits();
}

#[test]
fn a_change_without_people_has_the_tier_agent() {
    let policy = "rules: [{ name: agents, when: { author_tier: \"= agent\" }, require: { tier: \">= senior\" } }]";
    case().policy(policy).all_by("renovate").waits();
    case().policy(policy).all_by("jo").passes();
}

#[test]
fn a_name_in_a_commit_never_raises_the_authors_tier() {
    // Nobody but an agent opened and pushed; that a principal is named in a commit does not make it a principal's work.
    let policy = "rules: [{ name: low, when: { author_tier: \"< senior\" }, require: { tier: \">= senior\" } }]";
    case().policy(policy).all_by("copilot").waits();
    case().policy(policy).all_by("copilot").commit_by(linked("pia")).waits();
    case().policy(policy).all_by("copilot").with(|change| change.commits[0].co_authors.push(linked("pia"))).waits();
}

#[test]
fn a_service_account_of_the_directory_is_no_person() {
    // `ci-user` is an ordinary account to the forge and to the catalogue; only the directory knows that it is a robot.
    let policy = "rules: [{ name: low, when: { author_tier: \"= agent\" }, require: { tier: \">= senior\" } }]";
    case().policy(policy).all_by("ci-user").waits();
    // So nobody knows who set it to work, and one approval could be that person's own.
    case().autonomous().all_by("ci-user").approved_by("sam").waits();
    case().autonomous().all_by("ci-user").approved_by("sam").approved_by("sal").passes();
}

#[test]
fn whoever_owns_a_robot_in_the_directory_acts_through_it() {
    let owned = case().assisted().also_owning("sam", "copilot").commit_by(linked("copilot"));
    owned.approved_by("sam").waits_because(&contributed(Role::Operator));
}

#[test]
fn the_two_accounts_of_a_person_are_one_contributor() {
    let sam = case().assisted().also_owning("sam", "sam-at-home");
    sam.clone().commit_by(linked("sam-at-home")).approved_by("sam").waits_because(&contributed(Role::Author));
    sam.opened_by("sam").approved_by("sam-at-home").waits_because(&contributed(Role::Opener));
}

#[test]
fn an_unknown_operator_costs_one_approval_more() {
    let unknown = || case().autonomous().all_by("copilot");
    unknown().approved_by("sam").waits();
    unknown().approved_by("sam").approved_by("sal").passes();
    unknown().requiring("approvals: 2").approved_by("sam").approved_by("sal").waits();
    unknown().requiring("approvals: 2").approved_by("sam").approved_by("sal").approved_by("sue").passes();
    // Of a change that a person opened, that person is the operator.
    case().autonomous().approved_by("sam").passes();
    // Without an agent, there is no operator.
    case().requiring("approvals: 1").all_by("renovate").approved_by("sam").passes();
}

#[test]
fn an_unknown_pusher_costs_one_approval_more() {
    let unseen = || case().assisted().nobody_saw_the_push();
    unseen().approved_by("sam").waits();
    unseen().approved_by("sam").approved_by("sal").passes();
    // The record of a push to another head says nothing about this one.
    unseen().force_pushed("jo", "before", 1).approved_by("sam").waits();
    unseen().force_pushed("jo", "head", 1).approved_by("sam").passes();
    unseen().with(|change| change.head_pushers.push(actor("jo"))).approved_by("sam").passes();
}

#[test]
fn a_push_by_an_account_that_is_gone_makes_somebody_unknown_a_contributor() {
    let alone = || case().assisted().all_by("sam");
    alone().passes();
    let pushed_away = ForcePush { at: minute(1), actor: None, before: None, after: Some(sha("before")) };
    alone().with(|change| change.force_pushes.push(pushed_away)).waits();
}

#[test]
fn an_unknown_operator_and_an_unknown_pusher_may_be_two_people() {
    let unknown = case().autonomous().all_by("copilot").nobody_saw_the_push();
    let two = unknown.approved_by("sam").approved_by("sal");
    two.waits();
    two.approved_by("sue").passes();
}

#[test]
fn a_commit_keeps_its_people_wherever_it_stands() {
    let mut first = case().assisted().commit_by(linked("max"));
    first.change.commits.push(commit(address("stranger@home.test")));
    let mut second = first.clone();
    second.change.commits.reverse();
    assert_eq!(roles(&first), roles(&second));
}
