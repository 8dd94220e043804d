//! A comment's Markdown, and the command in it.

use seconder::gate::command::{Ask, Said, parse};

/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 500;

/// Holds a comment to the laws of commands.
pub fn hold(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let heard = parse(text);
    assert_eq!(parse(text), heard, "the same comment says the same");
    quotation_says_nothing(text);
    form_does_not_matter(text, heard.as_ref());
    if let Some(said) = heard {
        can_be_kept_and_said_again(text, &said);
    }
}

fn quotation_says_nothing(text: &str) {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    assert_eq!(parse(&format!("> {}", lines.replace('\n', "\n> "))), None, "what is quoted says nothing");
    assert_eq!(parse(&format!("    {}", lines.replace('\n', "\n    "))), None, "what is indented as code says nothing");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    assert_eq!(parse(&format!("{fence}\n{lines}\n{fence}")), None, "what is fenced says nothing");
    assert_eq!(parse(&format!("{fence}\n{lines}")), None, "nor behind a fence that is never closed");
    let spaced: String = text.chars().filter(|c| *c != '/').collect();
    assert_eq!(parse(&spaced), None, "without a slash there is no command");
}

fn form_does_not_matter(text: &str, heard: Option<&Said>) {
    if text.contains('\r') {
        return;
    }
    assert_eq!(parse(&text.replace('\n', "\r\n")).as_ref(), heard, "how lines end does not matter");
    assert_eq!(parse(&format!("{text}\n")).as_ref(), heard, "nor does a line break at the end");
}

fn can_be_kept_and_said_again(text: &str, said: &Said) {
    let kept = serde_json::from_value(serde_json::to_value(said).unwrap()).unwrap();
    assert_eq!(*said, kept, "what was heard can be kept");
    let mut words = vec!["/seconder".to_owned(), said.ask.verb().to_owned()];
    match &said.ask {
        Ask::Mistaken(_) => return,
        Ask::Approve { named: Some(named) } => {
            let is_commit = (12..=40).contains(&named.len()) && named.bytes().all(|c| c.is_ascii_hexdigit());
            assert!(is_commit && text.to_ascii_lowercase().contains(named), "{named} is not what was written");
            words.push(named.clone());
        }
        Ask::Assisted { tool } => words.extend(tool.clone()),
        _ => {}
    }
    words.extend(said.reason.clone());
    if let Some(reason) = &said.reason {
        assert!(!reason.is_empty() && reason.chars().count() <= LONGEST_REASON, "{reason:?}");
        assert!(!reason.contains(char::is_control), "{reason:?}");
    }
    let plain = words.join(" ");
    // Other characters may be Markdown when they are written down again.
    if !said.is_bare && plain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '/')) {
        assert_eq!(parse(&plain).as_ref(), Some(said), "{plain:?} says the same");
    }
}
