//! Files that a command is given: read whole, within bounds, or refused with their names.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::gate::policy::diagnostic::{Diagnostic, Position, harmless};

/// A file that could be opened, and what it holds: text, or a finding that says why it is none.
#[derive(Debug)]
pub(super) struct Input {
    /// As it was given; `stdin` for `-`.
    pub(super) name: String,
    pub(super) content: Result<String, Diagnostic>,
    /// Whether it comes with the program.
    pub(super) is_built_in: bool,
}

impl Input {
    /// A text that comes with the program.
    pub(super) fn built_in(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), content: Ok(text.to_owned()), is_built_in: true }
    }

    /// What is to be shown of it.
    pub(super) fn text(&self) -> &str {
        self.content.as_deref().unwrap_or_default()
    }
}

/// Reads these files, each up to this many bytes. `-` is standard input.
///
/// # Errors
///
/// Files that cannot be read at all: one line for each of them.
pub(super) fn read_all(paths: &[PathBuf], max_bytes: usize) -> anyhow::Result<Vec<Input>> {
    if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
        bail!("standard input (`-`) can be read only once");
    }
    let (mut inputs, mut unreadable) = (Vec::new(), Vec::new());
    for path in paths {
        match read(path, max_bytes) {
            Ok(input) => inputs.push(input),
            Err(error) => unreadable.push(format!("{error:#}")),
        }
    }
    if unreadable.is_empty() { Ok(inputs) } else { bail!("{}", unreadable.join("\nseconder: ")) }
}

/// Reads one file.
pub(super) fn read(path: &Path, max_bytes: usize) -> anyhow::Result<Input> {
    let name = if is_stdin(path) { "stdin".to_owned() } else { path.display().to_string() };
    let bytes = if is_stdin(path) { bytes(io::stdin().lock(), max_bytes) } else { open(path, max_bytes) };
    let bytes = bytes.map_err(|error| reason(&error)).with_context(|| format!("cannot read {}", harmless(&name)))?;
    let content = text(&name, bytes, max_bytes);
    Ok(Input { name, content, is_built_in: false })
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn open(path: &Path, max_bytes: usize) -> io::Result<Vec<u8>> {
    bytes(File::open(path)?, max_bytes)
}

/// One byte more than is allowed shows that there is more; some files never end.
fn bytes(source: impl Read, max_bytes: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    source.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn reason(error: &io::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::NotFound => anyhow::anyhow!("there is no such file"),
        ErrorKind::IsADirectory => anyhow::anyhow!("it is a directory; name a file in it"),
        ErrorKind::PermissionDenied => anyhow::anyhow!("permission denied"),
        _ => anyhow::anyhow!("{error}"),
    }
}

fn text(name: &str, bytes: Vec<u8>, max_bytes: usize) -> Result<String, Diagnostic> {
    if bytes.len() > max_bytes {
        let message = format!("the file is larger than {} KiB, the most that is read", max_bytes / 1024);
        return Err(Diagnostic::error(name, Position::START, &message).help("split it, or shorten it"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let good = std::str::from_utf8(good).unwrap_or_default();
        Diagnostic::error(name, end_of(good), "the file is not UTF-8 text from here on").help("save it as UTF-8")
    })
}

/// The place after the last character of this text.
fn end_of(text: &str) -> Position {
    let bounded = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let last = text.rsplit('\n').next().unwrap_or_default();
    Position { line: bounded(text.matches('\n').count() + 1), column: bounded(last.chars().count() + 1) }
}
