//! The merge queue: forming groups, and what the check of a group says.

use seconder::sandbox::{CheckRun, MergeGroup, NewGroup};

use super::{Change, REPOSITORY, Scene, said};

/// The numbers of these changes.
pub(crate) fn numbers(changes: &[&Change]) -> Vec<u64> {
    changes.iter().map(|change| change.number).collect()
}

impl Scene {
    /// These changes are queued together, and the group's check is asked for.
    pub(crate) async fn queue(&self, changes: &[&Change]) -> MergeGroup {
        self.queue_as(&NewGroup::of(&numbers(changes))).await
    }

    pub(crate) async fn queue_as(&self, group: &NewGroup) -> MergeGroup {
        let group = self.forge.queue(&self.who("jo"), REPOSITORY, group);
        self.patience().await;
        group
    }

    /// The check on the group's commit.
    #[track_caller]
    pub(crate) fn group_check(&self, group: &MergeGroup) -> CheckRun {
        let check = self.forge.check_run(REPOSITORY, &group.head_sha, "seconder");
        check.unwrap_or_else(|| panic!("there is no check on the group {}", group.head_ref))
    }

    /// The group's check is green, and the queue merges it.
    #[track_caller]
    pub(crate) fn expect_group_passes(&self, group: &MergeGroup) {
        let check = self.group_check(group);
        assert_eq!(check.conclusion.as_deref(), Some("success"), "{}", said(&check));
    }

    /// The group's check is not green, says this in its title or text, and the queue does not merge.
    #[track_caller]
    pub(crate) fn expect_group_held(&self, group: &MergeGroup, says: &str) {
        let check = self.group_check(group);
        assert_eq!(check.conclusion.as_deref(), Some("action_required"), "{}", said(&check));
        assert!(said(&check).contains(says), "the check does not say {says:?}:\n{}", said(&check));
        assert!(self.forge.queue_merges(group).is_err());
    }

    /// Nothing was said about the group.
    #[track_caller]
    pub(crate) fn expect_no_group_check(&self, group: &MergeGroup) {
        let check = self.forge.check_run(REPOSITORY, &group.head_sha, "seconder");
        assert!(check.is_none(), "{}", said(&check.unwrap()));
    }
}
