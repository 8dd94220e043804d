//! The evidence of single commits, as text or JSON Lines.

use std::io::Write;

use crate::cli::detect;
use crate::gate::detect::Level;
use crate::gate::policy::diagnostic::harmless;
use crate::history::sha;
use crate::scan::{CAVEAT, Found};

/// Writes one commit and its evidence.
pub(super) fn write(found: &Found, is_json: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let sha = sha(found.id);
    if is_json {
        return detect::write_found(&sha, &found.evidence, &found.operators, out);
    }
    let level = found.level();
    let word = if level == Level::None && !found.evidence.is_empty() { "shown only" } else { level.as_str() };
    writeln!(out, "{sha} {word}")?;
    for piece in &found.evidence {
        let place = detect::place(piece);
        let strength = serde_json::to_value(piece.strength)?;
        let strength = strength.as_str().unwrap_or_default();
        writeln!(out, "  {place:<12} {:<16} {strength:<10} {}", harmless(&piece.tool), harmless(&piece.text))?;
    }
    if found.evidence.is_empty() {
        writeln!(out, "  no evidence. {CAVEAT}")?;
    }
    Ok(())
}

/// Writes what was walked, after the last commit. JSON Lines hold commits only.
pub(super) fn write_end(
    commits: u64,
    unreadable: u64,
    is_shallow: bool,
    is_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    if is_json {
        return Ok(());
    }
    writeln!(out, "\n{commits} commits were looked at.")?;
    if unreadable > 0 {
        writeln!(out, "{unreadable} commits could not be read.")?;
    }
    if is_shallow {
        writeln!(out, "The clone is shallow: older commits are not here.")?;
    }
    writeln!(out, "{CAVEAT}")?;
    Ok(())
}
