//! Where a GitHub keeps its interfaces: derived from one address, never taken from a payload.

use http::Uri;

use super::Error;
use crate::gate::ids::Host;

/// The interfaces of one GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoints {
    /// Scheme and authority, without a path.
    pub origin: Uri,
    /// What stands before the path of every REST call: empty, or `/api/v3` on Enterprise Server.
    pub rest_prefix: String,
    /// The path of GraphQL calls. On Enterprise Server it is not below the REST prefix.
    pub graphql_path: &'static str,
    /// Whether it is on this machine: a proxy then has no part in it.
    pub is_local: bool,
    /// The web host: what accounts and repositories are keyed by.
    pub host: Host,
}

impl Endpoints {
    /// Reads `https://api.github.com`, `https://HOST/api/v3`, `https://api.SUBDOMAIN.ghe.com`, or the address of a
    /// GitHub on this machine.
    pub(super) fn of(api_url: &str) -> Result<Self, Error> {
        let wrong = |why: &str| Error::broken(format!("the GitHub API address {api_url:?}"), why);
        let uri: Uri = api_url.parse().map_err(|_| wrong("is not an address such as https://api.github.com"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong("is not an address such as https://api.github.com"));
        };
        let is_local = matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]");
        if scheme != "https" && !(scheme == "http" && is_local) {
            return Err(wrong("must begin with https://, as tokens are sent there"));
        }
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(wrong("must hold neither credentials nor a query"));
        }
        let rest_prefix = uri.path().trim_end_matches('/').to_owned();
        let graphql_path = match rest_prefix.as_str() {
            "" => "/graphql",
            "/api/v3" => "/api/graphql",
            _ => return Err(wrong("has a path; it is /api/v3 on Enterprise Server and empty elsewhere")),
        };
        let authority = authority.as_str().to_ascii_lowercase();
        let is_cloud = |host: &str| host == "github.com" || host.ends_with(".ghe.com");
        let cloud = authority.strip_prefix("api.").filter(|host| is_cloud(host));
        match cloud {
            None if is_cloud(&authority) => {
                return Err(wrong(&format!("leads to the web pages; write https://api.{authority}")));
            }
            None if rest_prefix.is_empty() && !is_local => {
                return Err(wrong("has no path; on Enterprise Server it ends in /api/v3"));
            }
            Some(_) if !rest_prefix.is_empty() => return Err(wrong("has a path, which only Enterprise Server has")),
            _ => {}
        }
        let host = cloud.unwrap_or(&authority);
        let host = host.parse().map_err(|_| wrong("names no usable host"))?;
        let origin = format!("{scheme}://{authority}").parse().map_err(|_| wrong("names no usable host"))?;
        Ok(Self { origin, rest_prefix, graphql_path, is_local, host })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(api_url: &str, host: &str, rest_prefix: &str, graphql_path: &str) {
        let endpoints = Endpoints::of(api_url).unwrap();
        assert_eq!(endpoints.host.as_str(), host);
        assert_eq!((endpoints.rest_prefix.as_str(), endpoints.graphql_path), (rest_prefix, graphql_path));
    }

    #[test]
    fn every_kind_of_github_is_understood() {
        check("https://api.github.com", "github.com", "", "/graphql");
        check("https://api.github.com/", "github.com", "", "/graphql");
        check("https://GHE.example.com/api/v3", "ghe.example.com", "/api/v3", "/api/graphql");
        check("https://ghe.example.com:8443/api/v3/", "ghe.example.com:8443", "/api/v3", "/api/graphql");
        check("https://api.octocorp.ghe.com", "octocorp.ghe.com", "", "/graphql");
        check("https://api.example.com/api/v3", "api.example.com", "/api/v3", "/api/graphql");
        check("http://127.0.0.1:4000", "127.0.0.1:4000", "", "/graphql");
        check("http://127.0.0.1:4000/api/v3", "127.0.0.1:4000", "/api/v3", "/api/graphql");
    }

    #[test]
    fn addresses_that_cannot_be_right_or_would_leak_tokens_are_refused() {
        for api_url in [
            "http://api.github.com",
            "ftp://api.github.com",
            "api.github.com",
            "/api/v3",
            "https://me:secret@ghe.example.com/api/v3",
            "https://ghe.example.com/api/v4",
            "https://ghe.example.com/api/v3?x=1",
            "https://ghe.example.com",
            "https://github.com",
            "https://acme.ghe.com",
            "https://api.github.com/api/v3",
        ] {
            assert!(matches!(Endpoints::of(api_url), Err(Error::Broken { .. })), "{api_url}");
        }
    }
}
