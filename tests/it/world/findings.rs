//! What somebody should look at.

use seconder::gate::finding::Place;
use seconder::gate::ids::AccountId;
use seconder::store::RecordedFinding;

use super::Scene;

impl Scene {
    /// Open findings, oldest first, each as its kind and its place.
    pub(crate) async fn found(&self) -> Vec<String> {
        self.quiet().await;
        let mut found = self.store.findings(true, 100).await.unwrap();
        found.reverse();
        found.iter().map(said).collect()
    }

    /// The only open finding.
    pub(crate) async fn only_finding(&self) -> RecordedFinding {
        self.quiet().await;
        let mut found = self.store.findings(true, 100).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    /// What stands for this account wherever it is kept for good.
    pub(crate) async fn pseudonym(&self, login: &str) -> Option<String> {
        let host = self.forge.web_url().split_once("://").unwrap().1.parse().unwrap();
        let account = AccountId::new(host, i64::try_from(self.who(login).id).unwrap());
        self.store.pseudonyms(std::slice::from_ref(&account)).await.unwrap().remove(&account)
    }
}

fn said(finding: &RecordedFinding) -> String {
    let place = match &finding.place {
        Place::Branch(branch) => branch.clone(),
        Place::Commit(commit) => commit.to_string(),
        Place::Push { branch, .. } => format!("push to {branch}"),
        Place::Change { number, .. } => format!("#{number}"),
        Place::Comment { number, comment } => format!("#{number} comment {comment}"),
        Place::Repository => "repository".to_owned(),
    };
    format!("{} {place}", finding.kind.as_str())
}
