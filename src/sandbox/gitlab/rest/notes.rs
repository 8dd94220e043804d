//! Notes on merge requests, and emojis on them.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::requests::named;
use super::{given, here, nothing, number, page};
use crate::sandbox::gitlab::access::{
    MAINTAINER, OWNER, REPORTER, forbidden, invalid, missing, unauthorized, user, writer,
};
use crate::sandbox::gitlab::shapes::{Note, time};
use crate::sandbox::gitlab::state::RequestId;
use crate::sandbox::http::{Answer, Ask, Refusal, Reply};
use crate::sandbox::world::World;

/// The notes of a merge request that the caller may see.
fn seen(world: &World, ask: &Ask, id: RequestId) -> Result<Vec<Note>, Refusal> {
    let level = world.level(here(world, id.0)?, user(ask)?);
    Ok(world.notes(id).into_iter().filter(|note| !note.internal || level >= REPORTER).collect())
}

pub(super) fn list(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let mut notes = seen(world, ask, id)?;
    let filter = ask.asked("activity_filter");
    notes.retain(|note| match filter {
        Some("only_comments") => !note.system,
        Some("only_activity") => note.system,
        _ => true,
    });
    if ask.asked("order_by") == Some("updated_at") {
        notes.sort_by_key(|note| (note.body.updated_at, note.id));
    }
    if ask.asked("sort") != Some("asc") {
        notes.reverse();
    }
    page(ask, &notes, |note| world.note_json(id, note))
}

fn found(world: &World, ask: &Ask, id: RequestId) -> Result<Note, Refusal> {
    let wanted = number(ask, "note_id")?;
    seen(world, ask, id)?.into_iter().find(|note| note.id == wanted).ok_or_else(|| missing("Note"))
}

pub(super) fn one(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let note = found(world, ask, id)?;
    Answer::ok(world.note_json(id, &note))
}

pub(super) fn create(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let user = writer(world, ask)?;
    let body = given(ask, "body").ok_or_else(|| invalid("body is missing"))?;
    if body.trim().is_empty() {
        let note = json!({ "note": ["can't be blank"] });
        return Err(Refusal::of_gitlab(StatusCode::BAD_REQUEST, json!({ "message": note })));
    }
    let internal = given(ask, "internal").is_some_and(|text| text == "true");
    let level = world.level(here(world, id.0)?, user);
    // Only owners say when it was.
    let at = given(ask, "created_at").and_then(|at| at.parse().ok()).filter(|_| level >= OWNER);
    let note = world.write_note(user, id, &body, internal, at).ok_or_else(|| missing(""))?;
    let note = world.notes(id).into_iter().find(|one| one.id == note).ok_or_else(|| missing("Note"))?;
    Answer::created(world.note_json(id, &note))
}

/// Authors edit their notes, Maintainers edit anybody's.
fn may_change(world: &World, ask: &Ask, id: RequestId, note: &Note) -> Result<u64, Refusal> {
    let user = writer(world, ask)?;
    let level = world.level(here(world, id.0)?, user);
    let may = !note.system && (note.author == user || level >= MAINTAINER);
    if may { Ok(user) } else { Err(if level == 0 { unauthorized() } else { forbidden() }) }
}

pub(super) fn update(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let note = found(world, ask, id)?;
    let user = may_change(world, ask, id, &note)?;
    let body = given(ask, "body").ok_or_else(|| invalid("body is missing"))?;
    let changed = if note.diff {
        world.edit_line_comment(user, note.id, &body)
    } else {
        world.edit_comment(user, note.id, &body)
    };
    let note = found(world, ask, id).ok().filter(|_| changed).ok_or_else(|| missing("Note"))?;
    Answer::ok(world.note_json(id, &note))
}

pub(super) fn delete(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let note = found(world, ask, id)?;
    let user = may_change(world, ask, id, &note)?;
    if world.delete_comment(user, note.id) { nothing() } else { Err(missing("Note")) }
}

fn emoji_json(world: &World, note: u64, reaction: &crate::sandbox::pulls::Reaction) -> Value {
    json!({
        "id": reaction.id,
        "name": reaction.content,
        "user": world.user_json(reaction.author),
        "created_at": time(reaction.created_at),
        "updated_at": time(reaction.created_at),
        "awardable_id": note,
        "awardable_type": "Note",
        "url": null,
    })
}

pub(super) fn emojis(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let note = found(world, ask, id)?;
    let given = world.comment_mut(note.id).map(|comment| comment.reactions.clone()).unwrap_or_default();
    page(ask, &given, |reaction| emoji_json(world, note.id, reaction))
}

pub(super) fn award(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let note = found(world, ask, id)?;
    let user = writer(world, ask)?;
    let name = given(ask, "name").ok_or_else(|| invalid("name is missing"))?;
    let (reaction, is_new) = world.react(user, note.id, &name).ok_or_else(|| missing("Note"))?;
    if !is_new {
        let taken = json!({ "message": "404 Award Emoji Name has already been taken Not Found" });
        return Err(Refusal::of_gitlab(StatusCode::NOT_FOUND, taken));
    }
    Answer::created(emoji_json(world, note.id, &reaction))
}
