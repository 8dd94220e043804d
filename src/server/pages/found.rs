//! Who sees which page.

use jiff::Timestamp;
use serde::Deserialize;

use crate::gate::explain::page::Audience;
use crate::gate::ids::{ChangeKey, RepoId};
use crate::server::Server;
use crate::store::{self, StoredPage};

/// What a link says.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Link {
    /// The number of the repository, which survives its names.
    repository: Option<i64>,
    signature: Option<String>,
}

/// What a link leads to.
pub(super) enum Found {
    /// A page.
    Page {
        page: Box<StoredPage>,
        change: ChangeKey,
        audience: Audience,
        /// Whether everybody sees it.
        is_public: bool,
    },
    /// The link was good, and is too old.
    Old,
    /// Nothing that this link opens. Whether there is anything is not told.
    Nothing,
}

/// Finds the page that a path and a link lead to.
pub(super) async fn find(
    server: &Server,
    (host, owner, name, number): &(String, String, String, String),
    link: &Link,
    now: Timestamp,
) -> Result<Found, store::Error> {
    let Some(((host, owners), number)) = server.served(host).zip(whole(number)) else { return Ok(Found::Nothing) };
    let named = match link.repository {
        Some(id) if id > 0 => server.store.page_repository(&RepoId::new(host.clone(), id)).await?,
        Some(_) => return Ok(Found::Nothing),
        None => server.store.page_repository_named(host, &format!("{owner}/{name}")).await?,
    };
    let repo = match (&named, link.repository) {
        (Some(named), _) => named.repo.clone(),
        (None, Some(id)) => RepoId::new(host.clone(), id),
        (None, None) => return Ok(Found::Nothing),
    };
    if let Some(named) = &named
        && !owners.hold(&named.owner, &server.store).await?
    {
        return Ok(Found::Nothing);
    }
    let change = ChangeKey { repo, number };
    // Of a repository that nobody knows any more it is not known that everybody may see it.
    let is_public = named.as_ref().is_some_and(|repository| repository.is_public);
    let is_signed = link.signature.as_deref().is_some_and(|signature| server.pages.key.opens(&change, signature));
    if !is_public && !is_signed {
        return Ok(Found::Nothing);
    }
    let Some(page) = server.store.page(&change).await? else { return Ok(Found::Nothing) };
    let is_old = |closed: Timestamp| closed.saturating_add(store::PAGES_KEPT).is_ok_and(|until| now >= until);
    if !is_public && page.closed_at.is_some_and(is_old) {
        return Ok(Found::Old);
    }
    // A link that was made while the repository was private stands in checks that everybody sees once it is public.
    let is_insiders = match named {
        Some(repository) if !is_public => server.pages.shows_tiers.hold(&repository.owner, &server.store).await?,
        _ => false,
    };
    let audience = if is_insiders { Audience::Insiders } else { Audience::Anybody };
    Ok(Found::Page { page: Box::new(page), change, audience, is_public })
}

/// A number as links have it: without signs, spaces or zeros before it.
fn whole(number: &str) -> Option<i64> {
    let is_plain = !number.starts_with('0') && number.bytes().all(|digit| digit.is_ascii_digit());
    number.parse().ok().filter(|number| is_plain && *number > 0)
}
