//! Foreign text as one line of visible characters, before it is shown or kept.

/// Whether a character shows nothing, or changes how others read: zero-width, bidirectional controls, tags.
pub(super) fn is_hidden(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}')
        || matches!(c, '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

/// The text without hidden characters, with a space for each control character.
pub(super) fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !is_hidden(*c)).map(|c| if c.is_control() { ' ' } else { c })
}

/// The text on one line with every hidden or control character shown by its number, cut to so many characters.
pub(super) fn revealed(text: &str, longest: usize) -> String {
    use std::fmt::Write as _;
    let mut shown = String::new();
    for c in text.chars().take(longest) {
        match c {
            '\n' | '\t' => shown.push(' '),
            c if c.is_control() || is_hidden(c) => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    if text.chars().nth(longest).is_some() {
        shown.push('…');
    }
    shown
}

/// The words of a text on one line, with single spaces between them, cut to so many characters.
pub(super) fn one_line(text: &str, longest: usize) -> String {
    let shown: String = visible(text).collect();
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(longest).collect::<String>().trim_end().to_owned()
}
