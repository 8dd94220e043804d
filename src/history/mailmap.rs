//! Who is who: `.mailmap` of the working tree, or of `HEAD` in a bare repository.

use gix::bstr::ByteSlice as _;

use super::History;
use crate::gate::change::GitIdentity;

/// Names and addresses that stand for others (gitmailmap(5)).
#[derive(Debug, Clone, Default)]
pub struct Mailmap(gix::mailmap::Snapshot);

impl Mailmap {
    /// The name and address that are to be shown.
    pub fn resolve(&self, identity: &GitIdentity) -> (String, String) {
        let written = gix::actor::SignatureRef {
            name: identity.name.as_bytes().as_bstr(),
            email: identity.email.as_bytes().as_bstr(),
            time: "",
        };
        match self.0.try_resolve_ref(written) {
            Some(known) => {
                let or = |known: Option<&gix::bstr::BStr>, written: &str| {
                    known.map_or_else(|| written.to_owned(), |known| known.to_str_lossy().into_owned())
                };
                (or(known.name, &identity.name), or(known.email, &identity.email))
            }
            None => (identity.name.clone(), identity.email.clone()),
        }
    }
}

impl History {
    /// The repository's mailmap; empty where it has none. Lines that make no sense are passed over, as git does.
    pub fn mailmap(&self) -> Mailmap {
        Mailmap(self.repository.open_mailmap())
    }
}
