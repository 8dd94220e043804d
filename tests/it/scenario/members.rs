//! Groups of a GitLab as a source of the directory, end to end.

mod holds;
mod readings;
mod seniors;

use jiff::SignedDuration;

use crate::world::Scene;

/// A directory of groups alone: jo is a junior, and whoever is in `acme/seniors` a senior.
fn directory(more_of_the_group: &str) -> String {
    people(more_of_the_group, "- { id: jo, accounts: [${jo}] }\n")
}

fn people(more_of_the_group: &str, people: &str) -> String {
    format!(
        "version: 1\ntiers: [junior, mid, senior, principal]\npeople:\n{people}groups:\n\
         - {{ id: seniors, vouched: true, gitlab: {{ host: \"${{host}}\", group: acme/seniors{more_of_the_group} }} }}\n\
         tier_rules:\n- {{ id: are-senior, groups: [seniors], tier: senior }}\n"
    )
}

const GROUP: &str = "acme/seniors";

const STRANGER: &str = "not linked to anybody in the directory";

impl Scene {
    /// These people are members of `acme/seniors` from now on, of which GitLab tells.
    pub(super) async fn seniors(&self, logins: &[&str]) {
        let acme = self.organisation("acme");
        let accounts: Vec<_> = logins.iter().map(|login| self.who(login)).collect();
        self.forge.team(&acme, "seniors", &accounts.iter().collect::<Vec<_>>());
        self.quiet().await;
    }

    /// One of them leaves, of which GitLab tells.
    async fn leaves(&self, login: &str) {
        let (acme, account) = (self.organisation("acme"), self.who(login));
        self.forge.leave_team(&account, &acme, "seniors", &account);
        self.quiet().await;
    }

    /// These people join `acme/seniors`, and nothing tells of it.
    fn join_silently(&self, logins: &[String]) {
        for login in logins {
            self.forge.set_role(GROUP, &self.who(login), 30);
        }
    }

    /// How many members the only group on record has.
    async fn members(&self) -> usize {
        let readings = self.store.readings().await.unwrap();
        let [only] = readings.as_slice() else { panic!("{readings:?}") };
        only.kept.reading.members.len()
    }

    /// The forges are asked again who is in groups, as they are every five minutes.
    pub(super) async fn members_are_read(&self) {
        self.forge.advance(SignedDuration::from_mins(5));
        self.engine.sweep().await;
        self.quiet().await;
    }
}

/// So many people.
fn crowd(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("senior-{n}")).collect()
}
