//! What a file says that the levels above it do not let it say. Only the highest file can relax.

use crate::gate::policy::diagnostic::{Diagnostic, Findings};
use crate::gate::policy::schema::{PolicyFile, Sha, VERSION};
use crate::gate::policy::{Mode, Policy};
use crate::gate::yaml;

/// Settings of this file that have no effect under what the levels above it make together, as warnings.
pub fn without_effect(file_name: &str, text: &str, above: &Policy) -> Vec<Diagnostic> {
    let Ok(file) = yaml::parse_version::<PolicyFile>(file_name, text, VERSION, yaml::MAX_BYTES) else {
        return Vec::new();
    };
    let mut findings = Findings::new(file_name);
    let help = "only the highest level can relax this: state it there, or leave it out here";
    let mut warn = |at, message: &str| findings.warning(at, &format!("this has no effect: {message}"), help);
    if let Some(disclosure) = file.disclosure.as_ref().filter(|_| above.disclosure_required)
        && !disclosure.required.value
    {
        warn(disclosure.required.at, "the levels above require a disclosure");
    }
    if let Some(sha) = file.approve.as_ref().and_then(|approve| approve.sha.as_ref())
        && sha.value == Sha::Optional
        && above.approve.sha_required
    {
        warn(sha.at, "the levels above require that a command names the commit");
    }
    if let Some(suggestions) = &file.suggestions {
        let (lines, most) = (suggestions.lines.value, above.suggestion_lines);
        if lines > i64::from(most) {
            warn(suggestions.lines.at, &format!("the levels above allow {most} suggested lines, not {lines}"));
        }
    }
    if let Some(mode) = file.mode.filter(|mode| mode.value == Mode::Preview && above.mode == Mode::Enforce) {
        warn(mode.at, "the levels above enforce");
    }
    findings.finish().unwrap_or_else(|findings| findings)
}
