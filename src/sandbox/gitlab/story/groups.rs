//! Groups as people come and go, and as they are renamed and replaced. Of what is done here nobody is told: deliveries are
//! those of [`Sandbox::team`] and its likes.

use crate::sandbox::accounts::Account;
use crate::sandbox::handle::Sandbox;
use crate::sandbox::story::{check, must};

impl Sandbox {
    /// Takes somebody out of a group or subgroup, of which no hook is told.
    pub fn remove_role(&self, place: &str, account: &Account) {
        self.act(|world| {
            world.clock.tick();
            let id = must(world.place(place), "no such project or group");
            world.gitlab.levels.remove(&(id, account.id));
            if let Some(team) = world.accounts.teams.get_mut(&id) {
                team.members.remove(&account.id);
            }
        });
    }

    /// An administrator gives an account this state: `active`, `blocked`, `deactivated`, `banned`, …
    pub fn set_state(&self, account: &Account, state: &'static str) {
        self.act(|world| {
            world.clock.tick();
            world.gitlab.states.insert(account.id, state);
        });
    }

    /// A membership is this from now on: `active`, or `awaiting` while an owner has to admit the member.
    pub fn set_membership(&self, place: &str, account: &Account, state: &'static str) {
        self.act(|world| {
            world.clock.tick();
            let id = must(world.place(place), "no such project or group");
            world.gitlab.memberships.insert((id, account.id), state);
        });
    }

    /// The number of a group or subgroup.
    pub fn group_id(&self, path: &str) -> u64 {
        must(self.world().place(path), "no such group")
    }

    /// Gives a subgroup another path; its number stays.
    pub fn rename_group(&self, path: &str, slug: &str) {
        self.act(|world| {
            world.clock.tick();
            let id = must(world.place(path), "no such group");
            let team = must(world.accounts.teams.get_mut(&id), "only subgroups are renamed");
            slug.clone_into(&mut team.slug);
        });
    }

    /// Deletes a subgroup.
    pub fn delete_group(&self, path: &str) {
        self.act(|world| {
            world.clock.tick();
            let id = must(world.place(path), "no such group");
            check(world.accounts.teams.remove(&id).is_some(), "only subgroups are deleted");
        });
    }
}
