//! Personal data, apart from decisions: pseudonyms stand for accounts there, and the link between them can be cut.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::Store;
use super::backend::Tx;
use super::error::Error;
use super::memory::{UNKNOWN, account_column};
use crate::gate::ids::AccountId;

/// Gives an account this pseudonym unless it has one, and tells which it has.
const NAME: &str = "INSERT INTO pseudonym (host, account_id, pseudonym) VALUES ($1, $2, $3)
     ON CONFLICT (host, account_id) DO UPDATE SET pseudonym = pseudonym.pseudonym RETURNING pseudonym";

impl Store {
    /// The pseudonym of each account, made at random when it is first asked for: `p_` and 32 hex digits.
    pub async fn pseudonyms(&self, accounts: &[AccountId]) -> Result<BTreeMap<AccountId, String>, Error> {
        let mut pseudonyms = BTreeMap::new();
        for account in accounts {
            if !pseudonyms.contains_key(account) {
                pseudonyms.insert(account.clone(), self.pseudonym(account).await?);
            }
        }
        Ok(pseudonyms)
    }

    async fn pseudonym(&self, account: &AccountId) -> Result<String, Error> {
        let known = read!(
            self,
            fetch_optional,
            sqlx::query_scalar::<_, String>("SELECT pseudonym FROM pseudonym WHERE host = $1 AND account_id = $2")
                .bind(account.host.as_str())
                .bind(account.id)
        )?;
        if let Some(known) = known {
            return Ok(known);
        }
        // Another worker may ask for the same at this moment: then both get whichever was stored.
        Ok(write_one!(
            self,
            fetch_one,
            sqlx::query_scalar::<_, String>(NAME)
                .bind(account.host.as_str())
                .bind(account.id)
                .bind(format!("p_{}", Uuid::new_v4().simple()))
        )?)
    }

    /// Deletes all that links this account to what it did. Decisions stay, under a pseudonym that nobody can resolve.
    ///
    /// Where the account was a contributor, somebody unknown takes its place: to be forgotten must not turn a
    /// change's contributor into somebody who never touched it.
    pub async fn forget_account(&self, account: &AccountId) -> Result<(), Error> {
        let mut tx = self.backend.write_tx().await?;
        let who = account_column(account);
        let mut contributions = within!(
            tx,
            fetch_all,
            sqlx::query_as::<_, (String, i64, String, String)>(
                "SELECT host, repo_id, seen_on, role FROM remembered_contributor WHERE who = $1"
            )
            .bind(&who)
        )?;
        contributions.extend(pushed(&mut tx, account).await?);
        let contributions: Vec<_> = contributions.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        insert_many!(
            tx,
            "INSERT INTO remembered_contributor (host, repo_id, seen_on, role, who) ",
            contributions,
            |bind, row| {
                bind.push_bind(row.0.as_str())
                    .push_bind(row.1)
                    .push_bind(row.2.as_str())
                    .push_bind(row.3.as_str())
                    .push_bind(UNKNOWN);
            },
            " ON CONFLICT (host, repo_id, seen_on, role, who) DO NOTHING"
        );
        execute!(tx, sqlx::query("DELETE FROM remembered_contributor WHERE who = $1").bind(&who))?;
        for sql in [
            "DELETE FROM push WHERE host = $1 AND account_id = $2",
            "DELETE FROM login_pin WHERE host = $1 AND account_id = $2",
            "UPDATE landing SET account_id = NULL WHERE host = $1 AND account_id = $2",
            "UPDATE branch_rules SET moved_by = NULL WHERE host = $1 AND moved_by = $2",
            "DELETE FROM pseudonym WHERE host = $1 AND account_id = $2",
        ] {
            execute!(tx, sqlx::query(sql).bind(account.host.as_str()).bind(account.id))?;
        }
        // Pages that name the account. No text that somebody wrote can look like these: its quotes are escaped.
        for named in [format!("%\"account\":\"{account}\"%"), format!("%\"{account}\":%")] {
            let sql = "DELETE FROM change_page WHERE judged LIKE $1 OR grouped LIKE $1";
            execute!(tx, sqlx::query(sql).bind(named.as_str()))?;
        }
        tx.commit().await
    }
}

/// The pseudonym of an account, within a transaction.
pub(super) async fn pseudonym(tx: &mut Tx, account: &AccountId) -> Result<String, Error> {
    Ok(within!(
        *tx,
        fetch_one,
        sqlx::query_scalar::<_, String>(NAME)
            .bind(account.host.as_str())
            .bind(account.id)
            .bind(format!("p_{}", Uuid::new_v4().simple()))
    )?)
}

/// Heads that the account was seen pushing, as contributions to remember.
async fn pushed(tx: &mut Tx, account: &AccountId) -> Result<Vec<(String, i64, String, String)>, Error> {
    Ok(within!(
        *tx,
        fetch_all,
        sqlx::query_as::<_, (String, i64, String, String)>(
            "SELECT host, repo_id, 'commit:' || head, 'pusher' FROM push WHERE host = $1 AND account_id = $2"
        )
        .bind(account.host.as_str())
        .bind(account.id)
    )?)
}
