//! Path and branch patterns: a small, anchored subset of what `.gitignore` knows.
//!
//! A pattern starts at the root of the repository. `*` and `?` stay within one folder, `**` crosses folders, `{a,b}` and
//! `[a-z]` choose, a trailing `/` means everything below. There is no negation: rules only add.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::gate::yaml::Spanned;

use super::diagnostic::Findings;

/// The longest pattern, in bytes. A glob becomes a regular expression; its size must stay bounded.
const MAX_PATTERN_BYTES: usize = 256;

/// Patterns, and how they were written.
#[derive(Debug, Clone)]
pub struct Paths {
    /// As written.
    pub patterns: Vec<String>,
    /// Compiled.
    pub set: GlobSet,
}

/// What a pattern means that names a folder without saying so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folders {
    /// Itself and everything below it, as in `.gitignore`. For conditions: they should rather hold too often.
    Below,
    /// Nothing but itself. For exemptions and branches: they should rather hold too seldom.
    Exact,
}

impl Paths {
    /// Whether one of the patterns matches.
    pub fn matches(&self, path: &str) -> bool {
        self.set.is_match(path)
    }

    /// Compiles patterns, or says what is wrong with them.
    pub fn compile(list: &Spanned<Vec<Spanned<String>>>, folders: Folders, findings: &mut Findings) -> Option<Self> {
        if list.value.is_empty() {
            findings.error(list.at, "no pattern is named", "leave the key out if nothing is meant");
            return None;
        }
        let mut set = GlobSetBuilder::new();
        let mut is_good = true;
        for pattern in &list.value {
            match compile(&pattern.value, folders) {
                Ok(globs) => globs.into_iter().for_each(|glob| {
                    set.add(glob);
                }),
                Err(Invalid { message, help }) => {
                    is_good = false;
                    findings.error(pattern.at, &format!("the pattern `{}` {message}", pattern.value), help);
                }
            }
        }
        let patterns = list.value.iter().map(|pattern| pattern.value.clone()).collect();
        match set.build() {
            Ok(set) if is_good => Some(Self { patterns, set }),
            Ok(_) => None,
            Err(_) => {
                findings.error(list.at, "these patterns are too large together", "write fewer or simpler ones");
                None
            }
        }
    }
}

struct Invalid {
    message: String,
    help: &'static str,
}

fn compile(pattern: &str, folders: Folders) -> Result<Vec<Glob>, Invalid> {
    let invalid = |message: &str, help| Err(Invalid { message: message.to_owned(), help });
    if pattern.len() > MAX_PATTERN_BYTES {
        return invalid("is too long", "write a shorter one");
    }
    if pattern.starts_with('!') {
        return invalid("negates", "patterns only add: name what is meant, or write an `exempt`");
    }
    let from_root = pattern.strip_prefix('/').unwrap_or(pattern);
    let (stem, is_folder) = from_root.strip_suffix('/').map_or((from_root, false), |stem| (stem, true));
    if stem.is_empty() {
        return invalid("is empty", "write `**` for everything");
    }
    if stem.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return invalid("has an empty part, `.` or `..`", "write the path as the repository lists it");
    }
    let globs = match folders {
        // The folder itself too: it may be a submodule or a link.
        Folders::Below => {
            let folder = stem.strip_suffix("/**").unwrap_or(stem);
            vec![folder.to_owned(), format!("{folder}/**")]
        }
        Folders::Exact if is_folder => vec![format!("{stem}/**")],
        Folders::Exact => vec![stem.to_owned()],
    };
    globs.iter().map(|glob| build(glob)).collect::<Result<_, _>>().map_err(|error| Invalid {
        message: format!("is not a glob: {}", error.kind()),
        help: "`*` stays within a folder, `**` crosses folders, `{a,b}` and `[a-z]` choose",
    })
}

fn build(glob: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(glob).literal_separator(true).backslash_escape(true).build()
}
