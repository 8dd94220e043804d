//! Whose name and address is this: an agent's, a robot's, or (as far as anybody can tell) a person's?
//!
//! Only exact addresses and logins count, and names that no person has. A vendor's domain proves nothing: people work
//! there. A first name proves nothing: people are called Claude and Devin.

use super::catalogue::{Catalogue, Tool, ToolIndex};
use crate::gate::change::{Actor, ActorKind, GitIdentity};

/// The one forge whose account numbers the catalogue knows.
const GITHUB: &str = "github.com";

/// What the catalogue knows about an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// The identity is the tool's own.
    Agent {
        tool: ToolIndex,
        /// As a co-author it stands for an accepted review suggestion only.
        suggests: bool,
    },
    /// A person whose name says that they used the tool.
    Assisted { tool: ToolIndex },
    /// Neither a person nor AI.
    Automation,
}

/// Whether this is an agent's identity, and so nobody's.
pub fn is_agent_identity(identity: &GitIdentity, catalogue: &Catalogue) -> bool {
    matches!(known_identity(identity, catalogue), Some(Known::Agent { .. }))
}

/// The tool whose identity this is.
pub fn agent_identity<'c>(identity: &GitIdentity, catalogue: &'c Catalogue) -> Option<&'c Tool> {
    match known_identity(identity, catalogue) {
        Some(Known::Agent { tool, .. }) => catalogue.tools.get(tool),
        Some(Known::Assisted { .. } | Known::Automation) | None => None,
    }
}

/// Whether this identity belongs to a bot that is not AI: never a person, and no evidence.
pub fn is_automation_identity(identity: &GitIdentity, catalogue: &Catalogue) -> bool {
    match known_identity(identity, catalogue) {
        Some(Known::Automation) => true,
        Some(Known::Agent { .. } | Known::Assisted { .. }) => false,
        None => identity.account.as_ref().is_some_and(|account| is_automation(account, catalogue)),
    }
}

/// The tool that acts through this account.
pub fn agent_account<'c>(actor: &Actor, catalogue: &'c Catalogue) -> Option<&'c Tool> {
    catalogue.tools.get(agent_of(actor, catalogue)?)
}

/// Whether this account belongs to a bot that is not AI.
pub fn is_automation(actor: &Actor, catalogue: &Catalogue) -> bool {
    if agent_of(actor, catalogue).is_some() {
        return false;
    }
    // Away from github.com anybody may have registered a login from the list.
    let is_listed = actor.account.host.as_str() == GITHUB
        && catalogue.automation.logins.iter().any(|login| login.eq_ignore_ascii_case(actor.login.as_str()));
    actor.kind == ActorKind::Bot || is_listed
}

/// The account number in a no-reply address of this forge: `583231+octocat@users.noreply.github.com`, and on a GitLab
/// `583231-octocat@users.noreply.gitlab.com`.
pub fn noreply_account(email: &str, host: &str) -> Option<i64> {
    let noreply = NoReply::parse(email)?;
    (noreply.host.eq_ignore_ascii_case(host)).then_some(noreply.id).flatten()
}

/// The login in a forge's no-reply address.
pub(super) fn login_in(email: &str) -> Option<&str> {
    NoReply::parse(email).map(|noreply| noreply.login)
}

/// The tool behind an account: by number where the catalogue knows the forge's numbers, by login elsewhere.
pub(super) fn agent_of(actor: &Actor, catalogue: &Catalogue) -> Option<ToolIndex> {
    let is_github = actor.account.host.as_str() == GITHUB;
    if is_github && let Some(account) = catalogue.accounts.by_id.get(&actor.account.id) {
        return Some(account.tool);
    }
    if actor.kind != ActorKind::Bot {
        return None;
    }
    let login = actor.login.as_str().to_ascii_lowercase();
    // GraphQL names bots without the suffix that REST and git use.
    let names = [format!("{}[bot]", login.trim_end_matches("[bot]")), login];
    let accounts = names.iter().filter_map(|name| catalogue.accounts.by_login.get(name)).flatten();
    // On github.com a known number that is not this one means another bot with a similar name.
    accounts.into_iter().find(|account| !is_github || account.id.is_none()).map(|account| account.tool)
}

/// What is known about a commit's author or committer, through the linked account as well.
pub(super) fn known_identity(identity: &GitIdentity, catalogue: &Catalogue) -> Option<Known> {
    let by_text = known(&identity.name, &identity.email, catalogue);
    let by_account = || {
        let tool = agent_of(identity.account.as_ref()?, catalogue)?;
        Some(Known::Agent { tool, suggests: false })
    };
    match by_text {
        Some(Known::Agent { .. } | Known::Assisted { .. }) => by_text,
        Some(Known::Automation) | None => by_account().or(by_text),
    }
}

/// What is known about a name and an address; the address may be missing.
pub(super) fn known(name: &str, email: &str, catalogue: &Catalogue) -> Option<Known> {
    let name = name.trim().trim_matches(['"', '\'', '“', '”', '`']).trim();
    let email = email.trim().to_ascii_lowercase();
    let noreply = NoReply::parse(&email);
    if catalogue.except_names.is_match(name) {
        return is_listed_automation(name, &email, noreply.as_ref(), catalogue).then_some(Known::Automation);
    }
    by_address(name, &email, catalogue)
        .or_else(|| by_slug(noreply.as_ref()?, catalogue))
        .or_else(|| by_name(name, &email, catalogue))
        .or_else(|| is_listed_automation(name, &email, noreply.as_ref(), catalogue).then_some(Known::Automation))
}

fn by_address(name: &str, email: &str, catalogue: &Catalogue) -> Option<Known> {
    let rules = catalogue.addresses.get(email)?;
    let rule = rules.iter().find(|rule| rule.name.as_ref().is_none_or(|needed| needed.is_match(name)))?;
    Some(Known::Agent { tool: rule.tool, suggests: false })
}

/// A login with `[bot]` can only be an App's. Any other login could be anybody's, so its number must fit.
fn by_slug(noreply: &NoReply<'_>, catalogue: &Catalogue) -> Option<Known> {
    let accounts = catalogue.accounts.by_login.get(noreply.login)?;
    let is_github = noreply.host == GITHUB;
    let same_id = accounts.iter().find(|account| is_github && account.id.is_some() && account.id == noreply.id);
    let account = match same_id {
        Some(account) => Some(account),
        None if noreply.login.ends_with("[bot]") => accounts.first(),
        None => None,
    }?;
    Some(Known::Agent { tool: account.tool, suggests: account.suggests })
}

fn by_name(name: &str, email: &str, catalogue: &Catalogue) -> Option<Known> {
    let lower = name.to_ascii_lowercase();
    if lower.ends_with("[bot]")
        && let Some(account) = catalogue.accounts.by_login.get(&lower).and_then(|accounts| accounts.first())
    {
        return Some(Known::Agent { tool: account.tool, suggests: account.suggests });
    }
    let agent = |tool: &ToolIndex| Known::Agent { tool: *tool, suggests: false };
    let named = catalogue.names.tools(name).first().map(agent);
    let bare = || {
        let tools = catalogue.bare_names.tools(name);
        let tool = tools.first()?;
        // A name that people have needs more: no address that looks like one.
        let is_personal = catalogue.words.personal.get(*tool).copied().unwrap_or(false);
        let is_anybody = if is_personal { email.contains('@') && !is_nowhere(email) } else { is_mailbox(email) };
        // Old histories that were converted say `goose <goose>` and `goose <goose@4525493e-…>`.
        let is_anybody = is_anybody || (!email.is_empty() && !email.contains('@')) || is_converted(email);
        let is_anybody = is_anybody && !is_programs_mailbox(email);
        (!is_anybody).then(|| agent(tool))
    };
    let suffixed = || {
        let (_, tool) = catalogue.name_suffixes.iter().find(|(suffix, _)| lower.ends_with(suffix.as_str()))?;
        Some(Known::Assisted { tool: *tool })
    };
    named.or_else(bare).or_else(suffixed)
}

fn is_listed_automation(name: &str, email: &str, noreply: Option<&NoReply<'_>>, catalogue: &Catalogue) -> bool {
    let is_bot = |login: &str| {
        let listed = catalogue.automation.logins.iter().any(|known| known.eq_ignore_ascii_case(login));
        listed || login.to_ascii_lowercase().ends_with("[bot]")
    };
    let by_address = catalogue.automation.addresses.get(email);
    by_address.is_some_and(|needed| needed.as_ref().is_none_or(|needed| needed.is_match(name)))
        || noreply.is_some_and(|noreply| is_bot(noreply.login))
        || name.ends_with("[bot]")
}

/// Whether nobody reads mail to this address: `noreply@vendor.example`, `agent@vendor.example`. A forge's own addresses stand for
/// people, too.
fn is_programs_mailbox(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return false;
    };
    let is_programs = matches!(local, "noreply" | "no-reply" | "donotreply" | "agent" | "bot" | "assistant");
    is_programs
        && !["github.com", "gitlab.com", "bitbucket.org"].contains(&domain)
        && !domain.starts_with("users.noreply.")
}

/// Whether an address has the identifier of a Subversion repository for its host, as git-svn writes it.
fn is_converted(email: &str) -> bool {
    let is_identifier = |host: &str| {
        let lengths = host.split('-').map(str::len);
        lengths.eq([8, 4, 4, 4, 12]) && host.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
    };
    email.rsplit_once('@').is_some_and(|(_, host)| is_identifier(host))
}

/// Whether an address is of a machine's own making.
fn is_nowhere(email: &str) -> bool {
    email.rsplit_once('@').is_some_and(|(_, domain)| !domain.contains('.') && domain.starts_with("local"))
}

/// Whether mail to this address could reach somebody: not empty, not a local or reserved (RFC 2606) name.
fn is_mailbox(email: &str) -> bool {
    let Some((_, domain)) = email.rsplit_once('@') else {
        return false;
    };
    let reserved = [".local", ".localhost", ".invalid", ".example", ".test", ".localdomain", ".internal"];
    let examples = ["example.com", "example.org", "example.net"];
    domain.contains('.') && !examples.contains(&domain) && !reserved.iter().any(|end| domain.ends_with(end))
}

/// A forge's no-reply address, lower-cased by the caller where that matters.
struct NoReply<'e> {
    id: Option<i64>,
    login: &'e str,
    host: &'e str,
}

impl<'e> NoReply<'e> {
    fn parse(email: &'e str) -> Option<Self> {
        let (local, domain) = email.trim().rsplit_once('@')?;
        let (prefix, host) = domain.split_at_checked("users.noreply.".len())?;
        if !prefix.eq_ignore_ascii_case("users.noreply.") || host.is_empty() {
            return None;
        }
        let (id, login) = match local.split_once('+') {
            Some((id, login)) => (id.parse().ok().filter(|id| *id > 0), login),
            None => Self::hyphenated(local).filter(|_| !host.eq_ignore_ascii_case(GITHUB)).unwrap_or((None, local)),
        };
        Some(Self { id, login, host })
    }

    /// As GitLab writes it: `583231-octocat@users.noreply.gitlab.com`.
    /// <https://docs.gitlab.com/user/profile/#use-an-automatically-generated-private-commit-email>
    fn hyphenated(local: &'e str) -> Option<(Option<i64>, &'e str)> {
        let (id, login) = local.split_once('-')?;
        let id = id.parse().ok().filter(|id| *id > 0 && !login.is_empty())?;
        Some((Some(id), login))
    }
}

/// Whether this is the forge itself, committing what somebody did in its web pages: `GitHub <noreply@github.com>`, or
/// the same on a server of one's own.
pub fn is_forge_identity(identity: &GitIdentity, host: &str) -> bool {
    let address = identity.email.trim().to_ascii_lowercase();
    let is_own = address.strip_prefix("noreply@").is_some_and(|domain| domain == GITHUB || domain == host);
    identity.name.trim() == "GitHub" && is_own
}
