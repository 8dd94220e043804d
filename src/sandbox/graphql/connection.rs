//! Connections: windows on lists, with cursors.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::node::{Node, Out, Resolved};
use super::{Args, Trouble};

/// The most that may be asked for at once.
const MAX_PAGE: u64 = 100;

#[derive(Debug, Clone)]
pub(crate) struct Connection {
    type_name: &'static str,
    total: usize,
    /// Position of the first item shown.
    start: usize,
    items: Vec<Node>,
}

fn cursor(position: usize) -> String {
    STANDARD.encode(format!("cursor:v2:{position}"))
}

fn position(cursor: &str) -> Option<usize> {
    let bytes = STANDARD.decode(cursor).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("cursor:v2:")?.parse().ok()
}

/// The window of `items` that the arguments ask for.
pub(crate) fn connection(field: &str, type_name: &'static str, items: Vec<Node>, args: &Args) -> Resolved {
    let refuse = |kind, message| Err(Trouble::Field { kind, message });
    let (first, last) = (args.number("first"), args.number("last"));
    for (name, size) in [("first", first), ("last", last)] {
        if let Some(size) = size.filter(|size| *size > MAX_PAGE) {
            let message = format!(
                "Requesting {size} records on the `{field}` connection exceeds the `{name}` limit of {MAX_PAGE} records."
            );
            return refuse("EXCESSIVE_PAGINATION", message);
        }
    }
    let total = items.len();
    let at = |name: &str| match args.text(name).map(position) {
        Some(None) => Err(Trouble::Field {
            kind: "INVALID_CURSOR_ARGUMENTS",
            message: format!("`{}` does not appear to be a valid cursor.", args.text(name).unwrap_or_default()),
        }),
        Some(found) => Ok(found),
        None => Ok(None),
    };
    let mut from = at("after")?.map_or(0, |position| position + 1).min(total);
    let mut to = at("before")?.unwrap_or(total).min(total).max(from);
    let size = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
    match (first, last) {
        (Some(_), Some(_)) => {
            let message =
                format!("Passing both `first` and `last` to paginate the `{field}` connection is not supported.");
            return refuse("INVALID_PAGINATION_BOUNDARIES", message);
        }
        (Some(first), None) => to = to.min(from + size(first)),
        (None, Some(last)) => from = from.max(to.saturating_sub(size(last))),
        (None, None) => {
            let message =
                format!("You must provide a `first` or `last` value to properly paginate the `{field}` connection.");
            return refuse("MISSING_PAGINATION_BOUNDARIES", message);
        }
    }
    let items = items.into_iter().skip(from).take(to - from).collect();
    Ok(Out::Node(Node::Connection(Box::new(Connection { type_name, total, start: from, items }))))
}

impl Connection {
    pub(super) fn type_name(&self) -> &'static str {
        self.type_name
    }

    pub(super) fn field(&self, name: &str) -> Resolved {
        let shown = self.items.len();
        match name {
            "totalCount" => Ok(Out::from(self.total)),
            "nodes" => Ok(Out::List(self.items.iter().cloned().map(Out::Node).collect())),
            "edges" => {
                let edges = self.items.iter().enumerate().map(|(index, item)| {
                    Out::Node(Node::Edge(Box::new(item.clone()), cursor(self.start + index), self.type_name))
                });
                Ok(Out::List(edges.collect()))
            }
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

pub(super) fn page_info(start: Option<&str>, end: Option<&str>, next: bool, previous: bool, name: &str) -> Resolved {
    Ok(Out::Value(match name {
        "startCursor" => json!(start),
        "endCursor" => json!(end),
        "hasNextPage" => json!(next),
        "hasPreviousPage" => json!(previous),
        _ => return Err(Trouble::UnknownField),
    }))
}
