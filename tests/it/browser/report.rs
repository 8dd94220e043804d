//! The page that `seconder scan` makes: a file that people open from their disk or get by mail.

use serde_json::json;

use super::driver::Browser;
use super::{CONTRAST, OVERFLOW, WIDTHS, stage};

/// What it loaded, what could run, and what assistive technology is told of the chart.
const HOLDS: &str = "
    return {
        loaded: performance.getEntriesByType('resource').map(one => one.name),
        ran: typeof window.hacked,
        scripts: document.scripts.length,
        styled: getComputedStyle(document.querySelector('svg.plot')).display,
        chart: document.querySelector('svg.plot').getAttribute('role'),
        bars: document.querySelectorAll('svg.plot rect.assisted').length > 1,
        unnamed: [...document.querySelectorAll('table')].filter(one => !one.querySelector('th[scope]')).length,
    };";

#[tokio::test(flavor = "multi_thread")]
async fn the_report_of_a_scan_stands_alone_and_can_be_read_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    let page = tokio::task::spawn_blocking(crate::scan::hostile_page).await.unwrap();
    std::fs::write(&file, page).unwrap();
    let browser = Browser::start().await;
    browser.open(&format!("file://{}", file.display())).await;
    let expected = json!({
        "loaded": [], "ran": "undefined", "scripts": 0, "styled": "block", "chart": "img", "bars": true, "unnamed": 0,
    });
    assert_eq!(browser.ask(HOLDS).await, expected);
    browser.ask("document.querySelectorAll('details').forEach(one => one.open = true)").await;
    for width in WIDTHS {
        for scheme in ["light", "dark"] {
            browser.look(width, 900, scheme).await;
            let found = browser.ask(OVERFLOW).await;
            assert_eq!(found, json!({ "scrolls": false, "wide": [] }), "at {width} pixels, {scheme}");
            let found = browser.ask(CONTRAST).await;
            assert_eq!(found["faint"], json!([]), "{scheme}");
            stage::keep_picture(&browser, "scan", width, scheme).await;
        }
    }
    let tree = browser.accessibility().await;
    for landmark in ["banner", "main", "contentinfo"] {
        assert_eq!(tree.iter().filter(|(role, ..)| role == landmark).count(), 1, "{landmark}");
    }
    let chart = tree.iter().find(|(role, name, _)| role == "image" && name.starts_with("Share of commits"));
    assert!(chart.is_some(), "{tree:#?}");
    let levels: Vec<i64> = tree.iter().filter(|(role, ..)| role == "heading").filter_map(|one| one.2).collect();
    assert_eq!((levels[0], levels.iter().filter(|level| **level == 1).count()), (1, 1), "{levels:?}");
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    // A policy that forbids what the page needs would be complained of here.
    assert_eq!(browser.complaints().await, [] as [serde_json::Value; 0]);
    browser.close().await;
}
