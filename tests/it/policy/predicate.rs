use std::collections::BTreeSet;

use seconder::gate::change::{FileChange, Files};
use seconder::gate::detect::Level;
use seconder::gate::ids::{AccountId, Host};
use seconder::gate::people::Tier;
use seconder::gate::policy::predicate::{Unmet, exempts, holds};
use seconder::gate::policy::{Exempt, When};

use super::{policy, tiers};

fn when(body: &str) -> When {
    let text = format!("version: 1\nrules: [{{ name: r, when: {{ {body} }}, require: {{ approvals: 1 }} }}]\n");
    policy(&text).rules.remove(0).when
}

fn tier(name: &str) -> Tier {
    tiers().find(name).expect("a tier")
}

/// `a` was changed, `b -> a` renamed.
fn files(paths: &[&str]) -> Files {
    let file = |path: &&str| match path.split_once(" -> ") {
        Some((old, new)) => FileChange { path: new.to_owned(), previous_path: Some(old.to_owned()) },
        None => FileChange { path: (*path).to_owned(), previous_path: None },
    };
    Files::Whole(paths.iter().map(file).collect())
}

const TRUNCATED: Files = Files::Truncated { total: 4_000 };

#[test]
fn a_level_means_at_least() {
    let when = when("assistance: assisted");
    let of = |level| holds(&when, level, tier("junior"), &files(&[]));
    assert_eq!(of(Level::None), Err(Unmet::Assistance));
    assert_eq!(of(Level::Unknown), Err(Unmet::Assistance));
    assert_eq!(of(Level::Assisted), Ok(()));
    assert_eq!(of(Level::Autonomous), Ok(()));
}

#[test]
fn every_comparison_of_tiers() {
    let names = ["agent", "junior", "mid", "senior", "principal"];
    let met = |condition: &str| {
        let when = when(&format!("author_tier: \"{condition}\""));
        let met = names.into_iter().filter(|name| holds(&when, Level::None, tier(name), &files(&[])).is_ok());
        met.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(met("< senior"), "agent junior mid");
    assert_eq!(met("<= senior"), "agent junior mid senior");
    assert_eq!(met("= senior"), "senior");
    assert_eq!(met(">= senior"), "senior principal");
    assert_eq!(met("> senior"), "principal");
}

#[test]
fn the_first_unmet_condition_is_named() {
    let when = when("assistance: assisted, author_tier: \"< senior\", paths: [infra]");
    let of = |level, author, paths: &[&str]| holds(&when, level, tier(author), &files(paths));
    assert_eq!(of(Level::None, "principal", &[]), Err(Unmet::Assistance));
    assert_eq!(of(Level::Assisted, "principal", &[]), Err(Unmet::AuthorTier));
    assert_eq!(of(Level::Assisted, "mid", &[]), Err(Unmet::Paths));
    assert_eq!(of(Level::Assisted, "mid", &["infra/main.tf"]), Ok(()));
}

#[test]
fn paths_match_like_a_gitignore_anchored_at_the_root() {
    for (pattern, path, expected) in [
        ("infra/**", "infra/a/b.tf", true),
        ("infra/**", "docs/infra/b.tf", false),
        ("/infra/**", "infra/b.tf", true),
        ("infra/", "infra/a/b.tf", true),
        ("infra/", "infra", true),
        ("infra/**", "infra", true),
        ("infra/**", "infrastructure", false),
        ("infra", "infra/a/b.tf", true),
        ("infra", "infrastructure/b.tf", false),
        ("infra/*", "infra/a/b.tf", true),
        ("*.tf", "main.tf", true),
        ("*.tf", "infra/main.tf", false),
        ("**/*.tf", "main.tf", true),
        ("**/*.tf", "infra/a/main.tf", true),
        ("**/migrations/**", "db/migrations/1.sql", true),
        ("a/**/z", "a/z", true),
        ("a/**/z", "a/b/c/z", true),
        ("a?c", "a/c", false),
        ("{a,b}/x", "b/x", true),
        ("[a-c]", "d", false),
        ("**", "anything/at all", true),
        ("Infra/**", "infra/a", false),
    ] {
        let when = when(&format!("paths: [{pattern:?}]"));
        let found = holds(&when, Level::None, tier("mid"), &files(&["other", path])).is_ok();
        assert_eq!(found, expected, "{pattern} against {path}");
    }
}

#[test]
fn old_paths_match_and_so_does_all_of_an_unread_list() {
    let when = when("paths: [\"infra/**\"]");
    assert_eq!(holds(&when, Level::None, tier("mid"), &files(&["infra/a -> docs/a"])), Ok(()));
    assert_eq!(holds(&when, Level::None, tier("mid"), &TRUNCATED), Ok(()));
    assert_eq!(holds(&when, Level::None, tier("mid"), &files(&[])), Err(Unmet::Paths));
}

fn exempt(paths: &str) -> Exempt {
    let text = format!(
        "version: 1\nrules: [{{ name: r, require: {{ approvals: 1 }} }}]\n\
         exempt: [{{ name: e, accounts: [7, 8]{paths} }}]\n"
    );
    policy(&text).rules.remove(0).exempt.remove(0)
}

#[test]
fn an_exemption_holds_only_if_everything_is_listed() {
    let host: Host = "github.com".parse().unwrap();
    let accounts = |ids: &[&str]| ids.iter().map(|id| id.parse().unwrap()).collect::<BTreeSet<AccountId>>();
    let lock = exempt(", paths: [\"**/*.lock\", docs/]");
    let of = |ids: &[&str], files: &Files| exempts(&lock, &host, Some(&accounts(ids)), files);
    let good = files(&["Cargo.lock", "a/b.lock", "docs/a/b.md"]);
    assert!(of(&["github.com/7"], &good));
    assert!(of(&["github.com/7", "github.com/8"], &good));
    assert!(!of(&["github.com/7", "github.com/9"], &good), "one contributor is not listed");
    assert!(!of(&["ghe.example.com/7"], &good), "the same number on another forge is another account");
    assert!(!of(&[], &good), "nobody is not everybody");
    assert!(!exempts(&lock, &host, None, &good), "a contributor is unknown");
    assert!(!of(&["github.com/7"], &files(&["Cargo.lock", "src/main.rs"])));
    assert!(!of(&["github.com/7"], &files(&["src/main.rs -> main.lock"])), "the old path counts too");
    assert!(!of(&["github.com/7"], &files(&[])));
    assert!(!of(&["github.com/7"], &TRUNCATED));
    assert!(!of(&["github.com/7"], &files(&["a.lock/main.rs"])), "a folder is not what it holds");
    let any = exempt("");
    assert!(exempts(&any, &host, Some(&accounts(&["github.com/7"])), &files(&["src/main.rs"])));
    assert!(!exempts(&any, &host, Some(&accounts(&["github.com/7"])), &TRUNCATED));
}
