//! The pages in a real browser: Chromium, headless. They must be readable on a phone, by keyboard, by a screen reader, in
//! light and in dark, without JavaScript, and whatever strangers write.
//!
//! `SECONDER_SCREENSHOTS=FOLDER` has pictures of them taken, to be looked at.

mod driver;
mod report;
mod stage;

use serde_json::json;

use driver::Browser;
use stage::{pages, staged};

/// A phone, a tablet, a desktop.
const WIDTHS: [u32; 3] = [320, 768, 1280];

/// Elements that reach beyond the window, and whether the page can be scrolled sideways.
const OVERFLOW: &str = "
    const wide = [...document.querySelectorAll('body *')].filter(one => {
        const box = one.getBoundingClientRect();
        return box.width > 0 && !one.closest('.unseen, .skip') && (box.right > innerWidth + 1 || box.left < -1);
    });
    const root = document.documentElement;
    return { scrolls: root.scrollWidth > root.clientWidth, wide: wide.map(one => one.outerHTML.slice(0, 200)) };";

/// Texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3), as the browser paints them.
const CONTRAST: &str = "
    const channel = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
    const rgba = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
    const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const ground = one => {
        for (; one; one = one.parentElement) {
            const colour = rgba(getComputedStyle(one).backgroundColor);
            if (colour[3] > 0) return colour;
        }
        return [255, 255, 255, 1];
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const faint = [];
    let count = 0;
    while (walker.nextNode()) {
        const one = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !one.checkVisibility()) continue;
        const [a, b] = [light(rgba(getComputedStyle(one).color)), light(ground(one))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        count += 1;
        if (ratio < 4.5) faint.push([ratio, walker.currentNode.data.trim().slice(0, 60)]);
    }
    return { faint, count };";

/// What the focus can reach, and what has it.
const REACHABLE: &str = "
    const all = [...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')].filter(one => one.checkVisibility());
    return all.map(one => one.outerHTML.slice(0, 300));";
const FOCUSED: &str = "
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    return { html: one.outerHTML.slice(0, 300), outline: getComputedStyle(one).outlineStyle };";

#[test]
fn pages_fit_every_screen_in_light_and_in_dark() {
    staged(async |stage, browser| {
        for (name, url) in pages(stage) {
            browser.open(&url).await;
            browser.ask("document.querySelectorAll('details').forEach(one => one.open = true)").await;
            for width in WIDTHS {
                for scheme in ["light", "dark"] {
                    browser.look(width, 900, scheme).await;
                    let found = browser.ask(OVERFLOW).await;
                    assert_eq!(found, json!({ "scrolls": false, "wide": [] }), "{name} at {width} pixels, {scheme}");
                    let found = browser.ask(CONTRAST).await;
                    assert_eq!(found["faint"], json!([]), "{name}, {scheme}");
                    assert!(found["count"].as_u64().unwrap() > 3, "{name} shows next to nothing: {found}");
                    stage::keep_picture(browser, name, width, scheme).await;
                }
            }
            assert_eq!(browser.complaints_but(url.as_str(), name).await, [] as [serde_json::Value; 0], "{name}");
        }
        let dark = browser.ask("return getComputedStyle(document.body).backgroundColor").await;
        browser.look(768, 900, "light").await;
        assert_ne!(browser.ask("return getComputedStyle(document.body).backgroundColor").await, dark);
    });
}

#[test]
fn everything_is_reached_by_keyboard_and_the_focus_is_seen() {
    staged(async |stage, browser| {
        for (name, url) in pages(stage) {
            browser.open(&url).await;
            browser.look(768, 900, "light").await;
            let reachable = browser.ask(REACHABLE).await;
            let mut reached = Vec::new();
            for _ in reachable.as_array().unwrap() {
                browser.press_tab().await;
                let focused = browser.ask(FOCUSED).await;
                assert_ne!(focused["outline"], json!("none"), "{name}: nothing shows that the focus is on {focused}");
                reached.push(focused["html"].clone());
            }
            assert_eq!(json!(reached), reachable, "{name}");
        }
    });
}

#[test]
fn assistive_technology_is_told_what_is_where() {
    staged(async |stage, browser| {
        for (name, url) in pages(stage) {
            browser.open(&url).await;
            let tree = browser.accessibility().await;
            for landmark in ["banner", "main", "contentinfo"] {
                let count = tree.iter().filter(|(role, ..)| role == landmark).count();
                assert_eq!(count, 1, "{name}: {landmark}");
            }
            for (role, words, _) in &tree {
                let must_have_words = ["link", "heading", "region", "complementary", "DisclosureTriangle"];
                let is_named = !words.trim().is_empty() || !must_have_words.contains(&role.as_str());
                assert!(is_named, "{name}: a {role} has no name: {tree:#?}");
            }
            let levels: Vec<i64> = tree.iter().filter(|(role, ..)| role == "heading").filter_map(|one| one.2).collect();
            assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "{name}: {levels:?}");
            assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1) && levels[0] == 1, "{name}: {levels:?}");
            let language = browser.ask("return document.documentElement.lang").await;
            assert_eq!(language, json!("en"));
        }
    });
}

#[test]
fn what_strangers_write_stays_text() {
    staged(async |stage, browser| {
        browser.open(&stage.hostile).await;
        let found = browser
            .ask(
                "return {
                     ran: typeof window.hacked,
                     scripts: document.scripts.length,
                     pictures: document.images.length,
                     frames: document.querySelectorAll('iframe, object, embed, form, input, base').length,
                     handlers: [...document.querySelectorAll('*')].filter(one =>
                         [...one.attributes].some(name => name.name.startsWith('on') || name.name === 'style')).length,
                     schemes: [...new Set([...document.links].map(link => link.protocol))].sort(),
                     shown: document.querySelector('h1').textContent.includes('<script>'),
                 };",
            )
            .await;
        let expected = json!({
            "ran": "undefined", "scripts": 0, "pictures": 0, "frames": 0, "handlers": 0, "schemes": ["http:"],
            "shown": true,
        });
        assert_eq!(found, expected);
        assert_eq!(browser.complaints().await, [] as [serde_json::Value; 0]);
    });
}

impl Browser {
    /// Complaints about a page, but for the one that an address which leads nowhere calls for.
    async fn complaints_but(&self, url: &str, name: &str) -> Vec<serde_json::Value> {
        let is_expected = |one: &serde_json::Value| {
            let text = one["message"].as_str().unwrap_or_default();
            name == "error-404" && text.starts_with(url) && text.contains("404")
        };
        self.complaints().await.into_iter().filter(|one| !is_expected(one)).collect()
    }
}
