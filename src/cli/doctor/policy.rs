//! Policies: the floor, organisations' and repositories'.

use std::fmt::Display;

use super::finding::Finding;
use crate::config::OrganisationPolicy;
use crate::engine::Floor;
use crate::forge::github::{self, PolicyText};
use crate::gate::ids::Login;
use crate::gate::people::Tiers;
use crate::gate::policy::compile::{self, CompiledFile};
use crate::gate::policy::diagnostic::Diagnostic;
use crate::gate::policy::review::{Known, out_of_reach};
use crate::gate::policy::{Mode, SourceLevel};

/// Rules of the floor that too few people of an owner could satisfy.
pub(super) fn reach(owner: &Login, floor: &Floor, tiers: &Tiers, known: Known<'_>) -> Vec<Finding> {
    let Ok(compiled) = floor.compile(tiers) else { return Vec::new() };
    let found = out_of_reach(&floor.text, &compiled, known);
    found.iter().map(|found| waiting(Finding::of_file("policy-reach", owner, found))).collect()
}

fn waiting(finding: Finding) -> Finding {
    let remedy = finding.remedy.clone().unwrap_or_else(|| "add people to the directory, or ask for less".to_owned());
    finding.why("a change to which such a rule applies waits for ever").remedy(remedy)
}

/// Whether the floor can be used, and whether it holds anything up.
pub(super) fn floor(floor: &Floor, tiers: &Tiers, check_name: &str) -> Vec<Finding> {
    let compiled = floor.compile(tiers);
    let is_preview = compiled.as_ref().is_ok_and(|file| file.mode == Some(Mode::Preview));
    let mut found = understood("policy-floor", "policy", &floor.name, compiled);
    if is_preview {
        found.push(
            Finding::warning("policy-preview", "policy", format!("{} is in preview", floor.name))
                .why(format!(
                    "`{check_name}-preview` is published and holds nothing up; a branch that requires `{check_name}` waits for ever"
                ))
                .remedy(
                    "once the verdicts are what you want, write `mode: enforce` there, start the server again (the floor is read \
                     at its start), and only then require the check",
                ),
        );
    }
    found
}

/// What an organisation's `.github` repository holds; `None` when the App sees no such repository.
pub(super) fn organisation(
    owner: &Login,
    read: Option<&Result<PolicyText, github::Error>>,
    mode: OrganisationPolicy,
    is_selective: bool,
    (tiers, known): (&Tiers, Known<'_>),
) -> Vec<Finding> {
    let id = "policy-organisation";
    let remedy = format!(
        "create the repository {owner}/.github with a seconder.yml in it, and let the App's installation on {owner} reach it \
         (Settings, GitHub Apps, Configure, Repository access)"
    );
    let absent = |found: String| match mode {
        OrganisationPolicy::Required => vec![
            Finding::error(id, owner, found)
                .why("the configuration requires one (policy.organisation), so every change of this owner is an error")
                .remedy(remedy.clone()),
        ],
        OrganisationPolicy::Optional => vec![Finding::info(id, owner, format!("{found}; the floor alone governs"))],
    };
    match read {
        None if is_selective => {
            let found = format!("the App sees no repository {owner}/.github, and only chosen repositories are reached");
            let finding = absent(found);
            finding.into_iter().map(|finding| finding.remedy(remedy.clone())).collect()
        }
        None => absent(format!("the App sees no repository {owner}/.github")),
        Some(Err(error)) => {
            vec![Finding::unchecked(id, owner, "the organisation's policy", error, Some("*Contents*, read-only"))]
        }
        Some(Ok(PolicyText::Absent)) => absent(format!("{owner}/.github holds no seconder.yml")),
        Some(Ok(text)) => of_text(id, owner, text, SourceLevel::Organisation, (tiers, known)),
    }
}

/// Whether the repository's own policy can be used.
pub(super) fn repository(
    name: &str,
    branch: &str,
    read: &Result<PolicyText, github::Error>,
    (tiers, known): (&Tiers, Known<'_>),
) -> Vec<Finding> {
    let id = "policy-repository";
    match read {
        Err(error) => vec![Finding::unchecked(id, name, "its policy", error, Some("*Contents*, read-only"))],
        Ok(PolicyText::Absent) => {
            vec![Finding::ok(id, name, "it has no policy of its own; floor and organisation govern")]
        }
        Ok(text) => of_text(id, name, text, SourceLevel::Repository { branch: branch.to_owned() }, (tiers, known)),
    }
}

fn of_text(
    id: &'static str,
    about: impl Display + Copy,
    text: &PolicyText,
    level: SourceLevel,
    (tiers, known): (&Tiers, Known<'_>),
) -> Vec<Finding> {
    match text {
        PolicyText::Absent => Vec::new(),
        PolicyText::Unreadable { why } => vec![
            Finding::error(id, about, why.clone())
                .why("a policy that cannot be read makes every change that it governs an error")
                .remedy("make it a text file of at most 512 KB"),
        ],
        PolicyText::Text { name, text, .. } => {
            let compiled = compile::read(name, level, text, tiers);
            let beyond = compiled.as_ref().map(|file| out_of_reach(text, file, known)).unwrap_or_default();
            let beyond = beyond.iter().map(|found| waiting(Finding::of_file("policy-reach", about, found)));
            understood(id, about, name, compiled).into_iter().chain(beyond).collect()
        }
    }
}

fn understood(
    id: &'static str,
    about: impl Display + Copy,
    name: &str,
    compiled: Result<CompiledFile, Vec<Diagnostic>>,
) -> Vec<Finding> {
    match compiled {
        Ok(file) if file.warnings.is_empty() => vec![Finding::ok(id, about, format!("{name} can be used"))],
        Ok(file) => file.warnings.iter().map(|found| Finding::of_file(id, about, found)).collect(),
        Err(findings) => {
            let why = "a policy that cannot be used makes every change that it governs an error";
            findings.iter().map(|found| Finding::of_file(id, about, found).why(why)).collect()
        }
    }
}
