//! Accounts, as far as they are known without asking a forge.

use anyhow::bail;

use crate::gate::change::{Actor, ActorKind};
use crate::gate::ids::{AccountId, Host, Login};
use crate::gate::policy::diagnostic::harmless;

/// Stands for the number of an account of which only the login is known. No forge gives it.
const NO_NUMBER: i64 = i64::MAX;

/// The account that opened a change, or that pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    /// Empty where only the number is known.
    pub(super) login: String,
    pub(super) id: Option<i64>,
    pub(super) is_bot: bool,
}

/// The account that somebody names by login or number.
pub(super) fn named(given: &str) -> anyhow::Result<Account> {
    let given = given.trim().trim_start_matches('@');
    if let Ok(id) = given.parse::<i64>() {
        if id <= 0 {
            bail!("--opener: {id} is no account's number");
        }
        return Ok(Account { login: String::new(), id: Some(id), is_bot: false });
    }
    let name = given.strip_suffix("[bot]").unwrap_or(given);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 255 || !name.chars().all(is_plain) {
        bail!("--opener: `{}` is neither a login nor a number", harmless(given));
    }
    Ok(Account { login: given.to_owned(), id: None, is_bot: name != given })
}

impl Account {
    /// As the gate knows accounts.
    pub(super) fn actor(&self, host: &Host) -> Actor {
        let id = self.id.unwrap_or(NO_NUMBER);
        let login = if self.login.is_empty() { format!("account {id}") } else { self.login.clone() };
        Actor {
            account: AccountId::new(host.clone(), id),
            login: Login::from(login.as_str()),
            kind: if self.is_bot { ActorKind::Bot } else { ActorKind::User },
        }
    }
}
