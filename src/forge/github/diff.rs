//! The text of the difference between two commits.

use super::Error;
use super::client::{Call, DIFF, GitHub, path};
use super::read::split_name;
use crate::gate::ids::CommitSha;
use crate::gate::witnessed::SeenRepository;

impl GitHub {
    /// What leads from the last commit that two commits have in common to the second of them, as git writes it. One
    /// call. `None` when GitHub does not show it: it is too large.
    pub async fn diff(
        &self,
        repo: &SeenRepository,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<Option<Vec<u8>>, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the difference between {} and {} in {}", base.short(), head.short(), repo.name);
        let range = format!("{base}...{head}");
        let call = Call { accept: DIFF, ..Call::get(path(&["repos", owner, name, "compare", &range], &[]), &what) };
        match self.send(repo.installation, &call).await {
            Ok(answer) => Ok(Some(answer.body)),
            Err(Error::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
