//! `seconder detect`: JSON Lines in, JSON Lines out.

use seconder::cli::detect::run;
use seconder::gate::detect::Catalogue;

const SHA: &str = "1111111111111111111111111111111111111111";

fn answer(input: &str) -> Result<String, String> {
    let mut output = Vec::new();
    run(input.as_bytes(), &mut output, Catalogue::embedded()).map_err(|error| format!("{error:#}"))?;
    Ok(String::from_utf8(output).unwrap())
}

#[test]
fn one_answer_per_commit_in_order() {
    let input = format!(
        "{}\n\n{}\n",
        serde_json::json!({
            "repo": "acme/pay", "sha": SHA, "unknown": [1],
            "author": {"name": "Claude", "email": "noreply@anthropic.com"},
            "committer": {"name": "GitHub", "email": "noreply@github.com"},
            "authored_at": "2026-01-01T00:00:00Z",
            "message": "Fix\n\nMade-with: Cursor",
        }),
        serde_json::json!({ "sha": SHA.replace('1', "2") }),
    );
    insta::assert_snapshot!(answer(&input).unwrap(), @r#"
    {"sha":"1111111111111111111111111111111111111111","assisted":true,"level":"autonomous","tools":["claude","cursor"],"evidence":[{"channel":"author","tool":"claude","where":"author","text":"Claude <noreply@anthropic.com>","strength":"attributed"},{"channel":"trailer","tool":"cursor","where":"message:3","in_trailers":true,"text":"Made-with: Cursor","strength":"attributed"}]}
    {"sha":"2222222222222222222222222222222222222222","assisted":false,"level":"none","tools":[],"evidence":[]}
    "#);
}

#[test]
fn a_bad_line_is_named() {
    let good = serde_json::json!({ "sha": SHA });
    for (line, words) in
        [("{", "EOF"), ("[]", "not a commit"), ("{}", "sha"), (r#"{"sha": "abc"}"#, "40 or 64 hex digits")]
    {
        let error = answer(&format!("{good}\n{line}\n")).unwrap_err();
        assert!(error.contains("line 2") && error.contains(words), "{error}");
    }
}
