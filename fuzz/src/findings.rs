//! What holds for everything that is said of a file that people wrote.

use seconder::gate::policy::diagnostic::Diagnostic;

/// A refused file is told at least one reason, and each can be shown: in the file, on one line, and not endless.
pub fn are_refusals(findings: &[Diagnostic], text: &str) {
    assert!(findings.iter().any(Diagnostic::is_error), "refused without a reason");
    are_showable(findings, text);
}

/// A file that is taken has no errors.
pub fn are_warnings(findings: &[Diagnostic], text: &str) {
    assert!(!findings.iter().any(Diagnostic::is_error), "taken in spite of {findings:?}");
    are_showable(findings, text);
}

fn are_showable(findings: &[Diagnostic], text: &str) {
    // A line may end with any of the breaks that YAML knows, so this counts too many rather than too few.
    let lines = text.chars().filter(|c| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')).count() + 1;
    for finding in findings {
        let line = usize::try_from(finding.line).unwrap();
        assert!(finding.line >= 1 && finding.column >= 1 && line <= lines + 1, "{finding:?} of {lines} lines");
        let shown = finding.to_string();
        assert!(!shown.contains(char::is_control), "{shown:?}");
        assert!(shown.chars().count() < 2_000, "{shown}");
        assert!(!finding.message.is_empty(), "{finding:?}");
    }
}
