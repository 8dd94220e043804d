//! What every forge's HTTP needs: addresses and a client.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Error;

/// How the product names itself.
pub(super) const PRODUCT: &str = concat!("seconder/", env!("CARGO_PKG_VERSION"));

/// What is written as it stands in a path segment or a parameter.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path of these segments with these parameters, each encoded: a slash within a segment as well.
pub(super) fn path(segments: &[&str], parameters: &[(&str, &str)]) -> String {
    let encode = |text| utf8_percent_encode(text, UNRESERVED);
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        path.extend(encode(segment));
    }
    for (i, (key, value)) in parameters.iter().enumerate() {
        path.push(if i == 0 { '?' } else { '&' });
        path.extend(encode(key));
        path.push('=');
        path.extend(encode(value));
    }
    path
}

/// A client that gives up after `timeout`, and goes to a forge on this machine (`is_local`) without a proxy.
///
/// It follows no redirect: no address from outside is ever called with a token. A renamed repository or a GitLab that moved
/// answers with one; names are read afresh instead.
pub(super) fn transport(timeout: Duration, is_local: bool) -> Result<reqwest::Client, Error> {
    let builder = reqwest::Client::builder().user_agent(PRODUCT);
    let builder = if is_local { builder.no_proxy() } else { builder };
    builder
        .timeout(timeout)
        .connect_timeout(timeout.min(Duration::from_secs(5)))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Error::broken("the HTTP client", error.to_string()))
}
