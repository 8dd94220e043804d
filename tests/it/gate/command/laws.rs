//! Laws of the grammar, searched for exceptions with comments made up by chance.

use proptest::prelude::*;

use super::*;

/// Texts with all that makes Markdown and commands.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "/seconder",
        "/second",
        "/approve",
        " ",
        " ",
        "approve",
        "hold",
        "why",
        "x",
        SHORT,
        "\n",
        "\n\n",
        "    ",
        "\t",
        "`",
        "```",
        "~~~",
        "~~",
        ">",
        "- ",
        "1. ",
        "# ",
        "<div>",
        "</div>",
        "<!--",
        "-->",
        "<pre>",
        "|",
        "---",
        "[",
        "]",
        "(u)",
        "![",
        "**",
        "_",
        "\\",
        "&#47;",
        "$",
        "$$",
        "[^1]",
        ":",
        "\u{200b}",
        "é",
        "\u{a0}",
    ]);
    prop_oneof![
        3 => prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat()),
        1 => any::<String>().prop_map(|text| format!("/seconder {text}")),
    ]
}

/// A comment that gives exactly one command, and what it says.
fn one_command() -> impl Strategy<Value = String> {
    let rest = prop::sample::select(vec!["approve", "hold", "hold it", "revoke", "why", "frobnicate", ""]);
    (prop::sample::select(vec!["", "Some words.\n", "> quoted\n\n"]), rest)
        .prop_map(|(before, rest)| format!("{before}/seconder {rest}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_can_be_read(text in any::<String>(), made in text()) {
        let _ = (parse(&text), parse(&made));
    }

    #[test]
    fn what_is_quoted_says_nothing(text in text()) {
        let quoted = format!("> {}", text.replace('\r', "\n").replace('\n', "\n> "));
        prop_assert_eq!(parse(&quoted), None);
    }

    #[test]
    fn what_is_fenced_says_nothing(text in text()) {
        let fence = "`".repeat(text.len() + 3);
        prop_assert_eq!(parse(&format!("{fence}\n{text}\n{fence}")), None);
        prop_assert_eq!(parse(&format!("{fence}\n{text}")), None);
    }

    #[test]
    fn words_behind_a_command_change_nothing(body in one_command(), words in "[a-z ,.]{0,40}") {
        prop_assert_eq!(parse(&format!("{body}\n\n{words}")), parse(&body));
        prop_assert!(parse(&body).is_some());
    }

    #[test]
    fn how_lines_end_does_not_matter(text in text(), blanks in " {0,3}") {
        prop_assume!(!text.contains('\r'));
        let heard = parse(&text);
        prop_assert_eq!(&parse(&text.replace('\n', "\r\n")), &heard);
        prop_assert_eq!(&parse(&format!("{text}\n")), &heard);
        prop_assert_eq!(&parse(&format!("{text}{blanks}")), &heard);
    }

    #[test]
    fn what_is_heard_can_be_kept(text in text()) {
        let Some(said) = parse(&text) else { return Ok(()) };
        let kept: Said = serde_json::from_value(serde_json::to_value(&said).expect("JSON")).expect("what was said");
        prop_assert_eq!(&kept, &said);
        if let Ask::Approve { named: Some(named) } = &said.ask {
            prop_assert!((12..=40).contains(&named.len()) && text.to_lowercase().contains(named));
        }
    }
}
