//! May this story pass? Written from the design's text alone, slowly and in the plainest way: it shares neither types of
//! the decision nor its order, and asks of each story only what people would ask.

use seconder::gate::change::ReviewState::{
    Approved, ChangesRequested, Commented, DismissedApproval, DismissedChangesRequested, DismissedUnknown,
};
use seconder::gate::detect::{Declaration, Level};

use super::story::{Author, Order, RuleText, Said, Sign, Story, Touched};

/// People and their tiers, as places in the list of tiers.
const PEOPLE: [(&str, i32); 7] = [("jo", 0), ("max", 1), ("sam", 2), ("sal", 2), ("sue", 2), ("pia", 3), ("pat", 3)];

const AGENT: i32 = -1;

/// Whether the story may pass.
pub(super) fn may_pass(story: &Story) -> bool {
    let asked = asked(story);
    let is_vouched = asked.is_empty() || !story.directory.is_stale;
    story.touched != Touched::Nothing
        && is_vouched
        && asked.iter().all(|rule| approvers(story, rule).len() >= rule.approvals + unknown_people(story))
        && !PEOPLE.iter().any(|(person, _)| holds(story, person))
}

/// Who a login is to the directory; `None` for strangers and for whatever is not a person.
fn person(story: &Story, login: &str) -> Option<&'static str> {
    let login = if login == "sam-at-home" && story.directory.sam_has_two_accounts { "sam" } else { login };
    PEOPLE.iter().map(|(person, _)| *person).find(|person| *person == login)
}

fn tier(person: &str) -> i32 {
    PEOPLE.iter().find(|(known, _)| *known == person).map_or(0, |(_, tier)| *tier)
}

fn is_robot(login: &str) -> bool {
    matches!(login, "copilot" | "renovate" | "ci-user")
}

/// Logins (or addresses) of contributors, robots left out, with whether the platform recorded them.
fn contributors(story: &Story) -> Vec<(String, bool)> {
    let mut all: Vec<(String, bool)> = Vec::new();
    let platform = [Some(story.opener.unwrap_or("nobody")), Some(pusher(story).unwrap_or("nobody"))];
    all.extend(platform.into_iter().flatten().map(|login| (login.to_owned(), true)));
    if story.pushed_back_at.is_some() {
        all.push(("jo".to_owned(), true));
    }
    if !story.opener.is_some_and(|opener| !matches!(opener, "copilot" | "renovate")) {
        all.extend(story.assigner.map(|login| (login.to_owned(), true)));
    }
    for author in &story.authors {
        match author {
            Author::Linked(login) => all.push(((*login).to_owned(), false)),
            Author::Address("sam@acme.test") => all.push(("sam".to_owned(), false)),
            Author::Address("PIA@acme.test") => all.push(("pia".to_owned(), false)),
            Author::Address("stranger@home.test") => all.push(("stranger".to_owned(), false)),
            Author::Address(_) => {}
        }
    }
    all.retain(|(login, _)| !is_robot(login));
    all
}

/// Who pushed the head, where anything tells.
fn pusher(story: &Story) -> Option<&'static str> {
    story.pusher.or(story.pushed_back_at.map(|_| "jo"))
}

fn is_contributor(story: &Story, who: &str) -> bool {
    contributors(story).iter().any(|(login, _)| person(story, login) == Some(who))
}

/// The tier of a contributor: the lowest for strangers and leavers.
fn author_tier_of(story: &Story, login: &str) -> i32 {
    match person(story, login) {
        Some(person) if story.directory.left != Some(person) => tier(person),
        _ => 0,
    }
}

fn author_tier(story: &Story) -> i32 {
    let all = contributors(story);
    let of = |(login, _): &(String, bool)| author_tier_of(story, login);
    let platform = all.iter().filter(|(_, on_platform)| *on_platform).map(of).min();
    all.iter().map(of).min().unwrap_or(AGENT).min(platform.unwrap_or(AGENT))
}

fn highest_contributor(story: &Story) -> i32 {
    let tiers = contributors(story).into_iter().map(|(login, _)| person(story, &login).map_or(0, tier));
    tiers.max().unwrap_or(AGENT)
}

fn level(story: &Story) -> Level {
    let mut levels = vec![Level::None];
    for sign in &story.signs {
        levels.push(match sign {
            Sign::Hint => Level::None,
            Sign::Assisted => Level::Assisted,
            Sign::Autonomous => Level::Autonomous,
        });
    }
    if story.remembered != Level::Unknown {
        levels.push(story.remembered);
    }
    match story.declaration {
        Some(Declaration::Yes) => levels.push(Level::Assisted),
        None if story.disclosure => levels.push(Level::Unknown),
        _ => {}
    }
    levels.into_iter().max().expect("never empty")
}

/// How many of those who shaped the change cannot be told.
fn unknown_people(story: &Story) -> usize {
    let is_person = |login: &str| !is_robot(login);
    let opened_by_person = story.opener.is_some_and(is_person);
    let assigned = story.opener != Some("ci-user")
        && story.assigner.is_some_and(|login| login != "copilot" && login != "renovate");
    let operator_is_unknown = level(story) == Level::Autonomous && !opened_by_person && !assigned;
    usize::from(operator_is_unknown) + usize::from(pusher(story).is_none())
}

/// The rules that ask something of this change, the guard included.
fn asked(story: &Story) -> Vec<RuleText> {
    let mut asked: Vec<RuleText> =
        story.rules.iter().filter(|rule| applies(story, rule) && !is_exempt(story)).cloned().collect();
    if matches!(story.touched, Touched::Guarded | Touched::TooMany) {
        let highest = story.rules.iter().filter_map(|rule| rule.tier).max().unwrap_or(3);
        asked.push(RuleText {
            assistance: None,
            author_tier: None,
            infra_only: false,
            approvals: 1,
            tier: Some(highest),
            outranks: false,
            sre: false,
        });
    }
    asked
}

fn applies(story: &Story, rule: &RuleText) -> bool {
    let author = author_tier(story);
    let of_author = |(comparison, than): (&str, usize)| {
        let than = i32::try_from(than).expect("four tiers");
        match comparison {
            "<" => author < than,
            "<=" => author <= than,
            "=" => author == than,
            ">=" => author >= than,
            other => panic!("{other}"),
        }
    };
    rule.assistance.is_none_or(|least| level(story) >= least)
        && (story.directory.is_stale || rule.author_tier.is_none_or(of_author))
        && (!rule.infra_only || matches!(story.touched, Touched::Infra | Touched::TooMany))
}

/// Whether the one exemption there may be, of `renovate`, holds: nobody else, and nobody unknown, had a part in it.
fn is_exempt(story: &Story) -> bool {
    let only = |login: Option<&str>| login == Some("renovate");
    let of_author = |author: &Author| matches!(author, Author::Linked("renovate"));
    story.exempts_renovate
        && only(story.opener)
        && only(story.pusher)
        && story.pushed_back_at.is_none()
        && story.assigner.is_none_or(|login| login == "renovate" || login == "copilot")
        && story.authors.iter().all(of_author)
        && !matches!(story.touched, Touched::Nothing | Touched::TooMany)
}

/// Distinct people whose approval of this head meets the rule.
fn approvers(story: &Story, rule: &RuleText) -> Vec<&'static str> {
    let people = PEOPLE.iter().map(|(person, _)| *person);
    people.filter(|person| approval(story, person).is_some_and(|word| meets(story, &word, rule))).collect()
}

/// A review or a command, as somebody who reads the conversation would note it down.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Word {
    who: &'static str,
    login: &'static str,
    at: Option<i64>,
    kind: Kind,
    is_command: bool,
    is_bound: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Approves,
    Dismissed,
    Revokes,
    Holds,
    Unholds,
}

/// Everything that this person said and that is not void.
fn words(story: &Story, who: &str) -> Vec<Word> {
    let speaker = |login| person(story, login).filter(|known| !is_robot(login) && *known == who);
    let after = |at: Option<i64>, event: Option<i64>| event.is_none_or(|event| at.is_some_and(|at| at > event));
    let is_bound = |of_head: bool, at| {
        of_head && after(at, story.retargeted_at) && after(at, story.reopened_at) && after(at, story.pushed_back_at)
    };
    let mut words = Vec::new();
    for Said { by, state, of_head, at } in &story.reviews {
        let kind = match state {
            Approved => Kind::Approves,
            DismissedApproval => Kind::Dismissed,
            ChangesRequested | DismissedChangesRequested | DismissedUnknown => Kind::Holds,
            Commented => continue,
        };
        let Some(who) = speaker(by) else { continue };
        let is_bound = is_bound(*of_head, *at);
        words.push(Word { who, login: by, at: *at, kind, is_command: false, is_bound });
    }
    for Order { by, verb, of_head, at, stands } in &story.orders {
        let (kind, grants) = match *verb {
            "approve" => (Kind::Approves, true),
            "unhold" => (Kind::Unholds, true),
            "revoke" => (Kind::Revokes, false),
            _ => (Kind::Holds, false),
        };
        let Some(who) = speaker(by).filter(|_| *stands || !grants) else { continue };
        let is_bound = is_bound(*of_head, Some(*at));
        words.push(Word { who, login: by, at: Some(*at), kind, is_command: true, is_bound });
    }
    words
}

/// When this person approved this head for good, if so.
fn approval(story: &Story, who: &str) -> Option<Word> {
    if is_contributor(story, who) || story.directory.is_stale {
        return None;
    }
    let mine = words(story, who);
    let approvals = mine.iter().filter(|word| word.kind == Kind::Approves && word.is_bound);
    let latest = approvals.max_by_key(|word| (word.at, word.is_command))?;
    // Nothing that this person said since, or at an unknown moment, may speak against it.
    let is_against = |word: &&Word| match word.kind {
        Kind::Approves | Kind::Unholds => false,
        Kind::Holds | Kind::Revokes => true,
        Kind::Dismissed => word.is_bound,
    };
    let is_silent = mine.iter().filter(is_against).all(|word| word.at.is_some() && word.at < latest.at);
    is_silent.then_some(*latest)
}

/// The tier that a word was given with: what the person has, and had when first seen under that login.
fn tier_of(story: &Story, word: &Word) -> i32 {
    match story.directory.first_seen {
        Some((login, then)) if login == word.login => tier(word.who).min(i32::try_from(then).expect("four tiers")),
        _ => tier(word.who),
    }
}

fn may_approve(story: &Story, who: &str) -> bool {
    story.directory.left != Some(who) && story.directory.never_approves != Some(who)
}

fn meets(story: &Story, word: &Word, rule: &RuleText) -> bool {
    let tier = tier_of(story, word);
    may_approve(story, word.who)
        && rule.tier.is_none_or(|least| tier >= i32::try_from(least).expect("four tiers"))
        && (!rule.outranks || tier > highest_contributor(story))
        && (!rule.sre || story.directory.in_sre == Some(word.who))
}

/// The word by which this person holds the change still, as far as that person goes.
fn last_hold(story: &Story, who: &str) -> Option<Word> {
    let mine = words(story, who);
    let holds = || mine.iter().filter(|word| word.kind == Kind::Holds);
    let undated = holds().find(|word| word.at.is_none());
    let hold = undated.or_else(|| holds().max_by_key(|word| (word.at, word.is_command)))?;
    let takes_back = |word: &Word| {
        let lifts = matches!(word.kind, Kind::Approves | Kind::Dismissed | Kind::Unholds);
        lifts && hold.at.is_some_and(|held| word.at.is_some_and(|at| at > held))
    };
    (!mine.iter().any(takes_back)).then_some(*hold)
}

/// Whether this person holds the change.
fn holds(story: &Story, who: &str) -> bool {
    let Some(hold) = last_hold(story, who) else { return false };
    let mut rules = asked(story);
    if hold.is_command {
        // A command asks the gate itself, so every rule there is lends it weight.
        rules.extend(story.rules.iter().cloned());
    }
    rules.iter().any(|rule| holds_under(story, &hold, rule))
}

fn holds_under(story: &Story, hold: &Word, rule: &RuleText) -> bool {
    let qualifies = may_approve(story, hold.who)
        && rule.tier.is_none_or(|least| tier(hold.who) >= i32::try_from(least).expect("four tiers"))
        && (!rule.sre || story.directory.in_sre == Some(hold.who));
    let later = |word: &Word| hold.at.is_some_and(|held| word.at.is_some_and(|at| at > held));
    let lifting: Vec<(&str, i32)> = PEOPLE
        .iter()
        .filter(|(other, _)| !is_contributor(story, other) && !story.directory.is_stale)
        .flat_map(|(other, _)| {
            let unholds = words(story, other).into_iter().filter(|word| word.kind == Kind::Unholds);
            let unholds = unholds.filter(|_| last_hold(story, other).is_none());
            approval(story, other).into_iter().chain(unholds)
        })
        .filter(|word| later(word) && meets(story, word, rule))
        .map(|word| (word.who, tier_of(story, &word)))
        .collect();
    let is_alone = lifting.iter().all(|(other, _)| *other == lifting[0].0);
    qualifies && is_alone && !lifting.iter().any(|(_, other)| *other > tier(hold.who))
}
