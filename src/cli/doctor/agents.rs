//! The AI tools that are looked for: the built-in ones, and the server's own files over them.

use super::finding::Finding;
use crate::engine::{Tools, ToolsError};
use crate::gate::detect::Catalogue;

const ID: &str = "agents-file";
const ABOUT: &str = "agents";

/// What is wrong with the files, and what they switch off.
pub(super) fn look(files: Vec<std::path::PathBuf>) -> Vec<Finding> {
    let has_files = !files.is_empty();
    match Tools::load(files) {
        Ok(tools) if has_files => tools
            .warnings()
            .iter()
            .map(|found| Finding::of_file(ID, ABOUT, found))
            .chain(of_catalogue(&tools.catalogue()))
            .collect(),
        // Nobody laid anything over the built-in ones.
        Ok(_) => Vec::new(),
        Err(ToolsError::Invalid(findings)) => findings.iter().map(|found| Finding::of_file(ID, ABOUT, found)).collect(),
        Err(error) => vec![
            Finding::error(ID, ABOUT, error.to_string())
                .why("the server does not start without it")
                .remedy("check agents.files in the configuration, and that the user who runs the server may read them"),
        ],
    }
}

fn of_catalogue(catalogue: &Catalogue) -> Vec<Finding> {
    let own = catalogue.tools().iter().filter(|tool| tool.file > 0).count();
    let said = format!("{} AI tools are looked for, {own} of them from your own files", catalogue.tools().len());
    let mut found = vec![Finding::ok(ID, ABOUT, said)];
    let off: Vec<&str> = catalogue.switched_off().iter().map(|tool| tool.id.as_str()).collect();
    let marks = catalogue.tools().iter().flat_map(|tool| &tool.marks).filter(|mark| !mark.is_on).count();
    if !off.is_empty() || marks > 0 {
        let what = match (off.join(", "), marks) {
            (ids, 0) => ids,
            (ids, marks) if ids.is_empty() => format!("{marks} single marks"),
            (ids, marks) => format!("{ids}, and {marks} single marks of others"),
        };
        found.push(
            Finding::info("agents-off", ABOUT, format!("switched off: {what}"))
                .why("changes that such tools made, and that show nothing else, count as made without AI")
                .remedy("`seconder agents --agents FILE` shows what is off; take it out of `off` if it is not meant"),
        );
    }
    found
}
