use super::*;

#[test]
fn summaries_are_cut_between_characters() {
    assert_eq!(cut("short", 10), "short");
    assert_eq!(cut("ééé", 5), "éé");
    assert_eq!(cut("ééé", 4), "éé");
    assert_eq!(cut("🦀", 3), "");
    let long = "🦀".repeat(20_000);
    let kept = cut(&long, MAX_SUMMARY_BYTES);
    assert_eq!(kept.len(), 65_532);
    assert!(long.starts_with(kept));
}
