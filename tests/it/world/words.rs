//! What people write into the conversation of a change, and what they are answered.

use seconder::gate::ids::{ChangeKey, RepoId};

use super::{Change, Scene};

impl Scene {
    /// Somebody comments. Gives the comment's number.
    pub(crate) async fn say(&self, login: &str, change: &Change, text: &str) -> u64 {
        let comment = self.forge.comment(&self.who(login), &change.repository, change.number, text);
        self.quiet().await;
        comment
    }

    /// Somebody approves the head by a command that names it, as the check offers it.
    pub(crate) async fn approve_by_command(&self, login: &str, change: &Change) -> u64 {
        let line = format!("/seconder approve {}", self.short_head(change));
        self.say(login, change, &line).await
    }

    /// The first twelve digits of the head.
    pub(crate) fn short_head(&self, change: &Change) -> String {
        self.head(change)[..12].to_owned()
    }

    /// The change, as the store knows it.
    pub(crate) fn key(&self, change: &Change) -> ChangeKey {
        let host = self.forge.web_url().split_once("://").unwrap().1.parse().unwrap();
        let deliveries = self.forge.deliveries().into_iter().rev();
        let payloads = deliveries.map(|one| serde_json::from_str::<serde_json::Value>(&one.body).unwrap());
        let (kind, name) =
            if self.is_gitlab() { ("project", "path_with_namespace") } else { ("repository", "full_name") };
        let mut repositories = payloads.map(|payload| payload[kind].clone());
        let found = repositories.find(|repository| repository[name] == change.repository.as_str()).unwrap();
        let number = i64::try_from(change.number).unwrap();
        ChangeKey { repo: RepoId::new(host, found["id"].as_i64().unwrap()), number }
    }

    fn bot(&self) -> String {
        if self.is_gitlab() { self.forge.bot_account().login } else { format!("{}[bot]", self.forge.app().slug) }
    }

    /// How we reacted to a comment.
    pub(crate) fn reactions(&self, comment: u64) -> Vec<String> {
        let bot = self.bot();
        let ours = self.forge.reactions(comment).into_iter().filter(|(login, _)| *login == bot);
        // GitLab has words of its own for them.
        ours.map(|(_, content)| if content == "thumbsup" { "+1".to_owned() } else { content }).collect()
    }

    /// All our replies on a change, oldest first.
    pub(crate) fn replies(&self, change: &Change) -> Vec<String> {
        let bot = self.bot();
        let comments = self.forge.comments(&change.repository, change.number).into_iter();
        let is_reply = |text: &String| !text.starts_with("<!-- seconder:check ");
        comments.filter(|(_, login, _)| *login == bot).map(|(.., text)| text).filter(is_reply).collect()
    }

    /// Our replies to one comment, or to a review or line comment where `place` says so.
    fn replies_to(&self, change: &Change, place: &str, comment: u64) -> Vec<String> {
        let mark = format!("<!-- seconder:answer:{place}{comment} -->");
        self.replies(change).into_iter().filter(|text| text.contains(&mark)).collect()
    }

    /// The comment got this reaction and nothing else.
    #[track_caller]
    pub(crate) fn expect_reaction(&self, change: &Change, comment: u64, reaction: &str) {
        assert_eq!(self.reactions(comment), [reaction], "{:?}", self.replies_to(change, "", comment));
        assert_eq!(self.replies_to(change, "", comment), [""; 0]);
    }

    /// The comment got this reaction and one reply that says this.
    #[track_caller]
    pub(crate) fn expect_answer(&self, change: &Change, comment: u64, reaction: &str, says: &str) {
        let replies = self.replies_to(change, "", comment);
        let [reply] = replies.as_slice() else { panic!("not one reply: {replies:?}, {:?}", self.reactions(comment)) };
        assert!(reply.contains(says), "the reply does not say {says:?}:\n{reply}");
        assert_eq!(self.reactions(comment), [reaction], "{reply}");
    }

    /// A command in the wrong place (`review-` or `line-`) got one reply that says this.
    #[track_caller]
    pub(crate) fn expect_sent_elsewhere(&self, change: &Change, place: &str, id: u64, says: &str) {
        let replies = self.replies_to(change, place, id);
        let [reply] = replies.as_slice() else { panic!("not one reply: {replies:?}") };
        assert!(reply.contains(says), "the reply does not say {says:?}:\n{reply}");
    }

    /// The comment got neither reaction nor reply.
    #[track_caller]
    pub(crate) fn expect_no_answer(&self, change: &Change, comment: u64) {
        assert_eq!((self.reactions(comment), self.replies_to(change, "", comment)), (vec![], vec![]));
    }
}
