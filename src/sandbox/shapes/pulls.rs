//! Pull requests, reviews, comments.

use serde_json::{Value, json};

use super::{extend, time};
use crate::sandbox::accounts::AccountId;
use crate::sandbox::git::Sha;
use crate::sandbox::pulls::{Comment, LineComment, MergeGroup, Pull, PullState, Reaction, Review};
use crate::sandbox::repositories::RepositoryId;
use crate::sandbox::world::World;

impl World {
    fn pull_addresses(&self, pull: &Pull) -> (String, String) {
        let Some(repository) = self.repositories.get(&pull.repository) else { return (String::new(), String::new()) };
        (self.repository_api(repository), format!("{}/{}/pull/{}", self.url, self.full_name(repository), pull.number))
    }

    /// Where people look at a pull request.
    pub(crate) fn pull_page(&self, pull: &Pull) -> String {
        self.pull_addresses(pull).1
    }

    fn pull_association(&self, pull: &Pull, account: AccountId) -> &'static str {
        self.repositories.get(&pull.repository).map_or("NONE", |repository| self.association(repository, account))
    }

    /// `pull-request-minimal`: what checks and commits give of a pull request.
    pub(crate) fn pull_brief(&self, pull: &Pull) -> Value {
        let repository = |id: Option<RepositoryId>| {
            let repository = id.and_then(|id| self.repositories.get(&id))?;
            Some(json!({ "id": repository.id, "url": self.repository_api(repository), "name": repository.name }))
        };
        json!({
            "id": pull.id,
            "number": pull.number,
            "url": format!("{}/pulls/{}", self.pull_addresses(pull).0, pull.number),
            "head": { "ref": pull.head_branch, "sha": pull.head, "repo": repository(pull.head_repository) },
            "base": { "ref": pull.base_branch, "sha": pull.base, "repo": repository(Some(pull.repository)) },
        })
    }

    fn end(&self, owner: AccountId, repository: Option<RepositoryId>, branch: &str, sha: &Sha) -> Value {
        json!({
            "label": format!("{}:{branch}", self.login(owner)),
            "ref": branch,
            "sha": sha,
            "user": self.account_or_ghost(owner),
            "repo": repository.map(|id| self.repository_json_by_id(id)),
        })
    }

    /// `pull-request-simple`: what lists show.
    pub(crate) fn pull_json(&self, pull: &Pull) -> Value {
        let (api, html) = self.pull_addresses(pull);
        let here = format!("{api}/pulls/{}", pull.number);
        let issue = format!("{api}/issues/{}", pull.number);
        let statuses = format!("{api}/statuses/{}", pull.head);
        let owner = self.repositories.get(&pull.repository).map_or(0, |repository| repository.owner);
        let assignees: Vec<Value> = pull.assignees.iter().map(|id| self.account_or_ghost(*id)).collect();
        let reviewers: Vec<Value> = pull.requested_reviewers.iter().map(|id| self.account_or_ghost(*id)).collect();
        let teams = pull.requested_teams.iter().filter_map(|id| self.accounts.teams.get(id));
        let labels: Vec<Value> = pull.labels.iter().map(|label| self.label_json(pull.repository, label)).collect();
        let mut json = json!({
            "id": pull.id,
            "node_id": format!("PR_{}", pull.id),
            "number": pull.number,
            "state": if pull.is_open() { "open" } else { "closed" },
            "locked": false,
            "active_lock_reason": null,
            "title": pull.title,
            "user": self.account_or_ghost(pull.author),
            "body": pull.has_body.then_some(&pull.body.text),
            "labels": labels,
            "milestone": null,
            "draft": pull.draft,
            "assignee": assignees.first(),
            "assignees": assignees,
            "requested_reviewers": reviewers,
            "requested_teams": teams.map(|team| self.team_json(team, true)).collect::<Vec<_>>(),
            "head": self.end(pull.head_owner, pull.head_repository, &pull.head_branch, &pull.head),
            "base": self.end(owner, Some(pull.repository), &pull.base_branch, &pull.base),
            "author_association": self.pull_association(pull, pull.author),
            "auto_merge": pull.auto_merge.map(|(by, _)| json!({
                "enabled_by": self.account_or_ghost(by),
                "merge_method": "merge",
                "commit_title": pull.title,
                "commit_message": "",
            })),
            "created_at": time(pull.created_at),
            "updated_at": time(pull.updated_at),
            "closed_at": pull.closed_at.map(time),
            "merged_at": pull.closed_at.filter(|_| pull.state == PullState::Merged).map(time),
            "merge_commit_sha": pull.merge_commit,
            "stack": self.stack_json(pull),
        });
        let addresses = json!({
            "url": here, "html_url": html, "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"),
            "issue_url": issue, "commits_url": format!("{here}/commits"),
            "review_comments_url": format!("{here}/comments"),
            "review_comment_url": format!("{api}/pulls/comments{{/number}}"),
            "comments_url": format!("{issue}/comments"), "statuses_url": statuses,
            "_links": {
                "self": { "href": here }, "html": { "href": html }, "issue": { "href": issue },
                "comments": { "href": format!("{issue}/comments") },
                "review_comments": { "href": format!("{here}/comments") },
                "review_comment": { "href": format!("{api}/pulls/comments{{/number}}") },
                "commits": { "href": format!("{here}/commits") }, "statuses": { "href": statuses },
            },
        });
        extend(&mut json, addresses);
        json
    }

    /// `pull-request`: with counts, as one pull request alone and webhooks show it.
    pub(crate) fn pull_json_whole(&self, pull: &Pull) -> Value {
        let mut json = self.pull_json(pull);
        let files = self.pull_files(pull);
        let counts = json!({
            "merged": pull.state == PullState::Merged,
            "mergeable": pull.is_open().then_some(true),
            "rebaseable": pull.is_open().then_some(true),
            "mergeable_state": if pull.draft { "draft" } else if self.blocked(pull) { "blocked" } else { "clean" },
            "merged_by": pull.merged_by.map(|id| self.account_or_ghost(id)),
            "comments": pull.comments.len(),
            "review_comments": pull.line_comments.len(),
            "maintainer_can_modify": false,
            "commits": self.pull_commits(pull).len(),
            "additions": files.iter().map(|file| file.additions).sum::<usize>(),
            "deletions": files.iter().map(|file| file.deletions).sum::<usize>(),
            "changed_files": files.len(),
        });
        extend(&mut json, counts);
        json
    }

    /// True if a required check does not let the head pass.
    pub(crate) fn blocked(&self, pull: &Pull) -> bool {
        if self.is_gitlab() {
            return !self.gitlab_blockers((pull.repository, pull.number)).is_empty();
        }
        let Some(repository) = self.repositories.get(&pull.repository) else { return true };
        let required = self.required_checks(repository, self.governing_branch(pull));
        !required.iter().all(|check| self.check_passes(repository.id, &pull.head, check))
    }

    pub(crate) fn review_json(&self, pull: &Pull, review: &Review) -> Value {
        let (api, html) = self.pull_addresses(pull);
        let page = format!("{html}#pullrequestreview-{}", review.id);
        let here = format!("{api}/pulls/{}", pull.number);
        json!({
            "id": review.id,
            "node_id": format!("PRR_{}", review.id),
            "user": self.account_json(review.author),
            "body": review.body.text,
            "state": review.state.as_str(),
            "html_url": page,
            "pull_request_url": here,
            "author_association": self.pull_association(pull, review.author),
            "_links": { "html": { "href": page }, "pull_request": { "href": here } },
            "submitted_at": time(review.body.created_at),
            "commit_id": review.commit,
        })
    }

    pub(crate) fn comment_json(&self, pull: &Pull, comment: &Comment) -> Value {
        let (api, html) = self.pull_addresses(pull);
        let here = format!("{api}/issues/comments/{}", comment.id);
        json!({
            "id": comment.id,
            "node_id": format!("IC_{}", comment.id),
            "url": here,
            "html_url": format!("{html}#issuecomment-{}", comment.id),
            "issue_url": format!("{api}/issues/{}", pull.number),
            "body": comment.body.text,
            "user": self.account_json(comment.author),
            "created_at": time(comment.body.created_at),
            "updated_at": time(comment.body.updated_at),
            "author_association": self.pull_association(pull, comment.author),
            "performed_via_github_app": comment.via_app.map(|id| self.app_json_by_id(id)),
            "reactions": reactions(&here, &comment.reactions),
        })
    }

    pub(crate) fn reaction_json(&self, reaction: &Reaction) -> Value {
        json!({
            "id": reaction.id,
            "node_id": format!("REA_{}", reaction.id),
            "user": self.account_json(reaction.author),
            "content": reaction.content,
            "created_at": time(reaction.created_at),
        })
    }

    pub(crate) fn line_comment_json(&self, pull: &Pull, comment: &LineComment) -> Value {
        let (api, html) = self.pull_addresses(pull);
        let here = format!("{api}/pulls/comments/{}", comment.id);
        let page = format!("{html}#discussion_r{}", comment.id);
        let parent = format!("{api}/pulls/{}", pull.number);
        json!({
            "id": comment.id,
            "node_id": format!("PRRC_{}", comment.id),
            "pull_request_review_id": comment.review,
            "url": here,
            "html_url": page,
            "pull_request_url": parent,
            "diff_hunk": comment.lines.as_ref().map_or("@@ -1 +1 @@", |(.., hunk)| hunk),
            "path": comment.path,
            "position": 1,
            "original_position": 1,
            "commit_id": comment.commit,
            "original_commit_id": comment.commit,
            "user": self.account_json(comment.author),
            "body": comment.body.text,
            "created_at": time(comment.body.created_at),
            "updated_at": time(comment.body.updated_at),
            "author_association": self.pull_association(pull, comment.author),
            "_links": { "self": { "href": here }, "html": { "href": page }, "pull_request": { "href": parent } },
        })
    }

    /// The issue that a pull request also is: what comment webhooks show.
    pub(crate) fn issue_json(&self, pull: &Pull) -> Value {
        let (api, html) = self.pull_addresses(pull);
        let here = format!("{api}/issues/{}", pull.number);
        let whole = self.pull_json(pull);
        let keys = [
            "number",
            "title",
            "user",
            "labels",
            "state",
            "locked",
            "assignee",
            "assignees",
            "milestone",
            "created_at",
            "updated_at",
            "closed_at",
            "author_association",
            "active_lock_reason",
            "body",
            "draft",
        ];
        let mut issue: Value = keys.iter().map(|key| ((*key).to_owned(), whole[*key].clone())).collect();
        let rest = json!({
            "id": pull.id + 1_000_000,
            "node_id": format!("I_{}", pull.id),
            "url": here,
            "repository_url": api,
            "labels_url": format!("{here}/labels{{/name}}"),
            "comments_url": format!("{here}/comments"),
            "events_url": format!("{here}/events"),
            "timeline_url": format!("{here}/timeline"),
            "html_url": html,
            "comments": pull.comments.len(),
            "performed_via_github_app": null,
            "reactions": reactions(&here, &[]),
            "pull_request": {
                "url": format!("{api}/pulls/{}", pull.number),
                "html_url": html,
                "diff_url": format!("{html}.diff"),
                "patch_url": format!("{html}.patch"),
                "merged_at": whole["merged_at"],
            },
        });
        extend(&mut issue, rest);
        issue
    }

    pub(crate) fn merge_group_json(&self, group: &MergeGroup) -> Value {
        let commit = self.git.commit(&group.head_sha);
        json!({
            "head_sha": group.head_sha,
            "head_ref": group.head_ref,
            "base_sha": group.base_sha,
            "base_ref": group.base_ref,
            "head_commit": commit.map(|commit| json!({
                "id": commit.sha,
                "tree_id": commit.tree,
                "message": commit.message,
                "timestamp": time(commit.committer.at),
                "author": { "name": commit.author.name, "email": commit.author.email },
                "committer": { "name": commit.committer.name, "email": commit.committer.email },
            })),
        })
    }
}

fn reactions(below: &str, given: &[Reaction]) -> Value {
    let mut json = json!({ "url": format!("{below}/reactions"), "total_count": given.len() });
    for content in ["+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"] {
        json[content] = json!(given.iter().filter(|reaction| reaction.content == content).count());
    }
    json
}
