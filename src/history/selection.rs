//! Which commits are meant: revisions, ranges, or everything.

use gix::bstr::ByteSlice as _;
use gix::revision::plumbing::Spec;

use super::{Error, History, Id, Result, told};

/// References whose commits record something about other commits, or are nobody's work yet.
const NOT_CODE: [&str; 4] = ["refs/notes/", "refs/stash", "refs/replace/", "refs/ai/"];

/// Branches, wherever they are, whose commits hold sessions and not code: Entire's checkpoints
/// (<https://github.com/entireio/cli>).
const METADATA_BRANCHES: &str = "entire/";

/// Commits to start from, and commits that are left out with all their ancestors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Where to start. Empty in a repository without commits.
    pub tips: Vec<Id>,
    /// What to leave out.
    pub hidden: Vec<Id>,
}

impl History {
    /// The current branch; nothing if no commit was made yet.
    pub fn head(&self) -> Result<Selection> {
        let failed = |why| Error::Reference { name: "HEAD".to_owned(), why };
        let head = self.repository.head().map_err(|error| failed(told(&error)))?;
        if head.is_unborn() {
            return Ok(Selection::default());
        }
        let id = self.repository.head_id().map_err(|error| failed(told(&error)))?;
        Ok(Selection { tips: vec![id.detach()], hidden: Vec::new() })
    }

    /// What this means as for `git log`: `REV`, `A..B` (of B and not of A), `A...B` (of one and not of both), `^A`, `A^!`.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRevision`].
    pub fn select(&self, given: &str) -> Result<Selection> {
        let unknown = |why: String| Error::UnknownRevision { given: given.to_owned(), why };
        let spec = self.repository.rev_parse(given).map_err(|error| unknown(told(&error)))?.detach();
        let commit = |id| self.peeled(id).map_err(|error| unknown(error.to_string()));
        let parents = |id| Ok(self.commit(commit(id)?).map_err(|error| unknown(error.to_string()))?.parents);
        let of = |tips, hidden| Ok(Selection { tips, hidden });
        match spec {
            Spec::Include(id) => of(vec![commit(id)?], Vec::new()),
            Spec::Exclude(id) => of(Vec::new(), vec![commit(id)?]),
            Spec::Range { from, to } => of(vec![commit(to)?], vec![commit(from)?]),
            Spec::Merge { theirs, ours } => {
                let (theirs, ours) = (commit(theirs)?, commit(ours)?);
                let bases = self.repository.merge_bases_many(theirs, &[ours]);
                let bases = bases.map_err(|error| unknown(told(&error)))?;
                of(vec![theirs, ours], bases.into_iter().map(gix::Id::detach).collect())
            }
            Spec::IncludeOnlyParents(id) => of(parents(id)?, Vec::new()),
            Spec::ExcludeParents(id) => of(vec![commit(id)?], parents(id)?),
        }
    }

    /// Every branch, tag and other reference, and `HEAD`; not what holds notes, stashed work or an agent's sessions. What
    /// leads to no commit is passed over.
    pub fn everything(&self) -> Result<Selection> {
        let failed = |why| Error::Reference { name: "refs/*".to_owned(), why };
        let platform = self.repository.references().map_err(|error| failed(told(&error)))?;
        let references = platform.all().map_err(|error| failed(told(&error)))?;
        let mut tips = self.head().map(|head| head.tips).unwrap_or_default();
        for reference in references.flatten() {
            let name = reference.name().as_bstr().to_str_lossy().into_owned();
            if is_code(&name)
                && let Some(id) = reference.target().try_id()
                && let Ok(commit) = self.peeled(id.to_owned())
            {
                tips.push(commit);
            }
        }
        tips.sort_unstable();
        tips.dedup();
        Ok(Selection { tips, hidden: Vec::new() })
    }

    /// One commit by its name, or by what leads to it.
    pub fn single(&self, given: &str) -> Result<Id> {
        let unknown = |why: String| Error::UnknownRevision { given: given.to_owned(), why };
        let id = self.repository.rev_parse_single(given).map_err(|error| unknown(told(&error)))?.detach();
        self.peeled(id).map_err(|error| unknown(error.to_string()))
    }

    /// The commit that a tag of it, or it itself, leads to.
    fn peeled(&self, id: Id) -> Result<Id> {
        let commit = self.object(id)?.peel_to_commit();
        commit.map(|commit| commit.id).map_err(|error| Error::Broken { id, why: told(&error) })
    }
}

/// Whether the commits of this reference are work on the code.
fn is_code(reference: &str) -> bool {
    let branch = reference.strip_prefix("refs/heads/").or_else(|| {
        let (_remote, branch) = reference.strip_prefix("refs/remotes/")?.split_once('/')?;
        Some(branch)
    });
    !NOT_CODE.iter().any(|prefix| reference.starts_with(prefix))
        && !branch.is_some_and(|branch| branch.starts_with(METADATA_BRANCHES))
}
