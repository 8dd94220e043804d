//! Which policy governs a change: the server's floor, the organisation's, and the repository's.

use std::sync::Arc;

use crate::forge::{PolicyText, PolicyTexts};
use crate::gate::change::{Change, FileChange, Files};
use crate::gate::people::Tiers;
use crate::gate::policy::compile::{self, CompiledFile};
use crate::gate::policy::diagnostic::{Diagnostic, Severity};
use crate::gate::policy::{ORGANISATION_POLICY, Policy, SourceLevel, schema};

/// The floor as configured.
#[derive(Debug, Clone)]
pub struct Floor {
    /// What people call it.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Floor {
    /// The built-in default.
    pub fn built_in() -> Self {
        Self { name: "built-in policy".to_owned(), text: schema::built_in().to_owned() }
    }

    /// Understands it, or says what is wrong with it.
    pub fn compile(&self, tiers: &Tiers) -> Result<CompiledFile, Vec<Diagnostic>> {
        compile::read(&self.name, SourceLevel::Floor, &self.text, tiers)
    }
}

/// What it means when an organisation has no policy of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganisationPolicy {
    /// It is accepted, unless there was one before: then it is an error.
    Optional,
    /// It is an error.
    Required,
}

type Understood = Result<CompiledFile, Vec<Diagnostic>>;

/// Policy files by their git blob, understood once. Blobs never change, so nothing here is ever stale.
#[derive(Debug, Clone)]
pub(super) struct Compiled(moka::sync::Cache<(String, SourceLevel, Tiers), Arc<Understood>>);

impl Default for Compiled {
    fn default() -> Self {
        Self(moka::sync::Cache::new(10_000))
    }
}

impl Compiled {
    fn read(&self, oid: &str, name: &str, level: SourceLevel, text: &str, tiers: &Tiers) -> Arc<Understood> {
        let key = (oid.to_owned(), level.clone(), tiers.clone());
        self.0.get_with(key, || Arc::new(compile::read(name, level, text, tiers)))
    }

    /// Puts all levels together.
    pub(super) fn combine(
        &self,
        floor: &CompiledFile,
        texts: &PolicyTexts,
        organisation: OrganisationPolicy,
        organisation_was_seen: bool,
        tiers: &Tiers,
        change: &Change,
    ) -> Policy {
        let mut files: Vec<Understood> = vec![Ok(floor.clone())];
        files.extend(self.organisation(texts, organisation, organisation_was_seen, tiers));
        let proposed = texts.proposed.as_ref().and_then(|text| self.repository(texts.file, text, tiers));
        let mends = touches_only(texts.file, &change.files) && matches!(proposed, Some(Ok(_)));
        // The governing base is the change's own, unless it is part of a stack: then it leaves that copy as it is.
        let copies = [
            (Some(&texts.repository), change.base.name == change.default_branch),
            (texts.base.as_ref(), change.base.name != change.default_branch && change.stack_base.is_none()),
        ];
        for (copy, is_replaced) in copies {
            let Some(copy) = copy else { continue };
            let understood =
                self.repository(texts.file, copy, tiers).map(|file| file.map_err(|findings| on_branch(copy, findings)));
            files.extend(understood.filter(|file| file.is_ok() || !(mends && is_replaced)));
        }
        let breaking = proposed.and_then(Result::err).filter(|_| !is_there_already(texts)).unwrap_or_default();
        Policy { breaking, ..compile::combine(files) }
    }

    /// The policy of a change of which nothing else is known.
    pub(super) fn floor_only(&self, floor: &CompiledFile) -> Policy {
        let _ = self;
        compile::combine(vec![Ok(floor.clone())])
    }

    fn organisation(
        &self,
        texts: &PolicyTexts,
        mode: OrganisationPolicy,
        was_seen: bool,
        tiers: &Tiers,
    ) -> Option<Understood> {
        let PolicyTexts { home, organisation: text, .. } = texts;
        let name = format!("{home}:{ORGANISATION_POLICY}");
        match text {
            PolicyText::Text { oid, text, .. } => {
                Some((*self.read(oid, &name, SourceLevel::Organisation, text, tiers)).clone())
            }
            PolicyText::Unreadable { why } => Some(Err(vec![unusable(&name, why, None)])),
            PolicyText::Absent if was_seen => Some(Err(vec![unusable(
                &name,
                "the organisation had a policy, and it is gone",
                Some(&format!("put it back, or make sure that we may read {home}")),
            )])),
            PolicyText::Absent if mode == OrganisationPolicy::Required => Some(Err(vec![unusable(
                &name,
                "the organisation has no policy, and this server requires one",
                Some(&format!("add {ORGANISATION_POLICY} to {home}, and let us read it")),
            )])),
            PolicyText::Absent => None,
        }
    }

    fn repository(&self, file: &str, text: &PolicyText, tiers: &Tiers) -> Option<Understood> {
        match text {
            PolicyText::Absent => None,
            PolicyText::Text { oid, text, branch, .. } => {
                let level = SourceLevel::Repository { branch: branch.clone() };
                Some((*self.read(oid, file, level, text, tiers)).clone())
            }
            PolicyText::Unreadable { why } => Some(Err(vec![unusable(file, why, None)])),
        }
    }
}

/// Says which copy of the repository's policy is meant: a change can go by two.
fn on_branch(copy: &PolicyText, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let PolicyText::Text { branch, .. } = copy else { return findings };
    let named =
        |found: Diagnostic| Diagnostic { message: format!("{} (on branch `{branch}`)", found.message), ..found };
    findings.into_iter().map(named).collect()
}

/// Whether what the change would leave is there already: then it breaks nothing that is not broken.
fn is_there_already(texts: &PolicyTexts) -> bool {
    let oid = |text: &PolicyText| match text {
        PolicyText::Text { oid, .. } => Some(oid.clone()),
        PolicyText::Absent | PolicyText::Unreadable { .. } => None,
    };
    let proposed = texts.proposed.as_ref().and_then(oid);
    let mut present = [Some(&texts.repository), texts.base.as_ref()].into_iter().flatten();
    proposed.is_some() && present.any(|text| oid(text) == proposed)
}

/// Whether the change is about the repository's policy and nothing else.
fn touches_only(policy: &str, files: &Files) -> bool {
    let Files::Whole(files) = files else { return false };
    let is_policy = |file: &FileChange| file.path == policy && file.previous_path.is_none();
    !files.is_empty() && files.iter().all(is_policy)
}

fn unusable(file: &str, message: &str, help: Option<&str>) -> Diagnostic {
    Diagnostic {
        file: file.to_owned(),
        line: 1,
        column: 1,
        severity: Severity::Error,
        message: message.to_owned(),
        help: help.map(str::to_owned),
    }
}
