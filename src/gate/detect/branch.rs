//! What the names of the head branch and of labels say.

use super::UNSPECIFIED;
use super::catalogue::Catalogue;
use super::evidence::{Channel, Evidence, Place, Strength};
use super::text::excerpt;

/// Evidence in the name of the head branch. Only forms that agents make themselves gate, such as `claude/…`: people
/// call branches `cursor-blink` for the thing they work on.
pub fn branch_evidence(name: &str, catalogue: &Catalogue) -> Vec<Evidence> {
    let gating = catalogue.branches.tools(name);
    let weak = catalogue.weak_branches.tools(name).into_iter().filter(|tool| !gating.contains(tool));
    let gating = gating.iter().map(|tool| (*tool, true));
    let found = gating.chain(weak.map(|tool| (tool, false)));
    found
        .map(|(tool, gates)| Evidence {
            channel: Channel::Branch,
            tool: catalogue.id(tool).to_owned(),
            place: Place::Branch,
            text: excerpt(name),
            strength: if gates { Strength::Context } else { Strength::Hint },
            gates,
            autonomous: false,
        })
        .collect()
}

/// Evidence in a label. "ai-assisted" is somebody's declaration; a tool's name may only be the topic.
pub fn label_evidence(label: &str, catalogue: &Catalogue) -> Vec<Evidence> {
    let tools = catalogue.labels.tools(label.trim());
    let evidence = |tool| {
        let id = catalogue.id(tool);
        let is_declaration = id == UNSPECIFIED;
        Evidence {
            channel: Channel::Label,
            tool: id.to_owned(),
            place: Place::Label,
            text: excerpt(label),
            strength: if is_declaration { Strength::Declared } else { Strength::Hint },
            gates: is_declaration,
            autonomous: false,
        }
    };
    tools.into_iter().map(evidence).collect()
}
