//! The pages of a change: taken until every connection is read to its end, and checked to belong together.

use serde::Serialize;

use super::comments::{self, Comments};
use super::{incomplete, sha};
use crate::forge::ReadOptions;
use crate::forge::github::Error;
use crate::forge::github::client::GitHub;
use crate::forge::github::query::{CHANGE, QueryError, QueryFailure};
use crate::forge::github::wire::Actor;
use crate::forge::github::wire::change::{
    AssociatedPullRequest, ChangeAnswer, CheckRun, CheckSuite, Commit, Connection, Facts, File, Label, Organisation,
    PolicyObject, PullRequest, RateLimit, Review, TimelineItem, Tip,
};
use crate::gate::ids::CommitSha;
use crate::gate::witnessed::SeenRepository;

/// GitHub gives no more files than this of one change.
pub(super) const MAX_FILES: i64 = 3000;

/// How many to ask for at once; halved, down to the smallest, when GitHub gives up on an answer.
const LARGEST_PAGE: u32 = 100;
const SMALLEST_PAGE: u32 = 25;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "they say which parts of the document to leave out")]
struct Variables<'a> {
    owner: &'a str,
    name: &'a str,
    number: i64,
    app_id: i64,
    base_policy: &'a str,
    first: u32,
    start: bool,
    commits: bool,
    commits_after: Option<&'a str>,
    reviews: bool,
    reviews_after: Option<&'a str>,
    timeline: bool,
    timeline_after: Option<&'a str>,
    files: bool,
    files_after: Option<&'a str>,
    same_head: bool,
    same_head_after: Option<&'a str>,
    comments: bool,
    comment_ids: &'a [String],
}

/// A connection that is read page by page.
pub(super) struct Pile<T> {
    name: &'static str,
    pub items: Vec<T>,
    pub total: Option<i64>,
    is_open: bool,
    after: Option<String>,
}

impl<T> Pile<T> {
    fn new(name: &'static str) -> Self {
        Self { name, items: Vec::new(), total: None, is_open: true, after: None }
    }

    /// An empty one, in place of one whose items were taken away.
    pub(super) fn closed() -> Self {
        Self { is_open: false, ..Self::new("") }
    }

    /// Adds a page. Anything missing from it makes the read incomplete.
    fn take(&mut self, page: Option<Connection<T>>) -> Result<(), QueryFailure> {
        if !self.is_open {
            return Ok(());
        }
        let missing = || incomplete(format!("GitHub left out {}", self.name));
        let Connection { total_count, page_info, nodes } = page.ok_or_else(missing)?;
        let page_info = page_info.ok_or_else(missing)?;
        let nodes = nodes.and_then(|nodes| nodes.into_iter().collect::<Option<Vec<T>>>()).ok_or_else(missing)?;
        self.is_open = page_info.has_next_page;
        // A page that leads nowhere would be asked for again and again.
        if self.is_open && (nodes.is_empty() || page_info.end_cursor.is_none() || page_info.end_cursor == self.after) {
            return Err(missing());
        }
        self.after = page_info.end_cursor;
        self.total = total_count;
        self.items.extend(nodes);
        Ok(())
    }

    /// Whether as many were read as GitHub says there are.
    pub(super) fn is_whole(&self) -> bool {
        !self.is_open && self.total.is_none_or(|total| usize::try_from(total) == Ok(self.items.len()))
    }
}

/// All that was read of a change so far, in GitHub's words.
pub(super) struct Pages {
    pub repository_id: i64,
    pub name: String,
    /// Whether everybody may see the repository.
    pub is_public: Option<bool>,
    pub owner: Actor,
    pub default_branch: String,
    pub policy: Option<PolicyObject>,
    pub base_policy: Option<PolicyObject>,
    /// The branch that `base_policy` was read from.
    pub asked_base: Option<String>,
    /// The commit of `refs/notes/ai`, if the repository has one.
    pub notes: Option<CommitSha>,
    pub organisation: Option<Organisation>,
    pub is_organisation_absent: bool,
    pub head: CommitSha,
    pub base_branch: String,
    /// The base of the stack that it is part of, if it was asked for and is part of one.
    pub stack_base: Option<String>,
    pub facts: Facts,
    pub labels: Vec<Label>,
    pub assignees: Vec<Actor>,
    pub suites: Vec<CheckSuite>,
    pub runs: Vec<CheckRun>,
    pub commits: Pile<Commit>,
    pub reviews: Pile<Review>,
    pub timeline: Pile<TimelineItem>,
    pub files: Pile<File>,
    pub same_head: Pile<AssociatedPullRequest>,
    pub comments: Comments,
    pub rate: Option<RateLimit>,
    page_size: u32,
}

impl Pages {
    /// The first call: everything, as far as it fits into one answer.
    pub(super) async fn start(
        github: &GitHub,
        repo: &SeenRepository,
        number: i64,
        options: &ReadOptions,
        what: &str,
    ) -> Result<Self, QueryFailure> {
        let asked_base = options.governing_base.clone().or_else(|| repo.default_branch.clone());
        let expression = base_policy_expression(asked_base.as_deref());
        let mut comments = Comments::of(options.comments.clone());
        let mut variables = variables(github, repo, number, &expression)?;
        variables.comment_ids = comments.next();
        variables.comments = !variables.comment_ids.is_empty();
        let (answer, tolerated) = ask(github, repo.installation, what, &mut variables).await?;
        let page_size = variables.first;
        let is_organisation_absent = tolerated.iter().any(is_absent_organisation);
        comments.take(answer.comments, &tolerated)?;
        let missing = |what: &str| incomplete(format!("GitHub left out {what}"));
        let repository = answer.repository.ok_or_else(|| missing("the repository"))?;
        let mut facts = repository.facts.ok_or_else(|| missing("the change"))?;
        let page = repository.pull_request.ok_or_else(|| missing("the change"))?;
        let head = sha(&page.head_ref_oid)?;
        let suites = take_suites(&mut facts, &head)?;
        let (suites, runs) = take_runs(suites)?;
        let mut pages = Self {
            repository_id: repository.database_id.ok_or_else(|| missing("the repository's number"))?,
            name: repository.name_with_owner.ok_or_else(|| missing("the repository's name"))?,
            is_public: repository.visibility.map(|visibility| visibility.eq_ignore_ascii_case("public")),
            owner: repository.owner.ok_or_else(|| missing("the repository's owner"))?,
            default_branch: repository.default_branch_ref.ok_or_else(|| missing("the default branch"))?.name,
            policy: repository.policy,
            base_policy: repository.base_policy,
            asked_base,
            notes: repository.notes.and_then(|notes| notes.target).map(|notes| sha(&notes.oid)).transpose()?,
            organisation: answer.organisation,
            is_organisation_absent,
            base_branch: page.base_ref_name.clone(),
            stack_base: None,
            labels: whole(facts.labels.take(), "labels")?,
            assignees: whole(facts.assignees.take(), "assignees")?,
            head,
            facts,
            suites,
            runs,
            commits: Pile::new("commits"),
            reviews: Pile::new("reviews"),
            timeline: Pile::new("events"),
            files: Pile::new("files"),
            same_head: Pile::new("other changes on the head"),
            comments,
            rate: answer.rate_limit,
            page_size,
        };
        if pages.facts.changed_files > MAX_FILES {
            pages.files.is_open = false;
        }
        pages.take(page)?;
        Ok(pages)
    }

    /// Reads on until every connection has ended.
    pub(super) async fn finish(
        &mut self,
        github: &GitHub,
        repo: &SeenRepository,
        number: i64,
        what: &str,
    ) -> Result<(), QueryFailure> {
        while self.is_open() {
            let page = {
                let mut variables = variables(github, repo, number, "HEAD:")?;
                self.point(&mut variables);
                let (answer, tolerated) = ask(github, repo.installation, what, &mut variables).await?;
                self.page_size = variables.first;
                self.rate = answer.rate_limit.or(self.rate.take());
                self.comments.take(answer.comments, &tolerated)?;
                answer.repository.and_then(|repository| repository.pull_request)
            };
            let page = page.ok_or_else(|| incomplete("GitHub left out the change"))?;
            if sha(&page.head_ref_oid)? != self.head || page.base_ref_name != self.base_branch {
                return Err(incomplete("the change moved while it was read"));
            }
            self.take(page)?;
        }
        Ok(())
    }

    fn is_open(&self) -> bool {
        self.commits.is_open
            || self.reviews.is_open
            || self.timeline.is_open
            || self.files.is_open
            || self.same_head.is_open
            || !self.comments.next().is_empty()
    }

    fn point<'a>(&'a self, variables: &mut Variables<'a>) {
        variables.start = false;
        variables.first = self.page_size;
        (variables.commits, variables.commits_after) = (self.commits.is_open, self.commits.after.as_deref());
        (variables.reviews, variables.reviews_after) = (self.reviews.is_open, self.reviews.after.as_deref());
        (variables.timeline, variables.timeline_after) = (self.timeline.is_open, self.timeline.after.as_deref());
        (variables.files, variables.files_after) = (self.files.is_open, self.files.after.as_deref());
        (variables.same_head, variables.same_head_after) = (self.same_head.is_open, self.same_head.after.as_deref());
        variables.comment_ids = self.comments.next();
        variables.comments = !variables.comment_ids.is_empty();
    }

    fn take(&mut self, page: PullRequest) -> Result<(), QueryFailure> {
        if let Some(commits) = page.commits {
            let Connection { total_count, page_info, nodes } = commits;
            let nodes = nodes.map(|nodes| nodes.into_iter().map(|node| node.map(|node| node.commit)).collect());
            self.commits.take(Some(Connection { total_count, page_info, nodes }))?;
        } else {
            self.commits.take(None)?;
        }
        self.reviews.take(page.reviews)?;
        self.timeline.take(page.timeline_items)?;
        self.files.take(page.files)?;
        if self.same_head.is_open {
            self.take_same_head(page.tip)?;
        }
        Ok(())
    }

    fn take_same_head(&mut self, tip: Option<Connection<Tip>>) -> Result<(), QueryFailure> {
        let missing = || incomplete("GitHub left out the head commit");
        let mut nodes = tip.and_then(|tip| tip.nodes).ok_or_else(missing)?;
        let Some(node) = nodes.pop() else {
            // A change without commits shares its head with nobody that matters.
            self.same_head.is_open = false;
            return Ok(());
        };
        let commit = node.ok_or_else(missing)?.commit;
        if sha(&commit.oid)? != self.head {
            return Err(incomplete("GitHub has not yet taken in the last push"));
        }
        self.same_head.take(commit.associated_pull_requests)
    }
}

/// Names the policy on a branch. Written out in full, as a tag of the same name would come first otherwise.
pub(super) fn base_policy_expression(branch: Option<&str>) -> String {
    match branch {
        Some(branch) => format!("refs/heads/{branch}:.github/seconder.yml"),
        None => "HEAD:.github/seconder.yml".to_owned(),
    }
}

fn variables<'a>(
    github: &GitHub,
    repo: &'a SeenRepository,
    number: i64,
    base_policy: &'a str,
) -> Result<Variables<'a>, QueryFailure> {
    let (owner, name) = split_name(&repo.name)?;
    Ok(Variables {
        owner,
        name,
        number,
        app_id: github.app_id(),
        base_policy,
        first: LARGEST_PAGE,
        start: true,
        commits: true,
        commits_after: None,
        reviews: true,
        reviews_after: None,
        timeline: true,
        timeline_after: None,
        files: true,
        files_after: None,
        same_head: true,
        same_head_after: None,
        comments: false,
        comment_ids: &[],
    })
}

/// Splits `owner/name`.
pub(in crate::forge::github) fn split_name(name: &str) -> Result<(&str, &str), Error> {
    name.split_once('/').ok_or_else(|| Error::broken(format!("repository {name:?}"), "is not of the form OWNER/NAME"))
}

/// Asks, with smaller pages when GitHub gives up on large ones. Also gives the errors within the answer that are none:
/// the organisation has no policy repository, or a comment is gone.
async fn ask(
    github: &GitHub,
    installation: i64,
    what: &str,
    variables: &mut Variables<'_>,
) -> Result<(ChangeAnswer, Vec<QueryError>), QueryFailure> {
    let is_none = |error: &QueryError| is_absent_organisation(error) || comments::is_gone(error).is_some();
    loop {
        let answer = github.query(installation, what, CHANGE, variables, is_none).await;
        match answer {
            Err(QueryFailure::Call(Error::Transient { is_heavy: true, .. })) if variables.first > SMALLEST_PAGE => {
                variables.first /= 2;
            }
            answer => return answer,
        }
    }
}

fn is_absent_organisation(error: &QueryError) -> bool {
    error.kind.as_deref() == Some("NOT_FOUND") && error.place() == "organisation"
}

/// A connection that is never longer than one page.
fn whole<T>(connection: Option<Connection<T>>, name: &'static str) -> Result<Vec<T>, QueryFailure> {
    let mut pile = Pile::new(name);
    pile.take(connection)?;
    if pile.is_open {
        return Err(incomplete(format!("there are more {name} than can be read")));
    }
    Ok(pile.items)
}

/// Our check suites on the head.
fn take_suites(facts: &mut Facts, head: &CommitSha) -> Result<Vec<CheckSuite>, QueryFailure> {
    let mut nodes = facts.published.nodes.take().ok_or_else(|| incomplete("GitHub left out the head commit"))?;
    let Some(node) = nodes.pop() else { return Ok(Vec::new()) };
    let commit = node.ok_or_else(|| incomplete("GitHub left out the head commit"))?.commit;
    if sha(&commit.oid)? != *head {
        return Err(incomplete("GitHub has not yet taken in the last push"));
    }
    whole(commit.check_suites, "check suites")
}

/// The check runs of our suites. Only the newest matter, so that it does not matter if there are more.
fn take_runs(mut suites: Vec<CheckSuite>) -> Result<(Vec<CheckSuite>, Vec<CheckRun>), QueryFailure> {
    let mut runs = Vec::new();
    for suite in &mut suites {
        let nodes = suite.check_runs.take().and_then(|runs| runs.nodes);
        let nodes = nodes.ok_or_else(|| incomplete("GitHub left out our own check"))?;
        let nodes: Option<Vec<_>> = nodes.into_iter().collect();
        runs.extend(nodes.ok_or_else(|| incomplete("GitHub left out our own check"))?);
    }
    Ok((suites, runs))
}
