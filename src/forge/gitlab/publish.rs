//! Publishing a check. What stands on GitLab is a commit status on the head and one note of our bot on the merge request, and
//! beside them whatever the project's mechanism needs: our approval, or a job that is run again to ask us.
//!
//! What holds a merge request back is always written first, and what lets it go is written last.

use http::{Method, StatusCode};
use serde_json::json;

use super::client::{Call, GitLab, judge, path};
use super::mechanism::{Mechanism, Setup};
use super::query::{self, QueryFailure};
use super::read::{Parts, nodes};
use super::wire;
use crate::forge::{Error, ReadOptions};
use crate::gate::ids::CommitSha;
use crate::gate::plan::{Action, Check, Conclusion, Published};
use crate::gate::witnessed::SeenRepository;

/// GitLab takes no longer descriptions of a commit status, nor addresses.
const MAX_DESCRIPTION_CHARS: usize = 255;
const MAX_ADDRESS_CHARS: usize = 255;

/// GitLab takes longer notes, but nobody reads them.
const MAX_NOTE_BYTES: usize = 65_535;

/// The number of every check of ours. On GitLab a check is a status, a note and an approval together; each of them may be
/// replaced by another one, while the check stands.
const CHECK: i64 = 1;

/// Where the digest of a check stands in the address of a commit status.
const FRAGMENT: &str = "#check-";

/// What our note begins with. Markdown does not show it.
const MARK: &str = "<!-- seconder:check ";

/// Our checks as they stand.
#[derive(Debug, Default)]
pub(super) struct Standing {
    pub(super) check: Option<Published>,
    pub(super) preview: Option<Published>,
}

/// What our note says about the check that it shows.
#[derive(Debug, PartialEq, Eq)]
struct Noted {
    note: i64,
    head: String,
    name: String,
    conclusion: Option<Conclusion>,
    external_id: String,
    title: String,
}

impl GitLab {
    /// Our checks as they stand on the head. Of a head that nothing was published on, GitLab is not asked.
    pub(super) async fn standing(
        &self,
        parts: &Parts,
        repo: &SeenRepository,
        setup: &Setup,
        options: &ReadOptions,
    ) -> Result<Standing, QueryFailure> {
        let noted = noted(parts)?;
        let (repo_id, number) = (&repo.repo, parts.merge_request.iid);
        for one in &noted.ours {
            self.shared.bot_notes.insert((repo_id.clone(), number, one.name.clone()), Some(one.note));
        }
        if noted.is_whole {
            for name in [self.check_name().to_owned(), self.preview_name()] {
                if noted.ours.iter().all(|one| one.name != name) {
                    self.shared.bot_notes.insert((repo_id.clone(), number, name), None);
                }
            }
        }
        let approvers = nodes(parts.answer.approved_by.as_ref(), "who approved")?;
        let has_approved = approvers.iter().any(|user| query::number(&user.id) == Some(parts.bot));
        self.shared.approved.insert((repo_id.clone(), number), has_approved);
        self.shared.places.insert((repo_id.clone(), number), Where::of(&parts.merge_request, &parts.head));
        let here: Vec<&Noted> = noted.ours.iter().filter(|one| one.head == parts.head.as_str()).collect();
        if !options.expects_check && here.is_empty() {
            return Ok(Standing::default());
        }
        let posts = posts_status(parts.merge_request.source_project_id, repo, *setup);
        let statuses = if posts { self.statuses(repo, &parts.head).await? } else { Vec::new() };
        let standing = |name: &str, is_enforced: bool| {
            let noted = here.iter().find(|noted| noted.name == name);
            let published = if posts {
                let status = newest(&statuses, name, parts.bot)?;
                of_status(status, noted.map(|noted| noted.external_id.as_str()))
            } else {
                of_note(noted?)
            };
            let is_pass = published.conclusion == Some(Conclusion::Success);
            let is_approval_right = !setup.approves() || has_approved == is_pass;
            let is_right = !is_enforced || is_approval_right;
            Some(Published { external_id: published.external_id.filter(|_| is_right), ..published })
        };
        let mut check = standing(self.check_name(), true);
        if let Some(passed) = check.as_mut().filter(|check| check.conclusion == Some(Conclusion::Success))
            && setup.shows_status_checks
            && passed.external_id.is_some()
            && !self.status_checks_pass(repo, number).await?
        {
            passed.external_id = None;
        }
        Ok(Standing { check, preview: standing(&self.preview_name(), false) })
    }

    fn preview_name(&self) -> String {
        format!("{}-preview", self.check_name())
    }

    async fn statuses(&self, repo: &SeenRepository, head: &CommitSha) -> Result<Vec<wire::Status>, Error> {
        let what = format!("the statuses of {} in {}", head.short(), repo.name);
        let project = repo.repo.id.to_string();
        let segments = ["projects", project.as_str(), "repository", "commits", head.as_str(), "statuses"];
        match self.list(&segments, &[("order_by", "id"), ("sort", "desc")], &what, super::read::MOST_PAGES).await {
            Err(Error::NotFound { .. }) => Ok(Vec::new()),
            statuses => statuses,
        }
    }

    /// Carries out one action on a head that these changes have, and says what stands then.
    ///
    /// [`Error::Uncertain`] means that a part of it may or may not stand: read it back before repeating it.
    pub async fn apply(&self, repo: &SeenRepository, action: &Action, changes: &[i64]) -> Result<Published, Error> {
        let (Action::Create(check) | Action::Update { check, .. }) = action;
        let is_enforced = check.name == self.check_name();
        let is_pass = check.conclusion == Conclusion::Success;
        let mut all = Vec::new();
        for number in changes {
            all.push((*number, self.here(repo, *number, check).await?));
        }
        for (number, _) in all.iter().filter(|(_, here)| is_enforced && !is_pass && here.setup.approves()) {
            self.unapprove(repo, *number).await?;
        }
        if let Some((_, first)) = all.first().filter(|(_, here)| posts_status(here.place.source, repo, here.setup)) {
            self.post_status(repo, check, &first.place.branch).await?;
        }
        for (number, here) in &all {
            self.write_note(repo, *number, check, here).await?;
        }
        for (number, here) in all.iter().filter(|_| is_enforced) {
            if is_pass && here.setup.approves() {
                self.approve(repo, *number, &check.head).await?;
            }
            if here.setup.shows_status_checks {
                self.show_in_status_checks(repo, *number, check).await?;
            }
        }
        Ok(Published::after(action, CHECK))
    }

    /// Our check of this name on a commit, by its status.
    pub async fn find_published(
        &self,
        repo: &SeenRepository,
        head: &CommitSha,
        name: &str,
    ) -> Result<Option<Published>, Error> {
        let bot = self.bot().await?;
        let statuses = self.statuses(repo, head).await?;
        Ok(newest(&statuses, name, bot).map(|status| of_status(status, None)))
    }

    /// What is known of a change that is written to.
    async fn here(&self, repo: &SeenRepository, number: i64, check: &Check) -> Result<Here, Error> {
        let key = (repo.repo.clone(), number);
        let known = self.shared.places.get(&key).filter(|place| place.head == check.head);
        let place = if let Some(place) = known {
            place
        } else {
            let what = format!("change {}!{number}", repo.name);
            let project = repo.repo.id.to_string();
            let path = path(&["projects", &project, "merge_requests", &number.to_string()], &[]);
            let found: wire::MergeRequest = self.send(&Call::get(path, &what)).await?.json(&what)?;
            Where::of(&found, &check.head)
        };
        let setup = self.setup(repo, &place.target).await?;
        Ok(Here { place, setup })
    }

    async fn post_status(&self, repo: &SeenRepository, check: &Check, branch: &str) -> Result<(), Error> {
        let what = format!("status {} on {} of {}", check.name, check.head.short(), repo.name);
        let project = repo.repo.id.to_string();
        let state = match check.conclusion {
            Conclusion::Success => "success",
            Conclusion::ActionRequired => "pending",
        };
        let description: String = check.title.chars().take(MAX_DESCRIPTION_CHARS).collect();
        let call = |state: &str| {
            let mut body = json!({ "state": state, "name": check.name, "ref": branch, "description": description });
            if let Some(address) = address(check) {
                body["target_url"] = address.into();
            }
            let path = path(&["projects", &project, "statuses", check.head.as_str()], &[]);
            Call::write(Method::POST, path, body, what.clone())
        };
        let mut answer = self.send_openly(&call(state)).await?;
        // Before GitLab 18.3, what waits cannot be told to wait for something else: it has to end first.
        if answer.status == StatusCode::BAD_REQUEST && says(&answer.body, "Cannot transition status") {
            judge(&call("canceled"), self.send_openly(&call("canceled")).await?)?;
            answer = self.send_openly(&call(state)).await?;
        }
        judge(&call(state), answer).map(drop)
    }

    /// Writes our one note, if there is something to say: nobody needs to be told of a pass that was never anything else.
    async fn write_note(&self, repo: &SeenRepository, number: i64, check: &Check, here: &Here) -> Result<(), Error> {
        let key = (repo.repo.clone(), number, check.name.clone());
        let known = match self.shared.bot_notes.get(&key) {
            Some(known) => known,
            None => self.find_note(repo, number, &check.name).await?,
        };
        let is_needed = check.conclusion != Conclusion::Success || !posts_status(here.place.source, repo, here.setup);
        if known.is_none() && !is_needed {
            return Ok(());
        }
        let what = format!("our note on {}!{number}", repo.name);
        let project = repo.repo.id.to_string();
        let number = number.to_string();
        let body = json!({ "body": text(check, here.setup.mechanism()) });
        let notes = ["projects", project.as_str(), "merge_requests", number.as_str(), "notes"];
        if let Some(note) = known {
            let path = path(&[notes.as_slice(), &[note.to_string().as_str()]].concat(), &[]);
            match self.send(&Call::write(Method::PUT, path, body.clone(), &what)).await {
                // Somebody deleted it.
                Err(Error::NotFound { .. }) => self.shared.bot_notes.invalidate(&key),
                answer => {
                    return answer.map(drop);
                }
            }
        }
        let answer = self.send(&Call::write(Method::POST, path(&notes, &[]), body, &what)).await?;
        let note: wire::Note = answer.json(&what)?;
        self.shared.bot_notes.insert(key, Some(note.id));
        Ok(())
    }

    /// Our note among all notes, where the first ones do not hold it.
    async fn find_note(&self, repo: &SeenRepository, number: i64, name: &str) -> Result<Option<i64>, Error> {
        let what = format!("the notes on {}!{number}", repo.name);
        let (project, iid) = (repo.repo.id.to_string(), number.to_string());
        let segments = ["projects", project.as_str(), "merge_requests", iid.as_str(), "notes"];
        let parameters = [("sort", "asc"), ("order_by", "created_at")];
        let notes: Vec<wire::Note> = self.list(&segments, &parameters, &what, super::read::MOST_PAGES).await?;
        let bot = self.bot().await?;
        let is_ours = |note: &wire::Note| {
            let mark = note.body.as_deref().and_then(|body| read_mark(note.id, body));
            !note.system
                && note.author.as_ref().is_some_and(|author| author.id == bot)
                && mark.is_some_and(|mark| mark.name == name)
        };
        let found = notes.iter().find(|note| is_ours(note)).map(|note| note.id);
        self.shared.bot_notes.insert((repo.repo.clone(), number, name.to_owned()), found);
        Ok(found)
    }

    async fn approve(&self, repo: &SeenRepository, number: i64, head: &CommitSha) -> Result<(), Error> {
        let key = (repo.repo.clone(), number);
        if self.shared.approved.get(&key) == Some(true) {
            return Ok(());
        }
        let what = format!("our approval of {}!{number}", repo.name);
        let call = approval(repo, number, "approve", json!({ "sha": head.as_str() }), &what);
        let answer = self.send_openly(&call).await?;
        // GitLab refuses so whoever may not approve, and whoever has approved already.
        if answer.status == StatusCode::UNAUTHORIZED && !self.has_approved(repo, number).await? {
            let why = "the bot account is no eligible approver".to_owned();
            return Err(Error::Forbidden { what, why });
        }
        if answer.status != StatusCode::UNAUTHORIZED {
            judge(&call, answer)?;
        }
        self.shared.approved.insert(key, true);
        Ok(())
    }

    async fn unapprove(&self, repo: &SeenRepository, number: i64) -> Result<(), Error> {
        let key = (repo.repo.clone(), number);
        if self.shared.approved.get(&key) == Some(false) {
            return Ok(());
        }
        let what = format!("taking back our approval of {}!{number}", repo.name);
        let call = approval(repo, number, "unapprove", json!({}), &what);
        match self.send(&call).await {
            // There was none.
            Ok(_) | Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
        self.shared.approved.insert(key, false);
        Ok(())
    }

    async fn has_approved(&self, repo: &SeenRepository, number: i64) -> Result<bool, Error> {
        let what = format!("who approved {}!{number}", repo.name);
        let project = repo.repo.id.to_string();
        let path = path(&["projects", &project, "merge_requests", &number.to_string(), "approvals"], &[]);
        let approvals: wire::Approvals = self.send(&Call::get(path, &what)).await?.json(&what)?;
        let bot = self.bot().await?;
        Ok(approvals.approved_by.iter().any(|given| given.user.id == bot))
    }
}

/// Giving or taking back our approval.
fn approval(repo: &SeenRepository, number: i64, verb: &str, body: serde_json::Value, what: &str) -> Call {
    let project = repo.repo.id.to_string();
    let path = path(&["projects", &project, "merge_requests", &number.to_string(), verb], &[]);
    Call::write(Method::POST, path, body, what)
}

/// A change that is written to, and what makes it count there.
struct Here {
    place: Where,
    setup: Setup,
}

/// What is known of a change from its last read.
#[derive(Debug, Clone)]
pub(super) struct Where {
    head: CommitSha,
    branch: String,
    target: String,
    source: Option<i64>,
}

impl Where {
    fn of(found: &wire::MergeRequest, head: &CommitSha) -> Self {
        Self {
            head: head.clone(),
            branch: found.source_branch.clone(),
            target: found.target_branch.clone(),
            source: found.source_project_id,
        }
    }
}

/// Our notes among the first ones on a change.
struct Ours {
    ours: Vec<Noted>,
    /// Whether there can be no others.
    is_whole: bool,
}

fn noted(parts: &Parts) -> Result<Ours, QueryFailure> {
    let said = nodes(parts.answer.said.as_ref(), "the first notes")?;
    let ours = said.iter().filter_map(|note| {
        let author = note.author.as_ref().and_then(|author| query::number(&author.id))?;
        let mut noted = read_mark(query::number(&note.id)?, note.body.as_deref()?)?;
        // One that somebody else edited says what that somebody wanted: it is written again.
        let editor = note.last_edited_by.as_ref().and_then(|editor| query::number(&editor.id));
        if editor.is_some_and(|editor| editor != parts.bot) {
            noted.external_id.clear();
        }
        (author == parts.bot).then_some(noted)
    });
    let info = parts.answer.said.as_ref().and_then(|said| said.page_info.as_ref());
    Ok(Ours { ours: ours.collect(), is_whole: info.is_some_and(|info| !info.has_next_page) })
}

/// Whether a commit status is posted: not beside a verdict job, whose name it would have, and not on commits of a fork,
/// whose project is not ours to write to.
fn posts_status(source: Option<i64>, repo: &SeenRepository, setup: Setup) -> bool {
    !setup.verdict_job && source == Some(repo.repo.id)
}

/// The newest status of ours under this name. One that somebody else set under it hides ours, and is none of ours.
fn newest<'a>(statuses: &'a [wire::Status], name: &str, bot: i64) -> Option<&'a wire::Status> {
    let newest = statuses.iter().filter(|status| status.name == name).max_by_key(|status| status.id)?;
    newest.author.as_ref().is_some_and(|author| author.id == bot).then_some(newest)
}

/// What a status shows. Its address holds the digest of the check; where the note is needed as well, both must agree.
fn of_status(status: &wire::Status, noted: Option<&str>) -> Published {
    let conclusion = match status.state.as_str() {
        "success" => Some(Conclusion::Success),
        "pending" | "running" => Some(Conclusion::ActionRequired),
        _ => None,
    };
    let id = status.target_url.as_deref().and_then(|url| Some(url.rsplit_once(FRAGMENT)?.1.to_owned()));
    let needs_note = conclusion != Some(Conclusion::Success) || noted.is_some();
    let agrees = !needs_note || (noted.is_some() && noted == id.as_deref());
    Published { check_run_id: CHECK, conclusion, title: status.description.clone(), external_id: id.filter(|_| agrees) }
}

/// What our note shows, where no status stands beside it. It holds the digest of the whole check, title included.
fn of_note(noted: &Noted) -> Published {
    Published {
        check_run_id: CHECK,
        conclusion: noted.conclusion,
        title: Some(noted.title.clone()),
        external_id: Some(noted.external_id.clone()).filter(|id| !id.is_empty()),
    }
}

/// The details' address with the check's digest behind it; without the digest, or none, where that is too long.
fn address(check: &Check) -> Option<String> {
    let details = check.details_url.as_ref()?;
    let whole = format!("{details}{FRAGMENT}{}", check.external_id());
    [whole, details.clone()].into_iter().find(|address| address.chars().count() <= MAX_ADDRESS_CHARS)
}

/// The text of our note.
fn text(check: &Check, mechanism: Mechanism) -> String {
    let conclusion = match check.conclusion {
        Conclusion::Success => "success",
        Conclusion::ActionRequired => "action_required",
    };
    let title = check.title.replace("-->", "->");
    let mark = format!("{MARK}{} {} {conclusion} {} {title} -->", check.head, check.name, check.external_id());
    let details = check.details_url.as_ref().map_or_else(String::new, |url| format!(" [Details]({url})"));
    let mut text = format!("{mark}\n### {}: {}\n\n{}", check.name, check.title, check.summary);
    let end = format!("\n\n<sub>For commit {}. {}{details}</sub>", check.head.short(), mechanism.sentence());
    let mut room = MAX_NOTE_BYTES.saturating_sub(end.len()).min(text.len());
    while !text.is_char_boundary(room) {
        room -= 1;
    }
    text.truncate(room);
    text + &end
}

fn read_mark(note: i64, body: &str) -> Option<Noted> {
    let mark = body.strip_prefix(MARK)?.split_once(" -->")?.0;
    let mut words = mark.splitn(5, ' ');
    let (head, name, conclusion, external_id) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let title = words.next()?.to_owned();
    let conclusion = match conclusion {
        "success" => Some(Conclusion::Success),
        "action_required" => Some(Conclusion::ActionRequired),
        _ => None,
    };
    let (head, name, external_id) = (head.to_owned(), name.to_owned(), external_id.to_owned());
    Some(Noted { note, head, name, conclusion, external_id, title })
}

fn says(body: &[u8], words: &str) -> bool {
    String::from_utf8_lossy(body).contains(words)
}
