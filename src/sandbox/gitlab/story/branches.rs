//! Protected branches, weakened.

use crate::sandbox::gitlab::access::DEVELOPER;
use crate::sandbox::handle::Sandbox;
use crate::sandbox::story::{check, find, must};

impl Sandbox {
    /// Somebody takes the protection of a branch away.
    pub fn open_branch(&self, project: &str, branch: &str) {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, project);
            let protected = &mut world.gitlab.project_mut(id).protected;
            let before = protected.len();
            protected.retain(|one| one.name != branch);
            check(protected.len() < before, "the branch is not protected");
        });
    }

    /// Somebody lets developers push to a protected branch.
    pub fn let_developers_push(&self, project: &str, branch: &str) {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, project);
            let protected = &mut world.gitlab.project_mut(id).protected;
            must(protected.iter_mut().find(|one| one.name == branch), "the branch is not protected").push_level =
                DEVELOPER;
        });
    }
}
