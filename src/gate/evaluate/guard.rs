//! The gate guards itself: files that decide what the gate, or an agent, may do.

use std::borrow::Cow;
use std::sync::OnceLock;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::gate::change::Files;
use crate::gate::people::{Tier, Tiers};
use crate::gate::policy::{Comparison, Policy, Require, TierCondition};

/// The name of the guard's rule. Policies cannot define one of this name.
pub const NAME: &str = "guarded-files";

/// What is guarded, wherever the policy says nothing: policy, owners, workflows, and instructions to agents.
const PATTERNS: &[&str] = &[
    ".github/seconder.yml",
    ".gitlab/seconder.yml",
    "seconder.yml",
    "**/CODEOWNERS",
    ".github/workflows/**",
    ".github/actions/**",
    "**/action.yml",
    "**/action.yaml",
    ".gitlab-ci.yml",
    ".gitlab/ci/**",
    ".gitlab/duo/**",
    "**/AGENTS.md",
    "**/AGENTS.override.md",
    "**/AGENT.md",
    "**/CLAUDE.md",
    "**/CLAUDE.local.md",
    "**/GEMINI.md",
    "**/.agents/**",
    "**/.claude/**",
    "**/.codex/**",
    "**/.cursor/**",
    "**/.cursorrules",
    "**/.clinerules",
    "**/.clinerules/**",
    "**/.gemini/**",
    "**/.kiro/**",
    "**/.junie/**",
    "**/.roo/**",
    "**/.windsurf/**",
    "**/.windsurfrules",
    "**/.aider.conf.yml",
    "**/.amazonq/**",
    "**/.augment/**",
    "**/.augment-guidelines",
    "**/.continue/**",
    "**/.goosehints",
    "**/.opencode/**",
    "**/opencode.json",
    "**/.mcp.json",
    "**/.vscode/mcp.json",
    ".github/copilot-instructions.md",
    ".github/instructions/**",
    ".github/prompts/**",
    ".github/chatmodes/**",
    ".github/hooks/**",
    ".github/agents/**",
    ".github/skills/**",
];

/// What the change touches of what is guarded.
pub(super) enum Touched<'a> {
    /// At least this file.
    File(&'a str),
    /// It cannot be told, so it is taken to touch something.
    Unknown,
}

/// The first guarded file that the change touches. A list that is not whole may hold one.
pub(super) fn touched(files: &Files) -> Option<Touched<'_>> {
    let Files::Whole(files) = files else { return Some(Touched::Unknown) };
    let set = patterns();
    let paths = files.iter().flat_map(|file| file.previous_path.iter().chain([&file.path]));
    paths.map(String::as_str).find(|path| set.is_match(path)).map(Touched::File)
}

/// Whether this file is guarded.
pub fn is_guarded(path: &str) -> bool {
    patterns().is_match(path)
}

/// A folder's own name is guarded with what is below it: it may be a link or a submodule.
fn all_patterns() -> impl Iterator<Item = &'static str> {
    PATTERNS.iter().copied().chain(PATTERNS.iter().filter_map(|pattern| pattern.strip_suffix("/**")))
}

fn patterns() -> &'static GlobSet {
    static SET: OnceLock<GlobSet> = OnceLock::new();
    SET.get_or_init(|| {
        let mut set = GlobSetBuilder::new();
        // Letter case is folded: some file systems do, so `claude.md` instructs an agent just as well.
        let build = |pattern| GlobBuilder::new(pattern).literal_separator(true).case_insensitive(true).build().ok();
        for glob in all_patterns().filter_map(build) {
            set.add(glob);
        }
        set.build().unwrap_or_default()
    })
}

/// One approval by somebody of the highest tier that any rule of the policy names; where none does, of the
/// organisation's highest tier. Whether that rule's own conditions hold does not matter: otherwise a rule that asks for
/// little, or evidence that makes it apply, would lower the guard.
pub fn require(policy: &Policy, tiers: &Tiers) -> Cow<'static, Require> {
    let named = |require: &Require| require.tier.and_then(|condition| lowest_allowed(condition, tiers));
    let highest = policy
        .rules
        .iter()
        .filter_map(|rule| named(&rule.require))
        .max()
        .or_else(|| tiers.names().last().and_then(|name| tiers.find(name)));
    Cow::Owned(Require {
        approvals: 1,
        tier: highest.map(|tier| TierCondition { comparison: Comparison::AtLeast, tier }),
        outranks_author: false,
        groups: Vec::new(),
        training: Vec::new(),
        write_access: false,
    })
}

/// The lowest tier that a condition lets through, where it sets a lower bound at all.
fn lowest_allowed(condition: TierCondition, tiers: &Tiers) -> Option<Tier> {
    match condition.comparison {
        Comparison::Below | Comparison::AtMost => None,
        Comparison::AtLeast | Comparison::Exactly => Some(condition.tier),
        Comparison::Above => {
            let above = tiers.names().iter().filter_map(|name| tiers.find(name)).find(|tier| *tier > condition.tier);
            Some(above.unwrap_or(condition.tier))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_a_valid_glob() {
        assert_eq!(patterns().len(), all_patterns().count());
    }

    #[test]
    fn a_link_in_the_place_of_a_guarded_folder_is_guarded() {
        assert!(patterns().is_match(".claude") && patterns().is_match("app/.cursor"));
        assert!(!patterns().is_match("docs/claude"));
    }
}
