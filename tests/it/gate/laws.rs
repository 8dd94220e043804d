//! Laws that hold for every change, searched for exceptions with changes made up by chance.

use proptest::prelude::*;
use seconder::gate::change::{Read, ReviewState};
use seconder::gate::detect::Declaration;
use seconder::gate::evaluate::{Facts, evaluate};
use seconder::gate::people::{Person, PersonId, Roster, Standing, Tier, Tiers};
use seconder::gate::verdict::{CommandOutcome, Counts, Hearing, Outcome, Verdict};

use super::case::{Case, account, commit, minute};
use super::oracle;
use super::story::{Author, Sign, Story, author, order, rule, sign, story};

/// Conditions on the author's tier under which one contributor more can only make a rule apply.
const AT_MOST: &[&str] = &["<", "<="];
const ANY: &[&str] = &["<", "<=", "=", ">="];

fn outcome(story: &Story) -> Outcome {
    story.tell().verdict().outcome
}

/// After this, the story must not pass if it did not before.
fn still_does_not_pass(before: &Story, after: &Story) -> Result<(), TestCaseError> {
    prop_assert!(
        outcome(before) == Outcome::Pass || outcome(after) != Outcome::Pass,
        "{:#?}\nbecame\n{:#?}",
        before.tell().verdict(),
        after.tell().verdict()
    );
    Ok(())
}

/// Distinct moments for all reviews, in their order.
fn with_distinct_times(mut story: Story) -> Story {
    for (moment, said) in (1..).zip(&mut story.reviews) {
        said.at = Some(moment * 5);
    }
    for (moment, order) in (1..).zip(&mut story.orders) {
        order.at = moment * 5 + 1;
    }
    story
}

/// What is decided, apart from the order in which it is told.
fn gist(mut verdict: Verdict) -> Verdict {
    verdict.approvals.sort_by_key(|approval| approval.word);
    verdict.holds.sort_by_key(|hold| hold.word);
    verdict.first_seen.sort_by_key(|(word, _)| *word);
    for rule in &mut verdict.rules {
        if let seconder::gate::verdict::RuleResult::Satisfied { by } = &mut rule.result {
            by.sort_unstable();
        }
    }
    verdict
}

// More than of the other laws: this one covers what no other does, and rare choices must meet.
proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_gate_passes_what_the_design_lets_pass_and_nothing_else(story in story(ANY)) {
        let verdict = story.tell().verdict();
        prop_assert_eq!(verdict.outcome == Outcome::Pass, oracle::may_pass(&story), "{:#?}", verdict);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_commits_reviews_and_commands_does_not_matter(
        (story, commits, reviews, commands) in story(ANY).prop_map(with_distinct_times).prop_flat_map(|story| {
            let case = story.tell();
            let commits = Just(case.change.commits).prop_shuffle();
            let reviews = Just(case.change.reviews).prop_shuffle();
            (Just(story), commits, reviews, Just(case.commands).prop_shuffle())
        })
    ) {
        let straight = story.tell();
        let mut shuffled = straight.clone();
        shuffled.change.commits = commits;
        shuffled.change.reviews = reviews;
        shuffled.commands = commands;
        prop_assert_eq!(gist(straight.verdict()), gist(shuffled.verdict()));
    }

    #[test]
    fn a_contributors_approval_never_counts(story in story(ANY)) {
        let case = story.tell();
        let facts = case.facts();
        for approval in case.verdict().approvals {
            let Counts::Counted { .. } = approval.standing else { continue };
            let by = approval.by.expect("what counts has an author").account;
            let owner = &facts.roster.person(&by).expect("and is in the directory").id;
            for done in &facts.contributions.people {
                use seconder::gate::contributors::Who::{Account, Email, LinkedEmail, Unknown};
                let contributor = match &done.who {
                    Account(account) => facts.roster.person(account),
                    Email(email) | LinkedEmail(email) => facts.roster.person_by_address(email),
                    Unknown => None,
                };
                prop_assert_ne!(contributor.map(|person| &person.id), Some(owner));
            }
        }
    }

    #[test]
    fn without_an_approval_less_passes(story in story(ANY), which in any::<prop::sample::Index>()) {
        let mut less = story.clone();
        let approvals: Vec<usize> = story
            .reviews
            .iter()
            .enumerate()
            .filter(|(_, said)| said.state == ReviewState::Approved)
            .map(|(place, _)| place)
            .collect();
        prop_assume!(!approvals.is_empty());
        less.reviews.remove(approvals[which.index(approvals.len())]);
        still_does_not_pass(&story, &less)?;
    }

    #[test]
    fn with_a_hold_nothing_more_passes(story in story(ANY), mut order in order()) {
        order.verb = "hold";
        let mut held = story.clone();
        held.orders.push(order);
        still_does_not_pass(&story, &held)?;
    }

    #[test]
    fn voiding_a_command_never_helps_and_never_frees(story in story(ANY), which in any::<prop::sample::Index>()) {
        prop_assume!(!story.orders.is_empty());
        let mut before = story.clone();
        let place = which.index(story.orders.len());
        before.orders[place].stands = true;
        let mut after = before.clone();
        after.orders[place].stands = false;
        if matches!(before.orders[place].verb, "approve" | "unhold") {
            let (before, after) = (outcome(&before), outcome(&after));
            prop_assert!(after >= before, "{before:?} became {after:?}");
        } else {
            prop_assert_eq!(gist(before.tell().verdict()), gist(after.tell().verdict()));
        }
    }

    #[test]
    fn what_strangers_say_changes_nothing(mut story in story(ANY), mut order in order()) {
        prop_assume!(story.opener != Some("eve") && story.pusher != Some("eve") && story.assigner != Some("eve"));
        story.authors.retain(|author| !matches!(author, Author::Linked("eve")));
        story.orders.retain(|order| order.by != "eve");
        order.by = "eve";
        let without = story.tell().verdict();
        story.orders.push(order);
        let mut with = story.tell().verdict();
        let (of_stranger, others) = with.commands.into_iter().partition(|one| one.by.account == account("eve"));
        let of_stranger: Vec<CommandOutcome> = of_stranger;
        prop_assert!(of_stranger.iter().all(|one| one.hearing == Hearing::Unheard));
        with.commands = others;
        with.first_seen.retain(|seen| without.first_seen.contains(seen));
        prop_assert_eq!(with, without);
    }

    #[test]
    fn with_more_evidence_nothing_more_passes(story in story(ANY), sign in sign()) {
        let mut more = story.clone();
        more.signs.push(sign);
        still_does_not_pass(&story, &more)?;
        prop_assert!(more.tell().verdict().level >= story.tell().verdict().level);
    }

    #[test]
    fn no_answer_cancels_evidence(mut story in story(ANY), sign in sign()) {
        prop_assume!(sign != Sign::Hint);
        story.signs.push(sign);
        story.declaration = None;
        let silent = story.tell().verdict();
        story.declaration = Some(Declaration::No);
        let denied = story.tell().verdict();
        prop_assert_eq!((silent.level, silent.outcome), (denied.level, denied.outcome));
        prop_assert!(denied.is_contradicted);
    }

    // Where a rule asks something of authors *above* a tier, a further contributor of a lower one does end it: the author's
    // tier is the lowest by design. Such rules are left out here.
    #[test]
    fn with_more_contributors_nothing_more_passes(story in story(AT_MOST), author in author()) {
        let mut more = story.clone();
        more.authors.push(author);
        still_does_not_pass(&story, &more)?;
        let in_message = |case: &mut Case| {
            let identity = author.identity();
            let mut commit = commit(super::case::address("x@automation.test"));
            commit.co_authors.push(identity);
            case.change.commits.push(commit);
        };
        let mut named = story.tell();
        in_message(&mut named);
        prop_assert!(outcome(&story) == Outcome::Pass || named.verdict().outcome != Outcome::Pass);
    }

    // The first rule of all that names a tier ends the guard's demand for the organisation's highest one; so a rule that
    // names one is there before.
    #[test]
    fn with_more_rules_nothing_more_passes(mut story in story(ANY), first in rule(ANY), added in rule(ANY)) {
        story.rules.push(super::story::RuleText { tier: first.tier.or(Some(2)), ..first });
        let mut more = story.clone();
        more.rules.push(added.clone());
        still_does_not_pass(&story, &more)?;
        let level = story.tell().repository_policy(&format!("rules: [{}]", added.yaml("added")));
        prop_assert!(outcome(&story) == Outcome::Pass || level.verdict().outcome != Outcome::Pass);
    }

    #[test]
    fn an_incomplete_read_never_passes(story in story(ANY)) {
        story.tell().read_incompletely("a page was missing").errs();
    }

    #[test]
    fn a_broken_level_never_passes(story in story(ANY)) {
        story.tell().repository_policy("rulez: []").errs();
    }

    #[test]
    fn facts_and_verdicts_are_kept_as_they_are(story in story(ANY)) {
        let facts = story.tell().facts();
        let kept: Facts = serde_json::from_value(serde_json::to_value(&facts).expect("JSON")).expect("facts");
        prop_assert_eq!(&kept, &facts);
        let verdict = story.tell().verdict();
        let kept: Verdict = serde_json::from_value(serde_json::to_value(&verdict).expect("JSON")).expect("a verdict");
        prop_assert_eq!(kept, verdict);
    }

    #[test]
    fn whatever_the_facts_there_is_a_verdict(
        story in story(ANY),
        ranks in prop::collection::vec(any::<u16>(), 0..8),
        tiers in 0..3_usize,
        number in any::<i64>(),
    ) {
        let case = story.tell();
        let mut facts = case.facts();
        facts.roster = odd_roster(&facts.roster, &ranks, tiers).into();
        if let Read::Whole(change) = &mut facts.read {
            change.key.number = number;
            for review in &mut change.reviews {
                review.id = number;
            }
        }
        facts.first_seen.values_mut().for_each(|standing| *standing = Standing { tier: Tier::Agent, ..standing.clone() });
        evaluate(&facts, &case.compiled());
    }
}

/// A roster of another shape: fewer tiers than grants name, people without grants, accounts that lead nowhere.
fn odd_roster(roster: &Roster, ranks: &[u16], tiers: usize) -> Roster {
    let mut odd = roster.clone();
    odd.tiers = Tiers::new(roster.tiers.names().iter().take(tiers).cloned().collect());
    for (person, rank) in odd.people.values_mut().zip(ranks) {
        person.grants.iter_mut().for_each(|grant| grant.tier = Tier::Rank(*rank));
        person.grants.iter_mut().for_each(|grant| grant.until = Some(minute(i64::from(*rank))));
    }
    let keep = |_: &PersonId, person: &mut Person| person.id.0 != "p-sal";
    odd.people.retain(keep);
    odd
}

/// The laws above say little if approvals seldom decide.
#[test]
fn in_many_stories_approvals_decide() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    use seconder::gate::verdict::RuleResult;
    let mut runner = TestRunner::deterministic();
    let mut draw = || story(ANY).new_tree(&mut runner).expect("a story").current().tell().verdict();
    let verdicts: Vec<Verdict> = (0..400).map(|_| draw()).collect();
    let is_approved = |verdict: &&Verdict| {
        let is_satisfied = verdict.rules.iter().any(|rule| matches!(rule.result, RuleResult::Satisfied { .. }));
        verdict.outcome == Outcome::Pass && is_satisfied
    };
    let count = |outcome| verdicts.iter().filter(|verdict| verdict.outcome == outcome).count();
    let counts = (verdicts.iter().filter(is_approved).count(), count(Outcome::Waiting), count(Outcome::Held));
    assert!(counts.0 >= 40 && counts.1 >= 40 && counts.2 >= 20, "approved, waiting, held: {counts:?}");
}
