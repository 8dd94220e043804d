//! One commit, as text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use gix::objs::{CommitRef, Kind};
use jiff::Timestamp;

use super::{Error, History, Id, Result, told};
use crate::gate::change::GitIdentity;

/// A commit. Text in another encoding than UTF-8 is converted if the commit names it; what makes no sense then is
/// replaced by U+FFFD.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// Its name.
    pub id: Id,
    /// The tree that it records.
    pub tree: Id,
    /// Its parents, first parent first.
    pub parents: Vec<Id>,
    /// Who wrote it, and when; no date where it makes no sense. No account: a repository knows none.
    pub author: GitIdentity,
    /// Who committed it, and when.
    pub committer: GitIdentity,
    /// The whole message.
    pub message: String,
}

impl Commit {
    /// Whether it joins other commits.
    pub fn is_merge(&self) -> bool {
        self.parents.len() > 1
    }
}

impl History {
    /// Reads a commit.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] and [`Error::Broken`].
    pub fn commit(&self, id: Id) -> Result<Commit> {
        let object = self.object(id)?;
        if object.kind != Kind::Commit {
            return Err(Error::Broken { id, why: format!("it is a {}, not a commit", object.kind) });
        }
        decoded(id, &object.data)
    }

    /// An object of any kind.
    pub(super) fn object(&self, id: Id) -> Result<gix::Object<'_>> {
        match self.repository.try_find_object(id) {
            Ok(Some(object)) => Ok(object),
            Ok(None) => Err(Error::Missing { id }),
            Err(error) => Err(Error::Broken { id, why: told(&error) }),
        }
    }
}

fn decoded(id: Id, data: &[u8]) -> Result<Commit> {
    let broken = |error: &gix::Error| Error::Broken { id, why: told(error) };
    let commit = CommitRef::from_bytes(data, id.kind()).map_err(|error| broken(&error))?;
    let encoding = commit.encoding.and_then(|label| Encoding::for_label(label)).unwrap_or(UTF_8);
    Ok(Commit {
        id,
        tree: commit.tree(),
        parents: commit.parents().collect(),
        author: identity(commit.author, encoding),
        committer: identity(commit.committer, encoding),
        message: text(commit.message, encoding).into_owned(),
    })
}

/// `NAME <ADDRESS> SECONDS OFFSET`, as far as it can be read: what wrote it may be old or careless.
fn identity(line: &[u8], encoding: &'static Encoding) -> GitIdentity {
    let line = text(line, encoding);
    let (name, rest) = line.split_once('<').unwrap_or((&line, ""));
    let (email, time) = rest.rsplit_once('>').unwrap_or((rest, ""));
    let seconds = time.split_whitespace().next().and_then(|seconds| seconds.parse().ok());
    GitIdentity {
        name: name.trim().to_owned(),
        email: email.trim().to_owned(),
        account: None,
        date: seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()),
    }
}

/// Bytes that were said to be in this encoding. UTF-8 is believed wherever it is valid.
fn text<'b>(bytes: &'b [u8], encoding: &'static Encoding) -> Cow<'b, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if encoding.is_ascii_compatible() => Cow::Borrowed(text),
        _ => encoding.decode_without_bom_handling(bytes).0,
    }
}
