//! The directory: who is who, and how senior.

use super::finding::Finding;
use crate::directory::{self, Directory};
use crate::gate::ids::{Host, Login};
use crate::gate::policy::diagnostic::Diagnostic;

const ABOUT: &str = "directory";

/// How many logins to name.
const MOST_NAMED: usize = 10;

/// What is wrong with its files.
pub(super) fn read(read: &Result<(Directory, Vec<Diagnostic>), directory::Error>) -> Vec<Finding> {
    let of_file = |found: &Diagnostic| Finding::of_file("directory-file", ABOUT, found);
    match read {
        Ok((_, warnings)) if warnings.is_empty() => vec![Finding::ok("directory-file", ABOUT, "its files can be used")],
        Ok((_, warnings)) => warnings.iter().map(of_file).collect(),
        Err(directory::Error::Invalid { findings }) => findings.iter().map(of_file).collect(),
        Err(error) => vec![
            Finding::error("directory-file", ABOUT, error.to_string())
                .why("the server does not start without it; one that runs stops vouching for people when max_age ends")
                .remedy(
                    "check directory.files in the configuration, and that the user who runs the server may read them",
                ),
        ],
    }
}

/// Whether a file is the example that the source tree holds: its numbers are accounts of people whom nobody here knows.
pub(super) fn example(name: &str, text: &str) -> Option<Finding> {
    (text == include_str!("../../../config/directory.yml")).then(|| {
        Finding::error("directory-example", ABOUT, format!("{name} is the example, as it was copied"))
            .why("its account numbers belong to strangers, and some of them would count as senior")
            .remedy("replace every person, account and address in it by your own")
    })
}

/// Logins of a host without a number on record, and those of them that the forge does not know.
pub(super) fn logins(host: &Host, open: &[Login], unknown: &[Login]) -> Vec<Finding> {
    let mut found = Vec::new();
    if !unknown.is_empty() {
        found.push(
            Finding::warning(
                "directory-login",
                ABOUT,
                format!("{host} knows nobody by the name of {}", named(unknown)),
            )
            .why("these entries stand for nobody: their people count as strangers")
            .remedy("correct the logins, or remove the entries"),
        );
    }
    let open: Vec<Login> = open.iter().filter(|login| !unknown.contains(login)).cloned().collect();
    if !open.is_empty() {
        found.push(
            Finding::info("directory-pin", ABOUT, format!("not yet tied to an account of {host}: {}", named(&open)))
                .why("a login is tied to its number when the server first sees it; until then, somebody else could take it")
                .remedy("write the account's number in place of the login: it never changes hands"),
        );
    }
    found
}

/// Whether the directory says anything about an owner's people.
pub(super) fn tenant(owner: &Login, people: usize) -> Option<Finding> {
    (people == 0).then(|| {
        Finding::warning("directory-tenant", ABOUT, format!("it has nobody with an account who counts for {owner}"))
            .why("nobody can approve anything there")
            .remedy(format!("name {owner} under `tenants` of the directory, or add its people"))
    })
}

fn named(logins: &[Login]) -> String {
    let mut named: Vec<String> = logins.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    if logins.len() > MOST_NAMED {
        named.push(format!("{} more", logins.len() - MOST_NAMED));
    }
    named.join(", ")
}
