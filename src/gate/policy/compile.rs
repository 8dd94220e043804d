//! From what a file says to what it means: [`read`] one file, then [`combine()`] the levels.

mod combine;
mod settings;

use std::collections::BTreeSet;

use crate::gate::detect::Level;
use crate::gate::digest::sha256_hex;
use crate::gate::evaluate::guard;
use crate::gate::people::{Tier, Tiers};
use crate::gate::yaml::{self, Spanned};

use super::diagnostic::{Diagnostic, Findings, Position, list, nearest};
use super::paths::Folders;
use super::schema::{ExemptFile, PolicyFile, RequireFile, RuleFile, VERSION, WhenFile};
use super::{Comparison, Exempt, Mode, Paths, Require, Rule, Source, SourceLevel, TierCondition, When};

pub use combine::combine;
pub use settings::{ApproveWays, Emergency};

/// The most rules in a file. Every change is judged by all of them.
const MAX_RULES: usize = 100;

/// The most exemptions in a file. Every rule of the file has them all.
const MAX_EXEMPTIONS: usize = 50;

/// The most patterns in a file, all lists together. Compiling them is most of the work that a file makes.
const MAX_PATTERNS: usize = 500;

/// The most accounts in all exemptions of a file.
const MAX_ACCOUNTS: usize = 500;

/// The most approvals that a rule may ask for. More is a slip of the finger that would block every change.
const MAX_APPROVALS: u32 = 50;

/// The levels of assistance, lowest first.
const LEVELS: [Level; 4] = [Level::None, Level::Unknown, Level::Assisted, Level::Autonomous];

/// One policy file, understood. What it leaves unsaid stays `None`: it has no opinion there.
#[derive(Debug, Clone)]
pub struct CompiledFile {
    /// Which file.
    pub source: Source,
    /// Its rules. Their `source` is set when files are combined.
    pub rules: Vec<Rule>,
    /// What it says about disclosure.
    pub disclosure_required: Option<bool>,
    /// What counts as an approval, and where it says so.
    pub approve_by: Option<Spanned<ApproveWays>>,
    /// Whether a command must name the commit.
    pub sha_required: Option<bool>,
    /// Whether a bare `/approve` counts.
    pub bare: Option<bool>,
    /// Apps through which people may give commands.
    pub apps: Option<BTreeSet<i64>>,
    /// Who may let a change pass in an emergency.
    pub emergency: Option<Emergency>,
    /// How many lines of applied suggestions make nobody a contributor.
    pub suggestion_lines: Option<u32>,
    /// Base branches that it governs.
    pub branches: Option<Paths>,
    /// Which check it wants published.
    pub mode: Option<Mode>,
    /// What is worth a look, and does not keep the file from being used.
    pub warnings: Vec<Diagnostic>,
}

/// Understands a policy file, or says everything that is wrong with it. `file_name` is what people call it.
///
/// A fault of form (YAML, an unknown key) hides what comes after it; faults of meaning are reported all at once.
pub fn read(file_name: &str, level: SourceLevel, text: &str, tiers: &Tiers) -> Result<CompiledFile, Vec<Diagnostic>> {
    let file: PolicyFile =
        yaml::parse_version(file_name, text, VERSION, yaml::MAX_BYTES).map_err(|error| vec![error])?;
    if let Some((excess, help)) = excess(&file) {
        return Err(vec![Diagnostic::error(file_name, Position::START, &excess).help(help)]);
    }
    let mut findings = Findings::new(file_name);
    let exempt = exemptions(&file, &mut findings);
    let rules = rules(&file.rules, &exempt, tiers, &mut findings);
    let approve = file.approve.as_ref().map(|approve| settings::approve(approve, &level, &mut findings));
    let approve = approve.unwrap_or_default();
    let suggestion_lines =
        file.suggestions.as_ref().and_then(|given| settings::suggestion_lines(&given.lines, &mut findings));
    let emergency = file.override_.as_ref().and_then(|over| settings::emergency(over, tiers, &mut findings));
    let branches = file.branches.as_ref().and_then(|list| Paths::compile(list, Folders::Exact, &mut findings));
    if says_nothing(&file) {
        findings.warning(Position::START, "the file says nothing", "add `rules`");
    }
    Ok(CompiledFile {
        source: Source { level, name: file_name.to_owned(), digest: sha256_hex(text) },
        rules,
        disclosure_required: file.disclosure.map(|disclosure| disclosure.required.value),
        approve_by: approve.by,
        sha_required: approve.sha_required,
        bare: approve.bare,
        apps: approve.apps,
        suggestion_lines,
        emergency,
        branches,
        mode: file.mode.map(|mode| mode.value),
        warnings: findings.finish()?,
    })
}

/// What the file has too much of. Anybody who can change a repository's file could otherwise keep the server busy.
fn excess(file: &PolicyFile) -> Option<(String, &'static str)> {
    let of_rules = file.rules.iter().filter_map(|rule| rule.when.as_ref()?.value.paths.as_ref());
    let of_exemptions = file.exempt.iter().filter_map(|exempt| exempt.paths.as_ref());
    let lists = of_rules.chain(of_exemptions).chain(&file.branches);
    let patterns = lists.map(|list| list.value.len()).sum();
    let accounts = file.exempt.iter().map(|exempt| exempt.accounts.value.len()).sum();
    let counted = [
        (file.rules.len(), MAX_RULES, "rules", "let one rule name several paths"),
        (file.exempt.len(), MAX_EXEMPTIONS, "exemptions", "let one exemption name several accounts"),
        (accounts, MAX_ACCOUNTS, "exempt accounts", "keep those that still exist"),
        (patterns, MAX_PATTERNS, "patterns", "write `**` or `{a,b}`, which stand for many"),
    ];
    let (count, most, what, help) = counted.into_iter().find(|(count, most, ..)| count > most)?;
    Some((format!("the file has {count} {what}, and at most {most} are read"), help))
}

fn says_nothing(file: &PolicyFile) -> bool {
    let has_settings = file.disclosure.is_some()
        || file.approve.is_some()
        || file.suggestions.is_some()
        || file.branches.is_some()
        || file.mode.is_some();
    file.rules.is_empty() && file.override_.is_none() && !has_settings
}

fn exemptions(file: &PolicyFile, findings: &mut Findings) -> Vec<Exempt> {
    let mut names = Names::new("exemption");
    let exempt: Vec<_> = file.exempt.iter().filter_map(|exempt| exemption(exempt, &mut names, findings)).collect();
    if let Some(first) = file.exempt.first().filter(|_| file.rules.is_empty()) {
        let message = "this exempts from nothing: the file has no rules";
        findings.warning(first.name.at, message, "an exemption affects only the rules of its own file");
    }
    exempt
}

fn exemption(exempt: &ExemptFile, names: &mut Names, findings: &mut Findings) -> Option<Exempt> {
    names.check(&exempt.name, findings);
    if exempt.accounts.value.is_empty() {
        findings.error(exempt.accounts.at, "no account is named", "name numeric account ids");
    }
    let mut accounts = Vec::with_capacity(exempt.accounts.value.len());
    for account in &exempt.accounts.value {
        let given = &account.value.0;
        match given.parse::<i64>() {
            Ok(id) if id > 0 => accounts.push(id),
            _ => {
                let message = format!("`{given}` is not an account's numeric id, and names never qualify");
                // Only what could be a login goes into a command for people to copy.
                let is_login = given.starts_with(|c: char| c.is_ascii_alphabetic())
                    && given.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
                let login = if is_login { given } else { "LOGIN" };
                findings.error(account.at, &message, &format!("`gh api users/{login} --jq .id` shows it"));
            }
        }
    }
    let paths = match &exempt.paths {
        Some(list) => Some(Paths::compile(list, Folders::Exact, findings)?),
        None => None,
    };
    Some(Exempt { name: exempt.name.value.clone(), accounts, paths })
}

fn rules(rules: &[RuleFile], exempt: &[Exempt], tiers: &Tiers, findings: &mut Findings) -> Vec<Rule> {
    let mut names = Names::new("rule");
    rules
        .iter()
        .map(|rule| {
            names.check(&rule.name, findings);
            if rule.name.value == guard::NAME {
                let message = format!("`{}` is the rule that guards the gate itself", guard::NAME);
                findings.error(rule.name.at, &message, "give this rule another name, e.g. `our-guarded-files`");
            }
            let when = rule.when.as_ref().map_or_else(When::default, |when| self::when(when, tiers, findings));
            let require = require(&rule.require, tiers, findings);
            Rule { name: rule.name.value.clone(), source: 0, when, require, exempt: exempt.to_vec() }
        })
        .collect()
}

fn when(when: &Spanned<WhenFile>, tiers: &Tiers, findings: &mut Findings) -> When {
    let WhenFile { assistance, author_tier, paths } = &when.value;
    if assistance.is_none() && author_tier.is_none() && paths.is_none() {
        let help = "add a condition, or leave `when` out if this is meant";
        findings.warning(when.at, "this `when` is empty: the rule applies to every change", help);
    }
    When {
        assistance: assistance.as_ref().and_then(|text| level(text, findings)),
        author_tier: author_tier.as_ref().and_then(|text| {
            let condition = tier_condition(text, tiers, findings)?;
            if check_reach(text, condition, tiers, findings) {
                check_evasion(text, condition, findings);
            }
            Some(condition)
        }),
        paths: paths.as_ref().and_then(|list| Paths::compile(list, Folders::Below, findings)),
    }
}

/// `autonomous` or `>= autonomous`: both mean at least.
fn level(text: &Spanned<String>, findings: &mut Findings) -> Option<Level> {
    let (operator, word) = split_operator(&text.value);
    let words = LEVELS.map(Level::as_str);
    let known = LEVELS.into_iter().find(|level| level.as_str() == word);
    match (operator, known) {
        ("" | ">=", Some(Level::None)) => {
            findings.warning(text.at, "the assistance is always at least `none`", "leave the condition out");
            Some(Level::None)
        }
        ("" | ">=", Some(level)) => Some(level),
        ("" | ">=", None) => {
            let message = format!("`{word}` is not a level of assistance");
            let help = match nearest(word, &words) {
                Some(word) => format!("did you mean `{word}`?"),
                None => format!("the levels are {}, lowest first", list(&words, "and")),
            };
            findings.error(text.at, &message, &help);
            None
        }
        (operator, _) => {
            let message = format!("assistance cannot be compared with `{operator}`");
            let help = "a condition on it means at least: write e.g. `\">= assisted\"`";
            findings.error(text.at, &message, help);
            None
        }
    }
}

fn require(require: &Spanned<RequireFile>, tiers: &Tiers, findings: &mut Findings) -> Require {
    let RequireFile { approvals, tier, outranks_author, groups, training, write_access } = &require.value;
    let lists = [groups, training].iter().any(|list| list.is_some());
    if approvals.is_none() && tier.is_none() && !lists && outranks_author.is_none() && write_access.is_none() {
        let help = "write e.g. `{ approvals: 1, tier: \">= senior\" }`";
        findings.error(require.at, "the rule requires nothing", help);
    }
    Require {
        approvals: approvals.as_ref().map_or(1, |count| approval_count(count, findings)),
        tier: tier.as_ref().and_then(|text| approver_tier(text, tiers, findings)),
        outranks_author: outranks_author.unwrap_or(false),
        groups: groups.as_ref().map_or_else(Vec::new, |list| words("group", list, findings)),
        training: training.as_ref().map_or_else(Vec::new, |list| words("training", list, findings)),
        write_access: write_access.unwrap_or(false),
    }
}

fn approval_count(count: &Spanned<i64>, findings: &mut Findings) -> u32 {
    if let Ok(approvals @ 1..=MAX_APPROVALS) = u32::try_from(count.value) {
        return approvals;
    }
    let message = format!("a rule cannot ask for {} approvals", count.value);
    let help = format!("ask for 1 to {MAX_APPROVALS}; leave the rule out if it should ask for none");
    findings.error(count.at, &message, &help);
    1
}

fn approver_tier(text: &Spanned<String>, tiers: &Tiers, findings: &mut Findings) -> Option<TierCondition> {
    let condition = tier_condition(text, tiers, findings)?;
    if condition.tier == Tier::Agent {
        findings.error(text.at, "agents never approve", "name a tier of people, or leave `tier` out for anybody");
    } else if matches!(condition.comparison, Comparison::Below | Comparison::AtMost) {
        let help = format!("write `\">= {}\"`", tiers.name(condition.tier));
        findings.error(text.at, "an approval can only be asked of a tier or above", &help);
    } else if !is_met_by_any(condition, tiers) {
        let help = format!("write `\">= {}\"`", tiers.name(condition.tier));
        findings.error(text.at, "nobody can stand above the highest tier", &help);
    }
    Some(condition)
}

/// Whoever names a co-author lowers the author's tier, and so leaves the reach of a rule for those above.
fn check_evasion(text: &Spanned<String>, condition: TierCondition, findings: &mut Findings) {
    let lowest = Tier::Rank(0);
    let is_for_those_above = matches!(condition.comparison, Comparison::AtLeast | Comparison::Above)
        || (condition.comparison == Comparison::Exactly && condition.tier != Tier::Agent);
    if is_for_those_above && !condition.holds(lowest) {
        let message = "an author escapes this by naming a co-author of a lower tier";
        let help = "compare with `<` or `<=`, or leave the condition out: a rule may ask more of a lower tier only";
        findings.warning(text.at, message, help);
    }
}

/// A condition that never holds would make a rule without effect, which nobody means. False when that, or its opposite,
/// was found.
fn check_reach(text: &Spanned<String>, condition: TierCondition, tiers: &Tiers, findings: &mut Findings) -> bool {
    let of_people = (0..tiers.names().len()).filter_map(|rank| u16::try_from(rank).ok().map(Tier::Rank));
    let met = std::iter::once(Tier::Agent).chain(of_people).filter(|tier| condition.holds(*tier)).count();
    if met == 0 {
        findings.error(text.at, "no tier meets this: the rule would never apply", "compare with another tier");
    } else if met > tiers.names().len() {
        findings.warning(text.at, "every tier meets this", "leave the condition out");
    } else {
        return true;
    }
    false
}

fn is_met_by_any(condition: TierCondition, tiers: &Tiers) -> bool {
    tiers.names().iter().filter_map(|name| tiers.find(name)).any(|tier| condition.holds(tier))
}

fn tier_condition(text: &Spanned<String>, tiers: &Tiers, findings: &mut Findings) -> Option<TierCondition> {
    let (operator, name) = split_operator(&text.value);
    let Some(tier) = tiers.find(name) else {
        let mut names: Vec<_> = tiers.names().iter().map(String::as_str).collect();
        names.insert(0, "agent");
        let all = format!("the tiers are {}, lowest first", list(&names, "and"));
        let help = nearest(name, &names).map_or_else(|| all.clone(), |name| format!("did you mean `{name}`? {all}"));
        findings.error(text.at, &format!("unknown tier `{name}`"), &help);
        return None;
    };
    let comparison = match operator {
        "<" => Comparison::Below,
        "<=" => Comparison::AtMost,
        "=" => Comparison::Exactly,
        ">=" => Comparison::AtLeast,
        ">" => Comparison::Above,
        "" => {
            let help = format!("write `\">= {name}\"` for this tier and above, `\"= {name}\"` for this tier alone");
            findings.error(text.at, "a tier needs a comparison", &help);
            return None;
        }
        other => {
            findings.error(text.at, &format!("`{other}` is not a comparison"), "use one of <, <=, =, >= and >");
            return None;
        }
    };
    Some(TierCondition { comparison, tier })
}

/// `">= senior"` into `">="` and `"senior"`.
fn split_operator(text: &str) -> (&str, &str) {
    let text = text.trim();
    let word = text.trim_start_matches(['<', '=', '>', '!', '~']);
    let operator = text.strip_suffix(word).unwrap_or_default();
    (operator, word.trim())
}

fn words(what: &str, list: &Spanned<Vec<Spanned<String>>>, findings: &mut Findings) -> Vec<String> {
    if list.value.is_empty() {
        findings.error(list.at, &format!("no {what} is named"), "leave the key out if nothing is asked");
    }
    for word in list.value.iter().filter(|word| word.value.trim().is_empty()) {
        findings.error(word.at, &format!("the name of a {what} is empty"), "write its name as the directory has it");
    }
    list.value.iter().map(|word| word.value.clone()).collect()
}

/// Names that must be plain and unique within their file.
struct Names {
    what: &'static str,
    seen: BTreeSet<String>,
}

impl Names {
    fn new(what: &'static str) -> Self {
        Self { what, seen: BTreeSet::new() }
    }

    /// Names stand in check texts, so they hold nothing that Markdown would interpret.
    fn check(&mut self, name: &Spanned<String>, findings: &mut Findings) {
        let Spanned { value, at } = name;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let starts_plain = value.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !starts_plain || value.len() > 64 || !value.chars().all(is_plain) {
            let message = format!("`{value}` cannot be the name of {} {}", article(self.what), self.what);
            findings.error(*at, &message, "use up to 64 letters, digits, `-`, `_` and `.`, a letter or digit first");
        }
        if !self.seen.insert(value.clone()) {
            let message = format!("a second {} has the name `{value}`", self.what);
            findings.error(*at, &message, "give each a name of its own");
        }
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}
