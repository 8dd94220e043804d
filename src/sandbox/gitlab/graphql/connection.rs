//! Connections: windows on lists. Unlike GitHub, GitLab needs no size, and cuts one that is too large.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::node::{Node, Resolved};
use crate::sandbox::graphql::{Args, Out, Trouble};

/// The most that is given at once.
const MAX_PAGE: usize = 100;

#[derive(Debug, Clone)]
pub(super) struct Connection {
    pub(super) type_name: &'static str,
    total: usize,
    /// Position of the first item shown.
    start: usize,
    items: Vec<Node>,
}

fn cursor(position: usize) -> String {
    URL_SAFE_NO_PAD.encode(json!({ "id": position.to_string() }).to_string())
}

fn position(cursor: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let value: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    value["id"].as_str()?.parse().ok()
}

/// The window of `items` that the arguments ask for.
pub(super) fn connection(type_name: &'static str, items: Vec<Node>, args: &Args) -> Resolved {
    let total = items.len();
    let at = |name: &str| match args.text(name).filter(|text| !text.is_empty()).map(position) {
        Some(None) => {
            Err(Trouble::Field { kind: "ArgumentError", message: "Please provide a valid cursor".to_owned() })
        }
        Some(found) => Ok(found),
        None => Ok(None),
    };
    let mut from = at("after")?.map_or(0, |position| position + 1).min(total);
    let mut to = at("before")?.unwrap_or(total).min(total).max(from);
    let size = |name: &str| args.number(name).map(|size| usize::try_from(size).unwrap_or(MAX_PAGE).min(MAX_PAGE));
    match (size("first"), size("last")) {
        (_, Some(last)) => from = from.max(to.saturating_sub(last)),
        (first, None) => to = to.min(from + first.unwrap_or(MAX_PAGE)),
    }
    let items = items.into_iter().skip(from).take(to - from).collect();
    Ok(Out::Node(Node::Connection(Box::new(Connection { type_name, total, start: from, items }))))
}

impl Connection {
    pub(super) fn field(&self, name: &str) -> Resolved {
        let shown = self.items.len();
        match name {
            "count" => Ok(Out::from(self.total)),
            "nodes" => Ok(Out::List(self.items.iter().cloned().map(Out::Node).collect())),
            "pageInfo" => Ok(Out::Node(Node::PageInfo {
                start: (shown > 0).then(|| cursor(self.start)),
                end: (shown > 0).then(|| cursor(self.start + shown - 1)),
                next: self.start + shown < self.total,
                previous: self.start > 0,
            })),
            _ => Err(Trouble::UnknownField),
        }
    }
}
