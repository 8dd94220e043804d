//! Our own structs for what GitHub's API answers: the fields that are used, and no others.

use crate::gate::change::ActorKind;

/// GitHub's kinds of accounts: `type` of REST and webhooks, `__typename` of GraphQL.
pub(super) fn actor_kind(kind: &str) -> ActorKind {
    match kind {
        "User" => ActorKind::User,
        "Bot" => ActorKind::Bot,
        "Mannequin" => ActorKind::Mannequin,
        "Organization" => ActorKind::Organization,
        _ => ActorKind::Other,
    }
}
