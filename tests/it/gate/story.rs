//! Changes by chance: every story is plain choices, from which a [`Case`] is told.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use seconder::gate::change::{Files, ReviewState};
use seconder::gate::command::About;
use seconder::gate::detect::{Declaration, Level};

use super::case::{Case, TIERS, actor, address, case, commit, linked, minute, sha};

/// Everything that was chosen.
#[derive(Debug, Clone)]
pub(super) struct Story {
    pub(super) opener: Option<&'static str>,
    pub(super) pusher: Option<&'static str>,
    pub(super) authors: Vec<Author>,
    pub(super) assigner: Option<&'static str>,
    pub(super) signs: Vec<Sign>,
    pub(super) remembered: Level,
    pub(super) declaration: Option<Declaration>,
    pub(super) reviews: Vec<Said>,
    pub(super) orders: Vec<Order>,
    pub(super) touched: Touched,
    pub(super) retargeted_at: Option<i64>,
    pub(super) reopened_at: Option<i64>,
    pub(super) pushed_back_at: Option<i64>,
    pub(super) directory: Directory,
    pub(super) rules: Vec<RuleText>,
    pub(super) disclosure: bool,
    pub(super) exempts_renovate: bool,
}

/// A commit's author: an account that the forge links, or an address.
#[derive(Debug, Clone, Copy)]
pub(super) enum Author {
    Linked(&'static str),
    Address(&'static str),
}

/// A sign of assistance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Hint,
    Assisted,
    Autonomous,
}

/// One review.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) by: &'static str,
    pub(super) state: ReviewState,
    pub(super) of_head: bool,
    pub(super) at: Option<i64>,
}

/// One command.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) by: &'static str,
    /// `approve`, `revoke`, `hold` or `unhold`.
    pub(super) verb: &'static str,
    pub(super) of_head: bool,
    pub(super) at: i64,
    /// Whether it stands as it was seen being written.
    pub(super) stands: bool,
}

/// The files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touched {
    Nothing,
    Code,
    Infra,
    Guarded,
    TooMany,
}

/// What is special about the directory. Whoever is named in `first_seen` was of that tier when first seen.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    pub(super) is_stale: bool,
    pub(super) left: Option<&'static str>,
    pub(super) never_approves: Option<&'static str>,
    pub(super) first_seen: Option<(&'static str, usize)>,
    pub(super) sam_has_two_accounts: bool,
    pub(super) in_sre: Option<&'static str>,
}

/// One rule, as it is chosen. `author_tier` and `tier` are an operator and a place in [`TIERS`].
#[derive(Debug, Clone)]
pub(super) struct RuleText {
    pub(super) assistance: Option<Level>,
    pub(super) author_tier: Option<(&'static str, usize)>,
    pub(super) infra_only: bool,
    pub(super) approvals: usize,
    pub(super) tier: Option<usize>,
    pub(super) outranks: bool,
    pub(super) sre: bool,
}

/// The likelier, the more often named: most changes are by somebody who needs approval.
const ANYBODY: &[&str] = &[
    "jo",
    "jo",
    "jo",
    "jo",
    "max",
    "max",
    "max",
    "eve",
    "eve",
    "sam",
    "sal",
    "pia",
    "sam-at-home",
    "copilot",
    "renovate",
    "ci-user",
];
const REVIEWERS: [&str; 10] = ["max", "sam", "sal", "sue", "pia", "pat", "sam-at-home", "eve", "copilot", "ci-user"];
const ADDRESSES: [&str; 5] =
    ["sam@acme.test", "PIA@acme.test", "stranger@home.test", "x@agent.test", "x@automation.test"];

fn level() -> impl Strategy<Value = Level> {
    prop::sample::select(vec![Level::None, Level::Unknown, Level::Assisted, Level::Autonomous])
}

pub(super) fn sign() -> impl Strategy<Value = Sign> {
    prop::sample::select(vec![Sign::Hint, Sign::Assisted, Sign::Autonomous])
}

pub(super) fn author() -> impl Strategy<Value = Author> {
    prop_oneof![
        prop::sample::select(ANYBODY).prop_map(Author::Linked),
        prop::sample::select(ADDRESSES.to_vec()).prop_map(Author::Address),
    ]
}

fn said() -> impl Strategy<Value = Said> {
    let state = prop_oneof![
        14 => Just(ReviewState::Approved),
        2 => Just(ReviewState::ChangesRequested),
        1 => Just(ReviewState::Commented),
        1 => Just(ReviewState::DismissedApproval),
        1 => Just(ReviewState::DismissedChangesRequested),
        1 => Just(ReviewState::DismissedUnknown),
    ];
    let at = option::weighted(0.95, 1..40_i64);
    (prop::sample::select(REVIEWERS.to_vec()), state, prop::bool::weighted(0.85), at)
        .prop_map(|(by, state, of_head, at)| Said { by, state, of_head, at })
}

pub(super) fn order() -> impl Strategy<Value = Order> {
    let verb = prop_oneof![
        6 => Just("approve"),
        1 => Just("revoke"),
        1 => Just("hold"),
        1 => Just("unhold"),
    ];
    (prop::sample::select(REVIEWERS.to_vec()), verb, prop::bool::weighted(0.85), 1..40_i64, prop::bool::weighted(0.8))
        .prop_map(|(by, verb, of_head, at, stands)| Order { by, verb, of_head, at, stands })
}

/// A rule. `comparisons` are those that a condition on the author's tier may use.
pub(super) fn rule(comparisons: &'static [&'static str]) -> impl Strategy<Value = RuleText> {
    let author_tier = option::weighted(0.25, (prop::sample::select(comparisons), 1..TIERS.len()));
    let when = (option::weighted(0.3, level()), author_tier, prop::bool::weighted(0.1));
    let approvals = prop_oneof![3 => Just(1_usize), 1 => Just(2_usize)];
    let require =
        (approvals, option::weighted(0.7, 0..TIERS.len()), prop::bool::weighted(0.2), prop::bool::weighted(0.05));
    (when, require).prop_map(|((assistance, author_tier, infra_only), (approvals, tier, outranks, sre))| RuleText {
        assistance,
        author_tier,
        infra_only,
        approvals,
        tier,
        outranks,
        sre,
    })
}

fn directory() -> impl Strategy<Value = Directory> {
    let person = || option::weighted(0.3, prop::sample::select(REVIEWERS[..6].to_vec()));
    let first_seen = option::weighted(0.4, (prop::sample::select(REVIEWERS[..6].to_vec()), 0..TIERS.len()));
    (prop::bool::weighted(0.05), person(), person(), first_seen, any::<bool>(), person()).prop_map(
        |(is_stale, left, never_approves, first_seen, sam_has_two_accounts, in_sre)| Directory {
            is_stale,
            left,
            never_approves,
            first_seen,
            sam_has_two_accounts,
            in_sre,
        },
    )
}

/// A story whose rules compare the author's tier only so.
pub(super) fn story(comparisons: &'static [&'static str]) -> impl Strategy<Value = Story> {
    let anybody = |chance| option::weighted(chance, prop::sample::select(ANYBODY));
    let touched = prop_oneof![
        1 => Just(Touched::Nothing),
        20 => Just(Touched::Code),
        2 => Just(Touched::Infra),
        2 => Just(Touched::Guarded),
        1 => Just(Touched::TooMany),
    ];
    let moment = || option::weighted(0.15, 1..30_i64);
    let answer = option::weighted(0.3, prop::sample::select(vec![Declaration::Yes, Declaration::No]));
    let who = (anybody(0.9), anybody(0.9), vec(author(), 0..3), anybody(0.3));
    let assistance = (vec(sign(), 0..3), level(), answer);
    let law = (vec(rule(comparisons), 1..4), prop::bool::weighted(0.2), prop::bool::weighted(0.1));
    let place = (touched, moment(), moment(), moment());
    let words = (vec(said(), 0..6), vec(order(), 0..5));
    (who, assistance, words, place, directory(), law).prop_map(
        |(
            (opener, pusher, authors, assigner),
            (signs, remembered, declaration),
            (reviews, orders),
            (touched, retargeted_at, reopened_at, pushed_back_at),
            directory,
            (rules, disclosure, exempts_renovate),
        )| Story {
            opener,
            pusher,
            authors,
            assigner,
            signs,
            remembered,
            declaration,
            reviews,
            orders,
            touched,
            retargeted_at,
            reopened_at,
            pushed_back_at,
            directory,
            rules,
            disclosure,
            exempts_renovate,
        },
    )
}

impl RuleText {
    pub(super) fn yaml(&self, name: &str) -> String {
        let mut when = Vec::new();
        when.extend(self.assistance.map(|level| format!("assistance: {}", level.as_str())));
        when.extend(
            self.author_tier.map(|(comparison, tier)| format!("author_tier: \"{comparison} {}\"", TIERS[tier])),
        );
        when.extend(self.infra_only.then(|| "paths: [\"infra/**\"]".to_owned()));
        let mut require = vec![format!("approvals: {}", self.approvals)];
        require.extend(self.tier.map(|tier| format!("tier: \">= {}\"", TIERS[tier])));
        require.extend(self.outranks.then(|| "outranks_author: true".to_owned()));
        require.extend(self.sre.then(|| "groups: [sre]".to_owned()));
        format!("{{ name: {name}, when: {{ {} }}, require: {{ {} }} }}", when.join(", "), require.join(", "))
    }
}

impl Story {
    pub(super) fn policy(&self) -> String {
        let rules: Vec<_> =
            self.rules.iter().enumerate().map(|(number, rule)| rule.yaml(&format!("rule-{number}"))).collect();
        let exempt = if self.exempts_renovate { "exempt: [{ name: bots, accounts: [12] }]" } else { "" };
        format!("rules: [{}]\ndisclosure: {{ required: {} }}\n{exempt}", rules.join(", "), self.disclosure)
    }

    /// The case that it tells.
    pub(super) fn tell(&self) -> Case {
        let mut case = case().policy(&self.policy()).remembered(self.remembered);
        case.declaration = self.declaration;
        case.pushes.clear();
        case.change.opener = self.opener.map(actor);
        case.change.commits = self.authors.iter().map(|author| commit(author.identity())).collect();
        case.change.assigners.extend(self.assigner.map(actor));
        case.change.base_changed_at = self.retargeted_at.map(minute);
        case.change.reopened_at = self.reopened_at.map(minute);
        if let Some(pusher) = self.pusher {
            case = case.pushed_by(pusher);
        }
        if let Some(at) = self.pushed_back_at {
            case = case.force_pushed("jo", "head", at);
        }
        for sign in &self.signs {
            case = match sign {
                Sign::Hint => case.hinted(),
                Sign::Assisted => case.assisted(),
                Sign::Autonomous => case.autonomous(),
            };
        }
        let paths: &[&str] = match self.touched {
            Touched::Nothing => &[],
            Touched::Code | Touched::TooMany => &["src/lib.rs"],
            Touched::Infra => &["src/lib.rs", "infra/main.tf"],
            Touched::Guarded => &["AGENTS.md"],
        };
        case = case.touching(paths);
        if self.touched == Touched::TooMany {
            case.change.files = Files::Truncated { total: 9999 };
        }
        self.commanded(self.reviewed(self.directed(case)))
    }

    fn directed(&self, mut case: Case) -> Case {
        let directory = &self.directory;
        if directory.is_stale {
            case = case.with_a_stale_directory();
        }
        if let Some(login) = directory.left {
            case = case.leaver(login);
        }
        if let Some(login) = directory.never_approves {
            case = case.person(login, |person| person.may_approve = false);
        }
        if directory.sam_has_two_accounts {
            case = case.also_owning("sam", "sam-at-home");
        }
        if let Some(login) = directory.in_sre {
            case = case.in_group(login, "sre");
        }
        case
    }

    fn reviewed(&self, mut case: Case) -> Case {
        for said in &self.reviews {
            case = case.review(said.by, said.state);
            let review = case.change.reviews.last_mut().expect("just pushed");
            review.submitted_at = said.at.map(minute);
            if !said.of_head {
                review.commit = Some(sha("before"));
            }
            if let Some((login, tier)) = self.directory.first_seen.filter(|(login, _)| *login == said.by) {
                case = case.when_of_tier(TIERS[tier]);
                // The group is not what was different then.
                let standing = case.first_seen.values_mut().next_back().expect("just added");
                standing.groups.extend(self.directory.in_sre.filter(|sre| *sre == login).map(|_| "sre".to_owned()));
            }
        }
        case
    }
}

impl Story {
    fn commanded(&self, mut case: Case) -> Case {
        for order in &self.orders {
            let words = if order.verb == "hold" { "hold it" } else { order.verb };
            case = case.says(order.by, words).said_at(order.at);
            case = case.about(About::Named(sha(if order.of_head { "head" } else { "before" })));
            case = if order.stands { case } else { case.edited() };
            if let Some((login, tier)) = self.directory.first_seen.filter(|(login, _)| *login == order.by) {
                case = case.said_when_of_tier(TIERS[tier]);
                let standing = case.first_seen.values_mut().next_back().expect("just added");
                standing.groups.extend(self.directory.in_sre.filter(|sre| *sre == login).map(|_| "sre".to_owned()));
            }
        }
        case
    }
}

impl Author {
    pub(super) fn identity(self) -> seconder::gate::change::GitIdentity {
        match self {
            Self::Linked(login) => linked(login),
            Self::Address(email) => address(email),
        }
    }
}
