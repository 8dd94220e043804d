//! Where a command may stand.

use super::*;

/// A command with this before it and that behind it.
fn within(before: &str, behind: &str) -> String {
    format!("{before}/seconder hold it{behind}")
}

fn hold() -> Said {
    said(Ask::Hold, Some("it"))
}

#[test]
fn a_command_starts_a_line_of_own_prose() {
    for before in [
        "",
        "   ",
        "Some words before.\n",
        "Some words before.\n      ",
        "Some words before.  \n",
        "Some words before.\\\n",
        "\n\n",
        "> a quote\n\n",
        "- a list\n\n<!-- -->\n\n",
        "# A heading\n",
        "```\ncode\n```\n",
        "A type like Vec<u8> hides nothing.\n",
        "<br>\n\n",
        "<details><summary>x</summary>\n\nlog\n\n</details>\n\n",
        "> <details>\n\nA quote ends what it opened.\n\n",
        "It costs $5\n",
    ] {
        hears(&within(before, ""), hold());
        hears(&within(before, "\n\nMore words."), hold());
    }
}

#[test]
fn what_stands_elsewhere_is_no_command() {
    for (before, behind) in [
        ("    ", ""),
        ("\t", ""),
        ("`", "`"),
        ("``", "``"),
        ("a `span\n", "`"),
        ("```\n", "\n```"),
        ("```\n", ""),
        ("~~~ text\n", "\n~~~"),
        ("> ", ""),
        ("> a quote\n", ""),
        (">> ", ""),
        ("> [!NOTE]\n> ", ""),
        ("- ", ""),
        ("- a list\n  ", ""),
        ("- a list\n\n  ", ""),
        ("1. ", ""),
        ("- [ ] ", ""),
        ("# ", ""),
        ("", "\n==="),
        ("", "\n---"),
        ("<!-- ", " -->"),
        ("<!--\n\n", "\n\n-->"),
        ("<pre>\n\n", "\n\n</pre>"),
        ("<div>\n", "\n</div>"),
        ("<blockquote>\n\n", "\n\n</blockquote>"),
        ("<details>\n\n", "\n\n</details>"),
        ("a <del>\n", "</del>"),
        ("[", "](https://x.test)"),
        ("![", "](https://x.test/x.png)"),
        ("| a |\n| --- |\n| ", " |"),
        ("a | b\n--- | ---\n", " | c"),
        ("note[^1]\n\n[^1]: ", ""),
        ("**", "**"),
        ("~~", "~~"),
        ("$$\n", "\n$$"),
        ("and ", ""),
    ] {
        hears_nothing(&within(before, behind));
    }
}

#[test]
fn struck_out_words_are_not_part_of_a_command() {
    hears("/second ~~0123456789ab~~", mistaken(Mistake::NotACommit { given: SHORT.to_owned() }));
    hears(
        "/seconder ~~approve~~",
        mistaken(Mistake::Unknown { verb: "approve".to_owned(), meant: Some("approve".to_owned()) }),
    );
}
