//! What the App has to be allowed to do and to be told, and why. The one list of it: `seconder doctor` and the documents are
//! held to it.
//!
//! Names: <https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps>,
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.

/// How much a permission allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// To look.
    Read,
    /// To look and to change.
    Write,
}

impl Level {
    /// Reads GitHub's word.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "read" => Some(Self::Read),
            "write" | "admin" => Some(Self::Write),
            _ => None,
        }
    }

    /// In GitHub's words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read-only",
            Self::Write => "read and write",
        }
    }
}

/// A permission that the App asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// In the API.
    pub name: &'static str,
    /// On the App's settings page.
    pub title: &'static str,
    /// Without this, the gate does not work. `None`: it works, and knows less.
    pub must: Option<Level>,
    /// What it is meant to have.
    pub should: Level,
    /// What it is for.
    pub why: &'static str,
    /// Whether an Enterprise Server has it as well.
    pub is_everywhere: bool,
    /// Whether it is about an organisation: a person's account cannot grant it.
    pub is_organisations: bool,
}

/// An event that the App is told of. Events about the installation itself come to every App.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// In the API.
    pub name: &'static str,
    /// On the App's settings page.
    pub title: &'static str,
    /// Whether the gate does its work too late without it. Of the others, only news is missed, until the next sweep.
    pub must: bool,
    /// Whether an Enterprise Server has it as well.
    pub is_everywhere: bool,
}

const fn permission(
    name: &'static str,
    title: &'static str,
    must: Option<Level>,
    should: Level,
    why: &'static str,
) -> Permission {
    Permission { name, title, must, should, why, is_everywhere: true, is_organisations: false }
}

/// Every permission.
pub const PERMISSIONS: [Permission; 8] = [
    permission("checks", "Checks", Some(Level::Write), Level::Write, "the check could not be published"),
    permission("contents", "Contents", Some(Level::Read), Level::Read, "neither policies nor commits could be read"),
    permission("pull_requests", "Pull requests", Some(Level::Read), Level::Read, "no change could be read"),
    permission(
        "issues",
        "Issues",
        Some(Level::Read),
        Level::Write,
        "with read-only, commands count and get no answer; without it, no command is heard",
    ),
    permission(
        "statuses",
        "Commit statuses",
        None,
        Level::Write,
        "rulesets of an organisation could not select the App as the check's source, and statuses that bear the check's name \
         would not be noticed",
    ),
    permission(
        "administration",
        "Administration",
        None,
        Level::Read,
        "that the check is required could not be seen everywhere, and nobody would be told when rules change",
    ),
    Permission {
        is_everywhere: false,
        ..permission(
            "merge_queues",
            "Merge queues",
            None,
            Level::Read,
            "a merge queue would wait for the check of its groups in vain",
        )
    },
    Permission {
        is_organisations: true,
        ..permission("members", "Members", None, Level::Read, "nobody would be told when teams and members change")
    },
];

const fn event(name: &'static str, title: &'static str, must: bool) -> Event {
    Event { name, title, must, is_everywhere: true }
}

/// Every event.
pub const EVENTS: [Event; 17] = [
    event("pull_request", "Pull request", true),
    event("pull_request_review", "Pull request review", true),
    event("pull_request_review_comment", "Pull request review comment", false),
    event("issue_comment", "Issue comment", true),
    event("push", "Push", true),
    event("check_run", "Check run", true),
    Event { is_everywhere: false, ..event("merge_group", "Merge group", true) },
    event("repository", "Repository", false),
    event("member", "Member", false),
    event("membership", "Membership", false),
    event("organization", "Organization", false),
    event("team", "Team", false),
    event("team_add", "Team add", false),
    event("repository_ruleset", "Repository ruleset", false),
    event("branch_protection_rule", "Branch protection rule", false),
    event("branch_protection_configuration", "Branch protection configuration", false),
    event("status", "Status", false),
];
