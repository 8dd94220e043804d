//! Records of who wrote what: git-ai's notes.

use seconder::sandbox::{NewCommit, OpenPull};

use super::{Change, REPOSITORY, Scene};

/// Where git-ai keeps its notes.
pub(crate) const NOTES: &str = "refs/notes/ai";

/// A note that attests these lines of a file to a session of this tool.
pub(crate) fn note_of(tool: &str, lines: &str) -> String {
    format!(
        "src/retry.rs\n  s_c9883b05a2487d::t_9f8e7d6c5b4a32 {lines}\n---\n{{\"schema_version\": \"authorship/3.0.0\",
        \"prompts\": {{}}, \"sessions\": {{\"s_c9883b05a2487d\": {{\"agent_id\": {{\"tool\": \"{tool}\", \"id\": \"1\",
        \"model\": \"m-1\"}}, \"human_author\": \"Jo Example <jo@example.com>\"}}}}}}"
    )
}

/// A note of a session that wrote nothing of the commit.
pub(crate) fn note_without_lines(tool: &str) -> String {
    let note = note_of(tool, "1");
    note.split_once("---\n").map(|(_, metadata)| format!("---\n{metadata}")).unwrap()
}

impl Scene {
    /// Writes a note on a commit, as git would: a file, by the first digits of the commit's name in a folder.
    pub(crate) fn note(&self, sha: &str, text: &str) {
        let (folder, rest) = sha.split_at(2);
        self.note_at(&format!("{folder}/{rest}"), text);
    }

    pub(crate) fn note_at(&self, path: &str, text: &str) {
        let commit = NewCommit::new("Notes added by 'git notes add'").file(path, text);
        self.forge.write_ref(&self.who("jo"), REPOSITORY, NOTES, &commit);
    }

    /// Takes a note away.
    pub(crate) fn without_note(&self, sha: &str) {
        let (folder, rest) = sha.split_at(2);
        let commit = NewCommit::new("Notes removed by 'git notes remove'").without(format!("{folder}/{rest}"));
        self.forge.write_ref(&self.who("jo"), REPOSITORY, NOTES, &commit);
    }

    /// A change of one commit, with a note on it that was there before anybody looked.
    pub(crate) async fn noted_change(&self, by: &str, message: &str, note: &str) -> Change {
        let who = self.who(by);
        let branch = format!("noted-{}", self.forge.deliveries().len());
        let commit = NewCommit::new(message).file("src/retry.rs", format!("// {by}: {message}\n"));
        let sha = self.forge.push(&who, REPOSITORY, &branch, commit);
        self.note(&sha, note);
        let pull = OpenPull::new(branch.clone(), "Retry failed payments".to_owned()).to("main".to_owned());
        let number = self.forge.open_pull(&who, REPOSITORY, pull);
        self.quiet().await;
        Change { repository: REPOSITORY.to_owned(), number, home: REPOSITORY.to_owned(), branch }
    }
}
