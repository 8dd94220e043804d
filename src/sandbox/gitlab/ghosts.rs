//! Accounts that are deleted: what they wrote becomes the ghost's, and what else they did is gone.
//! <https://docs.gitlab.com/user/profile/account/delete_account/#associated-records>

use crate::sandbox::accounts::{AccountId, AccountKind};
use crate::sandbox::world::World;

/// The account that stands for all who were deleted.
pub(super) const GHOST: &str = "ghost";

impl World {
    /// What an account that was just deleted leaves behind.
    pub(crate) fn leave_to_ghost(&mut self, gone: AccountId) {
        let known = self.accounts.by_login(GHOST).map(|ghost| ghost.id);
        let ghost = known.unwrap_or_else(|| {
            let id = self.next_id();
            self.accounts.add(id, GHOST, GHOST, AccountKind::User).id
        });
        let inherit = |author: &mut AccountId| {
            if *author == gone {
                *author = ghost;
            }
        };
        for pull in self.repositories.values_mut().flat_map(|project| project.pulls.values_mut()) {
            inherit(&mut pull.author);
            pull.comments.iter_mut().for_each(|note| inherit(&mut note.author));
            pull.line_comments.iter_mut().for_each(|note| inherit(&mut note.author));
            pull.assignees.retain(|account| *account != gone);
        }
        for request in self.gitlab.requests.values_mut() {
            request.approvals.retain(|approval| approval.user != gone);
            request.reviewers.remove(&gone);
            request.activity.iter_mut().for_each(|note| inherit(&mut note.author));
        }
    }
}
