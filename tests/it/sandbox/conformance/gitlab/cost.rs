//! What a query costs, as GitLab counts it: <https://docs.gitlab.com/api/graphql/#maximum-query-complexity>.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{Field, Selection, SelectionSet};

/// For a caller that is signed in.
pub(crate) const COST_LIMIT: u64 = 250;

/// The items of a page where a query does not say, and the most there are.
const PAGE: u64 = 100;

pub(super) fn of(document: &ExecutableDocument) -> u64 {
    document.operations.iter().map(|operation| selections(&operation.selection_set, document)).sum()
}

fn selections(set: &SelectionSet, document: &ExecutableDocument) -> u64 {
    let cost = |selection: &Selection| match selection {
        Selection::Field(one) => field(one, document),
        Selection::InlineFragment(inline) => selections(&inline.selection_set, document),
        Selection::FragmentSpread(spread) => {
            document.fragments.get(&spread.fragment_name).map_or(0, |one| selections(&one.selection_set, document))
        }
    };
    set.selections.iter().map(cost).sum()
}

fn field(field: &Field, document: &ExecutableDocument) -> u64 {
    let children = selections(&field.selection_set, document);
    let directive = field.definition.directives.get("cost");
    let says = |name: &str| directive.and_then(|one| one.specified_argument_by_name(name));
    let is = |name: &str| says(name).and_then(|value| value.to_bool()).unwrap_or_default();
    let git = u64::from(is("git"));
    if is("lookup") {
        let once = children + 1 + git;
        let is_list = field.definition.ty.inner_named_type().ends_with("Connection");
        return if is_list { once + once * items(field) / 100 } else { once };
    }
    let fixed = says("fixed").and_then(|value| value.to_i32()).and_then(|cost| u64::try_from(cost).ok());
    fixed.unwrap_or(1 + git) + children
}

/// How many items of a list are asked for at most; a number that is a variable may be as large as a page.
fn items(field: &Field) -> u64 {
    let asked = |name: &str| field.specified_argument_by_name(name)?.to_i32().and_then(|one| u64::try_from(one).ok());
    asked("first").or_else(|| asked("last")).unwrap_or(PAGE).min(PAGE)
}
