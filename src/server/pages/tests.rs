//! The style: its colours are told apart by everybody who sees as much as WCAG asks for.

use std::collections::BTreeMap;

use super::*;

/// The contrast that WCAG 2.2 asks of text at level AA (1.4.3).
const LEAST: f64 = 4.5;

/// The custom properties that hold colours, in the block after `start`.
fn colours(start: &str) -> BTreeMap<&'static str, [f64; 3]> {
    let block = STYLE.split_once(start).unwrap().1.split_once('}').unwrap().0;
    let lines = block.lines().filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": #"));
    let part = |hex: &str, at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
    lines.map(|(name, hex)| (name, [part(hex, 0), part(hex, 2), part(hex, 4)])).collect()
}

/// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
fn luminance(colour: [f64; 3]) -> f64 {
    let [r, g, b] = colour.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    0.0722f64.mul_add(b, 0.2126f64.mul_add(r, 0.7152 * g))
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_pair_of_colours_is_read_with_ease() {
    for start in [":root {", "dark) {\n  :root {"] {
        let colours = colours(start);
        let grounds = ["ground", "surface", "code-ground"];
        let texts = ["text", "muted", "link", "pass", "waiting", "held", "error"];
        let plain = grounds.iter().flat_map(|ground| texts.map(|text| (text.to_owned(), (*ground).to_owned())));
        let own = ["pass", "waiting", "held", "error"]
            .into_iter()
            .flat_map(|outcome| ["text", "link", outcome].map(|text| (text.to_owned(), format!("{outcome}-ground"))));
        for (text, ground) in plain.chain(own) {
            let ratio = contrast(colours[text.as_str()], colours[ground.as_str()]);
            assert!(ratio >= LEAST, "{start} --{text} on --{ground}: {ratio:.2}");
        }
    }
}

#[test]
fn colours_stand_in_the_pairs_only() {
    let after = STYLE.rsplit_once("--error-ground").unwrap().1;
    let has_colour = |line: &&str| line.contains('#') || line.contains("rgb") || line.contains("hsl");
    let others: Vec<&str> =
        after.lines().skip(1).filter(has_colour).filter(|line| !line.trim().starts_with("/*")).collect();
    assert_eq!(others, [""; 0]);
}

#[tokio::test]
async fn more_pages_than_two_wait_for_their_turn() {
    let pages = Pages::new("https://seconder.example", LinkKey::new([7; LinkKey::BYTES]), Arc::new(Owners::new(&[])));
    let (first, second) = (pages.turn().await, pages.turn().await);
    assert!(first.is_some() && second.is_some());
    assert!(pages.turn().await.is_none());
    drop(first);
    assert!(pages.turn().await.is_some());
}
