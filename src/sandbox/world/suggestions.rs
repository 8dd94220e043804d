//! Suggestions in comments on lines, and what GitHub makes of them when somebody applies them.

use serde_json::json;

use super::World;
use crate::sandbox::accounts::AccountId;
use crate::sandbox::git::NewCommit;
use crate::sandbox::pulls::LineComment;
use crate::sandbox::repositories::RepositoryId;

impl World {
    /// What a comment on lines of a pull request shows of them.
    pub(super) fn hunk_of(&self, repository: RepositoryId, number: u64, path: &str, last: usize) -> Option<String> {
        let pull = self.pull(repository, number)?;
        let base = self.git.merge_base(&self.base_tip(pull), &pull.head)?;
        self.git.hunk_up_to(&base, &pull.head, path, last)
    }

    fn line_comment(&self, repository: RepositoryId, number: u64, comment: u64) -> Option<&LineComment> {
        self.pull(repository, number)?.line_comments.iter().find(|found| found.id == comment)
    }

    /// Changes a comment on a line.
    pub(crate) fn edit_line_comment(&mut self, actor: AccountId, comment: u64, text: &str) -> bool {
        let now = self.clock.tick();
        let on = self.pulls().find(|pull| pull.line_comments.iter().any(|found| found.id == comment));
        let Some((repository, number)) = on.map(|pull| (pull.repository, pull.number)) else { return false };
        let comments = self.pull_mut(repository, number).map(|pull| &mut pull.line_comments);
        let Some(found) = comments.and_then(|all| all.iter_mut().find(|found| found.id == comment)) else {
            return false;
        };
        let from = found.body.edit(actor, text, now);
        let changes = json!({ "changes": { "body": { "from": from } } });
        self.emit_line_comment("edited", repository, number, comment, actor, changes);
        true
    }

    /// What GitHub commits when these suggestions are applied together; `None` if one is not to be found, suggests
    /// nothing, or stands on lines that are different by now.
    pub(crate) fn suggested(&self, repository: RepositoryId, number: u64, comments: &[u64]) -> Option<NewCommit> {
        let head = &self.pull(repository, number)?.head;
        let files = self.git.files_at(head);
        let mut edits: Vec<(&LineComment, usize, usize, String)> = Vec::new();
        for comment in comments {
            let comment = self.line_comment(repository, number, *comment)?;
            let (first, last, _) = comment.lines.as_ref()?;
            let (_, block) = comment.body.text.split_once("```suggestion\n")?;
            let text = block.split_once("```").map_or(block, |(text, _)| text);
            edits.push((comment, *first, *last, text.to_owned()));
        }
        // From below, so that the numbers of the lines above stay right.
        edits.sort_by_key(|(_, first, ..)| std::cmp::Reverse(*first));
        let mut commit = NewCommit::new("Apply suggestions from code review").via_web();
        let mut names = Vec::new();
        for (comment, first, last, text) in edits {
            let own = commit.files.iter().position(|(path, _)| *path == comment.path).map(|at| commit.files.remove(at));
            let content = match own {
                Some((_, content)) => content?,
                None => self.git.blob(files.get(&comment.path)?)?.to_string(),
            };
            let mut lines: Vec<&str> = content.split_inclusive('\n').collect();
            lines.get(first.checked_sub(1)?..last)?;
            lines.splice(first - 1..last, [text.as_str()]);
            commit = commit.file(comment.path.clone(), lines.concat());
            let author = self.accounts.get(comment.author)?;
            let name = format!("Co-authored-by: {} <{}>", author.login, author.email);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        commit.message = format!("{}\n\n{}", commit.message, names.join("\n"));
        Some(commit)
    }
}
