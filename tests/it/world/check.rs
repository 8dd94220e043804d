//! What the check says.

use seconder::sandbox::CheckRun;

use super::{Change, Scene};

impl Scene {
    /// The check that stands on the change's head.
    #[track_caller]
    pub(crate) fn check(&self, change: &Change) -> CheckRun {
        let head = self.head(change);
        let check = self.forge.check_run(&change.repository, &head, "seconder");
        check.unwrap_or_else(|| {
            panic!("there is no check on {head}, the head of #{}; so far:\n{}", change.number, self.so_far())
        })
    }

    /// What was delivered and called since the last question, for whoever has to find out why a story goes wrong.
    pub(crate) fn so_far(&self) -> String {
        let delivered = self.forge.deliveries().into_iter();
        let delivered = delivered.map(|one| format!("delivered {} {:?}: {:?}", one.event, one.action, one.outcome));
        let called = self.forge.calls().into_iter();
        let called = called.map(|call| {
            let errors = call.response.as_ref().map(|answer| answer["errors"].clone()).unwrap_or_default();
            format!("called {} {}: {} {errors}", call.method, call.path, call.status)
        });
        delivered.chain(called).collect::<Vec<_>>().join("\n")
    }

    /// The check is green, and GitHub would merge.
    #[track_caller]
    pub(crate) fn expect_pass(&self, change: &Change) {
        let check = self.check(change);
        assert_eq!(check.conclusion.as_deref(), Some("success"), "{}", said(&check));
        assert_eq!(check.status, "completed");
        assert!(self.forge.can_merge(&change.repository, change.number).is_ok());
    }

    /// The check is not green, says this in its title or text, and GitHub would not merge.
    #[track_caller]
    pub(crate) fn expect_held(&self, change: &Change, says: &str) {
        let check = self.check(change);
        let so_far = || format!("{}\nso far:\n{}", said(&check), self.so_far());
        assert_eq!(check.conclusion.as_deref(), Some("action_required"), "{}", so_far());
        assert!(said(&check).contains(says), "the check does not say {says:?}:\n{}", said(&check));
        assert!(self.forge.can_merge(&change.repository, change.number).is_err());
    }

    /// The last approval of this account does not count, for this reason.
    #[track_caller]
    pub(crate) fn expect_refused(&self, change: &Change, login: &str, reason: &str) {
        let check = self.check(change);
        let text = said(&check);
        let at = format!("@{login} ");
        let line = text.lines().rfind(|line| line.contains(&at) && line.contains("approved"));
        let line = line.unwrap_or_else(|| panic!("the check does not mention @{login}:\n{text}"));
        assert!(line.contains(reason), "not for {reason:?}: {line}");
        self.expect_held(change, reason);
    }

    /// The whole check: title and text.
    #[track_caller]
    pub(crate) fn says(&self, change: &Change) -> String {
        said(&self.check(change))
    }

    /// The check says this, whatever its conclusion.
    #[track_caller]
    pub(crate) fn expect_says(&self, change: &Change, words: &str) {
        let text = self.says(change);
        assert!(text.contains(words), "the check does not say {words:?}:\n{text}");
    }

    /// The check does not say this.
    #[track_caller]
    pub(crate) fn expect_silent(&self, change: &Change, words: &str) {
        let text = self.says(change);
        assert!(!text.contains(words), "the check says {words:?}:\n{text}");
    }

    /// The check's title.
    #[track_caller]
    pub(crate) fn title(&self, change: &Change) -> String {
        self.check(change).title.unwrap_or_default()
    }

    /// There is no check on the change's head.
    #[track_caller]
    pub(crate) fn expect_no_check(&self, change: &Change) {
        let check = self.forge.check_run(&change.repository, &self.head(change), "seconder");
        assert!(check.is_none(), "{}", said(&check.unwrap()));
    }
}

pub(super) fn said(check: &CheckRun) -> String {
    format!("{}\n{}", check.title.as_deref().unwrap_or_default(), check.summary.as_deref().unwrap_or_default())
}
