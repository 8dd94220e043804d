//! What somebody would look for with `git log --grep`: the catalogue's marks in messages, as one extended regular
//! expression (POSIX, with GNU's additions).

const CATALOGUE: &str = include_str!("../../config/agents.yml");

/// Footers and addresses of all tools, and the co-author key before any of their addresses.
pub(crate) fn alternation() -> anyhow::Result<String> {
    let catalogue: serde_json::Value = serde_saphyr::from_str(CATALOGUE)?;
    let mut found = Vec::new();
    for tool in catalogue["tools"].as_array().into_iter().flatten() {
        let texts = |key: &str| {
            let list = tool[key].as_array().cloned().unwrap_or_default();
            list.into_iter().filter_map(|one| Some(one.as_str()?.to_owned())).collect::<Vec<_>>()
        };
        found.extend(texts("footers").iter().chain(&texts("links")).map(|pattern| extended(pattern)));
        found.extend(
            texts("addresses").iter().map(|address| format!("co-authored-by:.*{}", address.replace('.', "\\."))),
        );
    }
    Ok(found.join("|"))
}

/// The same pattern as git's `-E` takes it.
fn extended(pattern: &str) -> String {
    let pattern = pattern.replace("(?:", "(").replace("*?", "*").replace("+?", "+");
    let mut out = String::new();
    let mut in_brackets = false;
    let mut characters = pattern.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, characters.peek(), in_brackets) {
            ('\\', Some('d'), _) => {
                characters.next();
                out.push_str(if in_brackets { "0-9" } else { "[0-9]" });
            }
            ('\\', Some('w'), true) => {
                characters.next();
                out.push_str("[:alnum:]_");
            }
            ('\\', Some('s'), true) => {
                characters.next();
                out.push_str("[:space:]");
            }
            // Within brackets a backslash stands for itself.
            ('\\', _, true) => {}
            ('\\', Some(next), false) => {
                out.extend([c, *next]);
                characters.next();
            }
            _ => {
                in_brackets = c == '[' || (in_brackets && c != ']');
                out.push(c);
            }
        }
    }
    out
}
