//! Where a GitLab is.

use http::Uri;

use crate::forge::Error;
use crate::gate::ids::Host;

/// The interfaces of one GitLab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoints {
    /// Where its pages are, without a trailing slash: with the relative root, where the instance has one.
    pub web: String,
    /// Whether it is on this machine: a proxy then has no part in it.
    pub is_local: bool,
    /// The web host: what accounts and repositories are keyed by.
    pub host: Host,
}

impl Endpoints {
    /// Reads `https://gitlab.com`, `https://gitlab.example.com`, or `https://example.com/gitlab`.
    pub(super) fn of(url: &str) -> Result<Self, Error> {
        let wrong = |why: &str| Error::broken(format!("the GitLab address {url:?}"), why);
        let uri: Uri = url.parse().map_err(|_| wrong("is not an address such as https://gitlab.com"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong("is not an address such as https://gitlab.com"));
        };
        let is_local = matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]");
        if scheme != "https" && !(scheme == "http" && is_local) {
            return Err(wrong("must begin with https://, as the token is sent there"));
        }
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(wrong("must hold neither credentials nor a query"));
        }
        let root = uri.path().trim_end_matches('/');
        if root.ends_with("/api/v4") || root.ends_with("/api") {
            return Err(wrong("leads to the API; write the address of the pages, without /api/v4"));
        }
        let authority = authority.as_str().to_ascii_lowercase();
        let host = authority.parse().map_err(|_| wrong("names no usable host"))?;
        Ok(Self { web: format!("{scheme}://{authority}{root}"), is_local, host })
    }

    /// The address of a REST call, of which `path` is what stands below `/api/v4`.
    pub(super) fn rest(&self, path: &str) -> String {
        format!("{}/api/v4{path}", self.web)
    }

    /// The address of GraphQL calls.
    pub(super) fn graphql(&self) -> String {
        format!("{}/api/graphql", self.web)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, host: &str, rest: &str) {
        let endpoints = Endpoints::of(url).unwrap();
        assert_eq!((endpoints.host.as_str(), endpoints.rest("/user").as_str()), (host, rest));
    }

    #[test]
    fn every_kind_of_gitlab_is_understood() {
        check("https://gitlab.com", "gitlab.com", "https://gitlab.com/api/v4/user");
        check("https://GitLab.example.com/", "gitlab.example.com", "https://gitlab.example.com/api/v4/user");
        check("https://example.com:8443/git", "example.com:8443", "https://example.com:8443/git/api/v4/user");
        check("http://127.0.0.1:4000", "127.0.0.1:4000", "http://127.0.0.1:4000/api/v4/user");
    }

    #[test]
    fn addresses_that_cannot_be_right_or_would_leak_the_token_are_refused() {
        for url in [
            "http://gitlab.com",
            "gitlab.com",
            "/api/v4",
            "https://me:secret@gitlab.com",
            "https://gitlab.com/api/v4",
            "https://gitlab.com?private_token=x",
            "ftp://gitlab.com",
        ] {
            assert!(matches!(Endpoints::of(url), Err(Error::Broken { .. })), "{url}");
        }
    }
}
