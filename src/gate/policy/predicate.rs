//! Does a rule apply? Conditions and exemptions over plain facts.

use std::collections::BTreeSet;

use crate::gate::change::{FileChange, Files};
use crate::gate::detect::Level;
use crate::gate::ids::{AccountId, Host};
use crate::gate::people::Tier;

use super::paths::Paths;
use super::{Exempt, When};

/// The first condition that did not hold.
///
/// It has no words of its own: saying that a condition on the author's tier did not hold would give the tier away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmet {
    /// The level of assistance is lower.
    Assistance,
    /// The author's tier does not compare so.
    AuthorTier,
    /// No changed path matches.
    Paths,
}

/// Whether all conditions hold; if not, which one does not.
///
/// `author_tier` is the lowest tier of opener, pushers, operator and authors.
pub fn holds(when: &When, level: Level, author_tier: Tier, files: &Files) -> Result<(), Unmet> {
    if when.assistance.is_some_and(|least| level < least) {
        return Err(Unmet::Assistance);
    }
    if when.author_tier.is_some_and(|condition| !condition.holds(author_tier)) {
        return Err(Unmet::AuthorTier);
    }
    if when.paths.as_ref().is_some_and(|paths| !touches(paths, files)) {
        return Err(Unmet::Paths);
    }
    Ok(())
}

/// Whether this exemption holds: every contributor is listed, the file list is whole and not empty, and every path
/// matches, old and new.
///
/// `contributors` is `None` when one of them is not a known account. `host` is the change's own forge: numbers of
/// another forge mean other accounts.
pub fn exempts(exempt: &Exempt, host: &Host, contributors: Option<&BTreeSet<AccountId>>, files: &Files) -> bool {
    let Some(contributors) = contributors else { return false };
    let Files::Whole(files) = files else { return false };
    let is_listed = |account: &AccountId| account.host == *host && exempt.accounts.contains(&account.id);
    let is_covered =
        |file: &FileChange| exempt.paths.as_ref().is_none_or(|paths| both(file).all(|path| paths.matches(path)));
    !contributors.is_empty() && contributors.iter().all(is_listed) && !files.is_empty() && files.iter().all(is_covered)
}

/// Whether a path matches. A list that is not whole may hold anything, so everything matches it.
fn touches(paths: &Paths, files: &Files) -> bool {
    match files {
        Files::Whole(files) => files.iter().flat_map(both).any(|path| paths.matches(path)),
        Files::Truncated { .. } => true,
    }
}

/// A file's path, and the one it had before.
fn both(file: &FileChange) -> impl Iterator<Item = &str> {
    std::iter::once(file.path.as_str()).chain(file.previous_path.as_deref())
}
