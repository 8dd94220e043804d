//! The texts of the policies that may govern a change. Whether they are any good is the gate's to say.

use serde::Serialize;

use super::incomplete;
use super::pages::{Pages, base_policy_expression, split_name};
use crate::forge::github::client::GitHub;
use crate::forge::github::query::{POLICY, QueryFailure};
use crate::forge::github::wire::change::{PolicyAnswer, PolicyObject};
use crate::forge::{PolicyText, PolicyTexts};
use crate::gate::policy::REPOSITORY_POLICY;
use crate::gate::witnessed::SeenRepository;

#[derive(Serialize)]
struct Variables<'a> {
    owner: &'a str,
    name: &'a str,
    expression: &'a str,
}

impl GitHub {
    /// The policies, from the first page; with one call more if another branch governs than was expected.
    pub(super) async fn policies(&self, pages: &Pages, repo: &SeenRepository) -> Result<PolicyTexts, QueryFailure> {
        let governing = pages.stack_base.clone().unwrap_or_else(|| pages.base_branch.clone());
        let file = |branch: &str| format!("{}@{branch}:.github/seconder.yml", pages.name);
        let organisation = organisation_policy(pages);
        let repository = text(pages.policy.as_ref(), &file(&pages.default_branch), &pages.default_branch);
        let base = if governing == pages.default_branch {
            None
        } else if Some(&governing) == pages.asked_base.as_ref() {
            Some(text(pages.base_policy.as_ref(), &file(&governing), &governing))
        } else {
            let expression = base_policy_expression(Some(&governing));
            let object = self.policy_object(pages.repository_id, repo, &expression).await?;
            Some(text(object.as_ref(), &file(&governing), &governing))
        };
        Ok(PolicyTexts {
            file: REPOSITORY_POLICY,
            home: ".github".to_owned(),
            organisation,
            repository,
            base,
            proposed: None,
        })
    }

    /// The policy as the change would leave it, for one call more, if it touches it. A list of files that is not whole
    /// may hold it.
    pub(super) async fn proposed_policy(
        &self,
        pages: &Pages,
        repo: &SeenRepository,
    ) -> Result<Option<PolicyText>, QueryFailure> {
        let files = &pages.files;
        if files.is_whole() && files.items.iter().all(|file| file.path != REPOSITORY_POLICY) {
            return Ok(None);
        }
        let expression = format!("{}:{REPOSITORY_POLICY}", pages.head);
        let object = self.policy_object(pages.repository_id, repo, &expression).await?;
        let name = format!("{}@{}:{REPOSITORY_POLICY}", pages.name, pages.head.short());
        Ok(Some(text(object.as_ref(), &name, pages.head.short())))
    }

    /// A policy file on a branch.
    pub(in crate::forge::github) async fn policy_on(
        &self,
        repo: &SeenRepository,
        branch: &str,
        file: &str,
    ) -> Result<PolicyText, QueryFailure> {
        let object = self.policy_object(repo.repo.id, repo, &format!("HEAD:{file}")).await?;
        Ok(text(object.as_ref(), &format!("{}@{branch}:{file}", repo.name), branch))
    }

    async fn policy_object(
        &self,
        repository_id: i64,
        repo: &SeenRepository,
        expression: &str,
    ) -> Result<Option<PolicyObject>, QueryFailure> {
        let (owner, name) = split_name(&repo.name)?;
        let variables = Variables { owner, name, expression };
        let what = format!("the policy {expression} in {}", repo.name);
        let (answer, _): (PolicyAnswer, _) =
            self.query(repo.installation, &what, POLICY, &variables, |_| false).await?;
        let repository = answer.repository.filter(|repository| repository.database_id == Some(repository_id));
        Ok(repository.ok_or_else(|| incomplete("GitHub left out the repository"))?.policy)
    }
}

fn organisation_policy(pages: &Pages) -> PolicyText {
    let unreadable = |why: &str| PolicyText::Unreadable { why: why.to_owned() };
    match &pages.organisation {
        None if pages.is_organisation_absent => PolicyText::Absent,
        None => unreadable("GitHub left out the organisation's .github repository"),
        Some(organisation) if organisation.owner.id != pages.owner.id => {
            unreadable("the .github repository belongs to another owner than the repository")
        }
        Some(organisation) => match &organisation.default_branch_ref {
            // An empty repository.
            None => PolicyText::Absent,
            Some(branch) => {
                let name = format!("{}/.github@{}:seconder.yml", organisation.owner.login, branch.name);
                text(organisation.policy.as_ref(), &name, &branch.name)
            }
        },
    }
}

fn text(object: Option<&PolicyObject>, name: &str, branch: &str) -> PolicyText {
    let Some(object) = object else { return PolicyText::Absent };
    let unreadable = |why: &str| PolicyText::Unreadable { why: format!("{name} {why}") };
    match &object.text {
        _ if object.kind != "Blob" => unreadable("is not a file"),
        _ if object.is_truncated != Some(false) => unreadable("is too large to be read"),
        None => unreadable("is not text"),
        Some(_) if object.is_binary == Some(true) => unreadable("is not text"),
        Some(text) => PolicyText::Text {
            name: name.to_owned(),
            branch: branch.to_owned(),
            oid: object.oid.clone(),
            text: text.clone(),
        },
    }
}
