//! Lists: top-level groups, their projects, open changes, what was said, and deliveries that failed.

use jiff::Timestamp;

use super::client::{Call, GitLab, path};
use super::read::{MOST_PAGES, repo_id, sha};
use super::said;
use super::wire;
use crate::forge::{Error, FoundCommands, Installation, OpenChange, OpenChanges, RecordedDelivery};
use crate::gate::change::{Actor, ActorKind, ChangeState, HeadBranch};
use crate::gate::ids::{AccountId, ChangeKey, CommitSha, Login, OwnerId};
use crate::gate::witnessed::{SeenChange, SeenCommand, SeenRepository, body_digest};

/// How many changes a page of the list of open ones holds.
const PER_PAGE: &str = "100";

/// GitLab gives no more recorded deliveries at once.
const EVENTS_PER_PAGE: &str = "20";

/// The headers by which we know a delivery again, as a hook's record names them.
const DELIVERY_ID: [&str; 2] = ["webhook-id", "idempotency-key"];

impl GitLab {
    /// The top-level groups that are served: those of the configuration, or all that our bot account is a member of.
    pub async fn installations(&self) -> Result<Vec<Installation>, Error> {
        let mut found = Vec::new();
        if self.shared.config.owners.is_empty() {
            let groups: Vec<wire::Group> = self
                .list(&["groups"], &[("top_level_only", "true"), ("min_access_level", "10")], "the groups", MOST_PAGES)
                .await?;
            let top = groups.into_iter().filter(|group| group.parent_id.is_none());
            found.extend(top.map(|group| self.installed(group.id, &group.full_path)));
        }
        for name in &self.shared.config.owners {
            match self.owner_of(name).await {
                Ok(owner) => found.push(self.installed(owner.id, name)),
                Err(Error::NotFound { what }) => tracing::warn!(what, "the bot account does not see it"),
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// One top-level namespace by its number; `None` when there is no such one (any more).
    pub async fn installation(&self, id: i64) -> Result<Option<Installation>, Error> {
        let what = format!("namespace {id}");
        match self.send(&Call::get(path(&["namespaces", &id.to_string()], &[]), &what)).await {
            Ok(answer) => {
                let namespace: wire::Namespace = answer.json(&what)?;
                Ok(Some(self.installed(namespace.id, &namespace.full_path)))
            }
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn installed(&self, id: i64, full_path: &str) -> Installation {
        let owner = OwnerId::new(self.host().clone(), id);
        Installation { id, owner, login: Login::from(full_path), is_suspended: false }
    }

    /// All projects below a top-level group that can be written to, one call per hundred. Of a person's namespace, the
    /// person's projects.
    pub async fn repositories(&self, id: i64) -> Result<Vec<SeenRepository>, Error> {
        let what = format!("the projects of namespace {id}");
        let number = id.to_string();
        let owner = OwnerId::new(self.host().clone(), id);
        let parameters = [("include_subgroups", "true"), ("with_shared", "false"), ("archived", "false")];
        let projects: Vec<wire::Project> =
            match self.list(&["groups", &number, "projects"], &parameters, &what, MOST_PAGES).await {
                Err(Error::NotFound { .. }) => return self.repositories_of_person(id).await,
                projects => projects?,
            };
        let open = projects.into_iter().filter(|project| !project.archived && project.marked_for_deletion_on.is_none());
        Ok(open.map(|project| self.seen(project, owner.clone())).collect())
    }

    async fn repositories_of_person(&self, id: i64) -> Result<Vec<SeenRepository>, Error> {
        let Some(found) = self.installation(id).await? else { return Ok(Vec::new()) };
        let what = format!("the projects of {}", found.login);
        let segments = ["users", found.login.as_str(), "projects"];
        let projects: Vec<wire::Project> = match self.list(&segments, &[("archived", "false")], &what, MOST_PAGES).await
        {
            Err(Error::NotFound { .. }) => return Ok(Vec::new()),
            projects => projects?,
        };
        Ok(projects.into_iter().map(|project| self.seen(project, found.owner.clone())).collect())
    }

    /// A page of the open changes of a project, oldest first: the first one, or the one after what an earlier page gave as
    /// [`OpenChanges::next`]. One call. What stands on them is not shown.
    pub async fn open_changes(&self, repo: &SeenRepository, after: Option<&str>) -> Result<OpenChanges, Error> {
        let what = format!("the open changes of {}", repo.name);
        let project = repo.repo.id.to_string();
        let page = after.unwrap_or("1");
        let parameters =
            [("state", "opened"), ("order_by", "created_at"), ("sort", "asc"), ("per_page", PER_PAGE), ("page", page)];
        let call = Call::get(path(&["projects", &project, "merge_requests"], &parameters), &what);
        let answer = self.send(&call).await?;
        let listed: Vec<wire::MergeRequest> = answer.json(&what)?;
        let changes = listed.into_iter().filter_map(|listed| self.open_change(repo, listed)).collect();
        let next = answer.next_page().map(|next| next.to_string()).filter(|next| next != page);
        Ok(OpenChanges { changes, next })
    }

    /// One without a head cannot be judged, nor merged.
    fn open_change(&self, repo: &SeenRepository, listed: wire::MergeRequest) -> Option<OpenChange> {
        let head: CommitSha = sha(listed.sha.as_deref()?).ok()?;
        Some(OpenChange {
            change: SeenChange {
                key: ChangeKey { repo: repo.repo.clone(), number: listed.iid },
                state: ChangeState::Open,
                head,
                before: None,
                head_branch: HeadBranch {
                    name: listed.source_branch,
                    repo: listed.source_project_id.map(|id| repo_id(self.host(), id)),
                },
                base_branch: listed.target_branch,
                stack_base: None,
                pusher: None,
            },
            published: None,
            updated_at: listed.updated_at.unwrap_or(Timestamp::MAX),
        })
    }

    /// Commands in notes that were written since this time, oldest first, a hundred at a time. Edited ones are left out:
    /// maintainers can edit what others wrote.
    pub async fn comments_since(&self, repo: &SeenRepository, since: Timestamp) -> Result<FoundCommands, Error> {
        let what = format!("the notes in {}", repo.name);
        let project = repo.repo.id.to_string();
        // GitLab knows whole days only, and lists what came after the day that is named.
        let day = since.to_zoned(jiff::tz::TimeZone::UTC).date();
        let day = day.yesterday().unwrap_or(day).to_string();
        let parameters = [("action", "commented"), ("after", day.as_str()), ("sort", "asc")];
        let events: Vec<wire::ProjectEvent> =
            self.list(&["projects", &project, "events"], &parameters, &what, MOST_PAGES).await?;
        let until = events.iter().map(|event| event.created_at).max().unwrap_or(since).max(since);
        let commands = events.into_iter().filter(|event| event.created_at >= since);
        let commands = commands.filter_map(|event| self.found_command(repo, event.note?)).collect();
        Ok(FoundCommands { commands, until, is_last: true })
    }

    /// Commands in the notes on one change, oldest first. None of them is witnessed.
    pub async fn commands_on(&self, repo: &SeenRepository, number: i64) -> Result<Vec<SeenCommand>, Error> {
        let what = format!("the notes on {}!{number}", repo.name);
        let (project, iid) = (repo.repo.id.to_string(), number.to_string());
        let segments = ["projects", project.as_str(), "merge_requests", iid.as_str(), "notes"];
        let parameters = [("sort", "asc"), ("order_by", "created_at")];
        let notes: Vec<wire::EventNote> = self.list(&segments, &parameters, &what, MOST_PAGES).await?;
        Ok(notes.into_iter().filter_map(|note| self.found_command(repo, note)).collect())
    }

    fn found_command(&self, repo: &SeenRepository, note: wire::EventNote) -> Option<SeenCommand> {
        let is_conversation = matches!(note.kind.as_deref(), None | Some("DiscussionNote"));
        let is_ours = note.author.as_ref().is_some_and(|author| Some(author.id) == self.bot_if_known());
        if note.noteable_type.as_deref() != Some("MergeRequest") || !is_conversation || note.system || note.internal {
            return None;
        }
        if is_ours || note.updated_at != note.created_at {
            return None;
        }
        let body = note.body.unwrap_or_default();
        let author = note.author?;
        Some(SeenCommand {
            change: ChangeKey { repo: repo.repo.clone(), number: note.noteable_iid? },
            comment: note.id,
            node: super::query::global_id("Note", note.id),
            author: Actor {
                account: AccountId::new(self.host().clone(), author.id),
                login: Login::from(author.username.as_str()),
                kind: ActorKind::User,
            },
            via_app: None,
            said_at: note.created_at?,
            said: said(&body)?,
            body_digest: body_digest(&body),
            is_witnessed: false,
            url: None,
        })
    }

    /// The changes that have or had a commit: one call.
    async fn changes_with(&self, repo: &SeenRepository, commit: &CommitSha) -> Result<Vec<wire::MergeRequest>, Error> {
        let what = format!("the changes of {} in {}", commit.short(), repo.name);
        let project = repo.repo.id.to_string();
        let segments = ["projects", &project, "repository", "commits", commit.as_str(), "merge_requests"];
        match self.list(&segments, &[], &what, MOST_PAGES).await {
            Err(Error::NotFound { .. }) => Ok(Vec::new()),
            changes => changes,
        }
    }

    /// The open changes with this head, where a pass is said of the commit alone. Our approval and the answer to a job are each
    /// of one change, so that there GitLab is not asked.
    pub async fn changes_on_head(
        &self,
        repo: &SeenRepository,
        base: &str,
        head: &CommitSha,
    ) -> Result<Vec<i64>, Error> {
        let setup = self.setup(repo, base).await?;
        if setup.bot_approval || setup.verdict_job {
            return Ok(Vec::new());
        }
        let is_open = |state: &str| matches!(state, "opened" | "locked");
        let changes = self.changes_with(repo, head).await?.into_iter();
        let here = changes.filter(|change| is_open(&change.state) && change.sha.as_deref() == Some(head.as_str()));
        Ok(here.map(|change| change.iid).collect())
    }

    /// Whether a commit reached a branch by a change that was merged into it. A commit that is not there did not.
    pub async fn was_merged(&self, repo: &SeenRepository, commit: &CommitSha, branch: &str) -> Result<bool, Error> {
        let changes = self.changes_with(repo, commit).await?;
        Ok(changes.iter().any(|change| change.merged_at.is_some() && change.target_branch == branch))
    }

    /// The deliveries that hooks of ours recorded since this time (GitLab keeps them for a week), newest first. Where the
    /// bot account may not see hooks, or the instance keeps no record (before 17.3), there are none.
    pub async fn deliveries(&self, since: Timestamp) -> Result<Vec<RecordedDelivery>, Error> {
        let mut found = Vec::new();
        for installation in self.installations().await? {
            let group = format!("/groups/{}", installation.id);
            found.extend(self.deliveries_of(&group, since).await?);
            for project in self.repositories(installation.id).await? {
                let project = format!("/projects/{}", project.repo.id);
                found.extend(self.deliveries_of(&project, since).await?);
            }
        }
        found.sort_by_key(|delivery| std::cmp::Reverse((delivery.delivered_at, delivery.id)));
        Ok(found)
    }

    async fn deliveries_of(&self, place: &str, since: Timestamp) -> Result<Vec<RecordedDelivery>, Error> {
        let what = format!("the deliveries of {place}");
        let hooks: Vec<wire::Hook> = match self.pages(&format!("{place}/hooks"), &what).await {
            Err(Error::NotFound { .. } | Error::Forbidden { .. } | Error::Unauthorized { .. }) => return Ok(Vec::new()),
            hooks => hooks?,
        };
        let mut found = Vec::new();
        for hook in hooks.iter().filter(|hook| hook.url == self.shared.config.webhook_url) {
            if hook.alert_status.as_deref().is_some_and(|status| status != "executable") {
                self.note_disabled(format!("{place}/hooks/{}", hook.id));
            }
            let recorded = format!("{place}/hooks/{}/events", hook.id);
            let segments: Vec<&str> = recorded.split('/').filter(|segment| !segment.is_empty()).collect();
            let events = self.list_by(&segments, &[], &what, (MOST_PAGES, EVENTS_PER_PAGE)).await;
            let events: Vec<wire::HookEvent> = match events {
                Err(Error::NotFound { .. }) => continue,
                events => events?,
            };
            for event in events {
                // Older instances do not say when. One delivery too many that is asked for does no harm.
                let at = event.created_at.unwrap_or_else(|| self.now());
                if at < since {
                    continue;
                }
                let Some(guid) = delivery_id(&event) else { continue };
                self.shared.recorded.insert(event.id, format!("{recorded}/{}/resend", event.id));
                found.push(recorded_delivery(&event, guid, at));
            }
        }
        Ok(found)
    }

    async fn pages<T: serde::de::DeserializeOwned>(&self, place: &str, what: &str) -> Result<Vec<T>, Error> {
        let segments: Vec<&str> = place.split('/').filter(|segment| !segment.is_empty()).collect();
        self.list(&segments, &[], what, MOST_PAGES).await
    }

    /// Asks GitLab to send a delivery again, under the same id. False when it is on record no longer.
    pub async fn redeliver(&self, id: i64) -> Result<bool, Error> {
        let Some(place) = self.shared.recorded.get(&id) else { return Ok(false) };
        let what = format!("another attempt at delivery {id}");
        let segments: Vec<&str> = place.split('/').filter(|segment| !segment.is_empty()).collect();
        let call = Call::write(http::Method::POST, path(&segments, &[]), serde_json::json!({}), what);
        match self.send(&call).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// What we know the delivery by, whichever way it was written.
fn delivery_id(event: &wire::HookEvent) -> Option<String> {
    let header = |name: &str| {
        let named = event.request_headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        named.and_then(|(_, value)| value.as_str()).map(str::to_owned)
    };
    DELIVERY_ID.iter().find_map(|name| header(name))
}

fn recorded_delivery(event: &wire::HookEvent, guid: String, delivered_at: Timestamp) -> RecordedDelivery {
    let text = event.response_status.as_str().map_or_else(|| event.response_status.to_string(), str::to_owned);
    let status_code: i64 = text.parse().unwrap_or_default();
    RecordedDelivery {
        id: event.id,
        guid,
        delivered_at,
        is_taken: (200..300).contains(&status_code),
        status_code,
        is_repeated: false,
        installation: None,
    }
}
