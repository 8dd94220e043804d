//! Who counts, end to end: the directory's file as it is, as it changes, and as it breaks.

mod accounts;
mod changes;
mod standing;

/// A person with one account of the same name, and more of the directory's keys.
fn person(login: &str, keys: &str) -> String {
    format!("- {{ id: {login}, accounts: [${{{login}}}], {keys} }}\n")
}

/// A directory where jo is a junior and ana a senior by their levels, with more people and with rules that come before
/// the one on levels.
fn directory(people: &str, rules: &str) -> String {
    let jo = person("jo", "attributes: { level: L3 }");
    let ana = person("ana", "attributes: { level: L6 }");
    format!(
        "version: 1\ntiers: [junior, mid, senior, principal]\npeople:\n{jo}{ana}{people}tier_rules:\n{rules}\
         - {{ id: level-senior, attribute: level, matches: \"L[67]\", tier: senior }}\n"
    )
}
