//! The server's configuration and directory, as files and values.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use seconder::config::{Config, EngineLimits, GitHubHost, GitLabHost, NamedText, Sweep};
use seconder::sandbox::Sandbox;
use secrecy::SecretString;

use super::{PUBLIC_URL, World, who};

/// What the server is given to read.
pub(super) struct Files<'a> {
    pub(super) forge: &'a Sandbox,
    pub(super) folder: &'a std::path::Path,
    pub(super) world: &'a World,
}

impl Files<'_> {
    fn host(&self) -> String {
        self.forge.web_url().split_once("://").unwrap().1.to_owned()
    }

    pub(super) fn write_directory(&self, text: Option<&str>) {
        let text = text.map_or_else(|| self.usual_directory(), |text| self.fill_in(text));
        std::fs::write(self.folder.join("directory.yml"), text).unwrap();
    }

    /// Puts numbers in the place of `${login}`.
    fn fill_in(&self, text: &str) -> String {
        let host = self.host();
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').unwrap();
            filled.push_str(before);
            match name {
                "host" => filled.push_str(&host),
                login => write!(filled, "\"{host}/{}\"", who(self.forge, login).id).unwrap(),
            }
            rest = after;
        }
        filled + rest
    }

    fn usual_directory(&self) -> String {
        let mut accounts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for login in self.world.tiers.iter().flat_map(|(_, logins)| logins) {
            accounts.entry(login).or_default().push(login);
        }
        for (first, second) in &self.world.second_accounts {
            accounts.entry(first).or_default().push(second);
        }
        let mut text = "version: 1\ntiers: [junior, mid, senior, principal]\npeople:\n".to_owned();
        for (person, logins) in accounts {
            let list: Vec<String> = logins.iter().map(|login| format!("${{{login}}}")).collect();
            writeln!(text, "- {{ id: {person}, accounts: [{}] }}", list.join(", ")).unwrap();
        }
        text.push_str("groups:\n");
        for (tier, logins) in &self.world.tiers {
            writeln!(text, "- {{ id: {tier}s, vouched: true, members: [{}] }}", logins.join(", ")).unwrap();
        }
        text.push_str("tier_rules:\n");
        for (tier, _) in &self.world.tiers {
            writeln!(text, "- {{ id: are-{tier}, groups: [{tier}s], tier: {tier} }}").unwrap();
        }
        self.fill_in(&text)
    }

    fn github(&self) -> GitHubHost {
        let (app, api) = (self.forge.app(), self.forge.api_url());
        GitHubHost {
            api_url: if self.world.enterprise_server { format!("{api}/api/v3") } else { api },
            app_id: app.id,
            private_key: SecretString::from(app.private_key_pem),
            webhook_secrets: vec![SecretString::from(app.webhook_secret)],
            owners: vec!["acme".to_owned()],
        }
    }

    fn gitlab(&self) -> GitLabHost {
        GitLabHost {
            url: self.forge.web_url(),
            token: SecretString::from(self.forge.bot_token()),
            webhook_signing_tokens: vec![SecretString::from(self.forge.signing_token())],
            webhook_secret_tokens: Vec::new(),
            owners: vec!["acme".to_owned()],
            policy_project: "seconder-policy".to_owned(),
            job_audience: PUBLIC_URL.to_owned(),
        }
    }

    pub(super) fn config(&self, store_url: &str) -> Config {
        let request_timeout = self.world.request_timeout;
        Config {
            listen: "127.0.0.1:0".to_owned(),
            public_url: PUBLIC_URL.to_owned(),
            store_url: SecretString::from(store_url),
            github: if self.forge.is_gitlab() { Vec::new() } else { vec![self.github()] },
            gitlab: if self.forge.is_gitlab() { vec![self.gitlab()] } else { Vec::new() },
            directory_files: vec![self.folder.join("directory.yml")],
            agents_files: if self.world.agents.is_some() { vec![self.folder.join("agents.yml")] } else { Vec::new() },
            floor: self.world.floor.clone().map(|text| NamedText { name: "floor.yml".to_owned(), text }),
            organisation_policy: self.world.organisation_policy,
            check_name: "seconder".to_owned(),
            names_candidates: self.world.names_candidates,
            engine: EngineLimits { workers: 2, request_timeout, lease: request_timeout * 3 },
            sweep: Sweep { changes_every: Duration::from_mins(30), deliveries_every: Duration::from_mins(5) },
            tiers_shown_for: self.world.tiers_shown_for.clone(),
        }
    }
}
