//! What a document costs, by GitHub's published formula.

use std::collections::HashMap;

use apollo_compiler::Node as AstNode;
use apollo_compiler::ast::{FragmentDefinition, Selection};
use serde_json::{Map, Value};

use super::execute::literal;

/// The most objects that one document may ask for.
pub(super) const MAX_NODES: u64 = 500_000;

/// Requests for connections that a server would need, and objects they could bring.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    requests: u64,
    pub(super) nodes: u64,
}

impl Cost {
    /// A point per hundred requests, and at least one.
    pub(super) fn points(self) -> u32 {
        let points = (self.requests + 50) / 100;
        u32::try_from(points).unwrap_or(u32::MAX).max(1)
    }
}

pub(super) struct Estimate<'a> {
    pub(super) fragments: &'a HashMap<String, AstNode<FragmentDefinition>>,
    pub(super) variables: &'a Map<String, Value>,
}

impl Estimate<'_> {
    /// Adds up a selection that is answered `times` times.
    pub(super) fn add(&self, selections: &[Selection], times: u64, cost: &mut Cost) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    let size = field.arguments.iter().filter(|one| matches!(one.name.as_str(), "first" | "last"));
                    let size = size.filter_map(|one| literal(&one.value, self.variables).as_u64()).max();
                    let below = match size {
                        Some(size) => {
                            cost.requests = cost.requests.saturating_add(times);
                            let below = times.saturating_mul(size);
                            cost.nodes = cost.nodes.saturating_add(below);
                            below
                        }
                        None => times,
                    };
                    self.add(&field.selection_set, below, cost);
                }
                Selection::InlineFragment(inline) => self.add(&inline.selection_set, times, cost),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(spread.fragment_name.as_str()) {
                        self.add(&fragment.selection_set, times, cost);
                    }
                }
            }
        }
    }
}
