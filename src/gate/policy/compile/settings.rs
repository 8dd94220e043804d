//! The settings of a file that are no rules: how approval may be given, and who may do without.

use std::collections::BTreeSet;

use super::{approver_tier, words};
use crate::gate::people::Tiers;
use crate::gate::policy::diagnostic::Findings;
use crate::gate::policy::schema::{AccountNumber, ApproveBy, ApproveFile, OverrideFile, Sha};
use crate::gate::policy::{Require, SourceLevel};
use crate::gate::suggestion::MAX_LINES;
use crate::gate::yaml::Spanned;

/// For how many hours an override holds where its file does not say.
const USUAL_HOURS: u32 = 4;

/// The most hours that an override may hold. Whoever needs longer repeats it, and is seen to.
const MAX_HOURS: u32 = 72;

/// The most Apps that a file may list.
const MAX_APPS: usize = 50;

/// Ways to approve that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApproveWays {
    /// By a native review.
    pub review: bool,
    /// By a command in a comment.
    pub command: bool,
}

/// Who may let a change pass in an emergency.
#[derive(Debug, Clone)]
pub struct Emergency {
    /// What the person must meet.
    pub by: Require,
    /// For how many hours.
    pub hours: u32,
}

/// What a file says under `approve`.
#[derive(Debug, Default)]
pub(super) struct ApproveSettings {
    pub(super) by: Option<Spanned<ApproveWays>>,
    pub(super) sha_required: Option<bool>,
    pub(super) bare: Option<bool>,
    pub(super) apps: Option<BTreeSet<i64>>,
}

pub(super) fn approve(file: &ApproveFile, level: &SourceLevel, findings: &mut Findings) -> ApproveSettings {
    if matches!(level, SourceLevel::Repository { .. }) {
        let stated =
            [("bare", file.bare.as_ref().map(|bare| bare.at)), ("apps", file.apps.as_ref().map(|apps| apps.at))];
        for (key, at) in stated {
            let Some(at) = at else { continue };
            let message = format!("`{key}` cannot be set by a repository");
            findings.error(at, &message, "leave it out, or state it in the organisation's policy");
        }
    }
    ApproveSettings {
        by: file.by.as_ref().and_then(|ways| ways_to_approve(ways, findings)),
        sha_required: file.sha.as_ref().map(|sha| sha.value == Sha::Required),
        bare: file.bare.as_ref().map(|bare| bare.value),
        apps: file.apps.as_ref().map(|list| apps(list, findings)),
    }
}

fn ways_to_approve(ways: &Spanned<Vec<ApproveBy>>, findings: &mut Findings) -> Option<Spanned<ApproveWays>> {
    if ways.value.is_empty() {
        findings.error(ways.at, "nothing would count as an approval", "name `review`, `command` or both");
        return None;
    }
    let counts = |way| ways.value.contains(&way);
    let value = ApproveWays { review: counts(ApproveBy::Review), command: counts(ApproveBy::Command) };
    Some(Spanned { value, at: ways.at })
}

fn apps(list: &Spanned<Vec<Spanned<AccountNumber>>>, findings: &mut Findings) -> BTreeSet<i64> {
    if list.value.len() > MAX_APPS {
        let message = format!("{} Apps are listed, and at most {MAX_APPS} are read", list.value.len());
        findings.error(list.at, &message, "keep those through which people really write");
    }
    let mut apps = BTreeSet::new();
    for app in &list.value {
        match app.value.0.parse::<i64>() {
            Ok(id) if id > 0 => {
                apps.insert(id);
            }
            _ => {
                let message = format!("`{}` is not an App's numeric id, and names never qualify", app.value.0);
                findings.error(app.at, &message, "`gh api apps/SLUG --jq .id` shows it");
            }
        }
    }
    apps
}

pub(super) fn emergency(file: &Spanned<OverrideFile>, tiers: &Tiers, findings: &mut Findings) -> Option<Emergency> {
    let OverrideFile { by, hours } = &file.value;
    if by.value.tier.is_none() && by.value.groups.is_none() {
        let help = "write e.g. `by: { tier: \">= principal\", groups: [oncall] }`";
        findings.error(by.at, "anybody could override", help);
        return None;
    }
    let hours = hours.as_ref().map_or(USUAL_HOURS, |hours| hour_count(hours, findings));
    let by = Require {
        approvals: 1,
        tier: by.value.tier.as_ref().and_then(|text| approver_tier(text, tiers, findings)),
        outranks_author: false,
        groups: by.value.groups.as_ref().map_or_else(Vec::new, |list| words("group", list, findings)),
        training: Vec::new(),
        write_access: false,
    };
    Some(Emergency { by, hours })
}

/// How many lines of applied suggestions leave their author the power to approve.
pub(super) fn suggestion_lines(lines: &Spanned<i64>, findings: &mut Findings) -> Option<u32> {
    let allowed = u32::try_from(lines.value).ok().filter(|lines| *lines <= MAX_LINES);
    if allowed.is_none() {
        let message = format!("`lines` is {}, and must be 0 to {MAX_LINES}", lines.value);
        findings.error(lines.at, &message, "larger suggestions are contributions");
    }
    allowed
}

fn hour_count(hours: &Spanned<i64>, findings: &mut Findings) -> u32 {
    if let Ok(count @ 1..=MAX_HOURS) = u32::try_from(hours.value) {
        return count;
    }
    let message = format!("an override cannot hold for {} hours", hours.value);
    findings.error(hours.at, &message, &format!("let it hold for 1 to {MAX_HOURS}"));
    USUAL_HOURS
}
