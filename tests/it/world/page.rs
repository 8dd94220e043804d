//! The page of a change, as somebody's browser gets it.

use reqwest::header::HeaderMap;
use scraper::{Html, Selector};

use super::{Change, PUBLIC_URL, Scene};

/// What a browser was given.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

impl Scene {
    /// Where the change's check says that its details are: a path with a query.
    #[track_caller]
    pub(crate) fn page_link(&self, change: &Change) -> String {
        let url = self.check(change).details_url.expect("the check links to no page");
        url.strip_prefix(PUBLIC_URL).unwrap_or_else(|| panic!("the check links to {url}")).to_owned()
    }

    /// The page that the change's check links to.
    pub(crate) async fn page(&self, change: &Change) -> Page {
        let page = self.visit(&self.page_link(change)).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page
    }

    /// What the server answers to somebody's browser at this path.
    pub(crate) async fn visit(&self, path: &str) -> Page {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("{}{path}", self.url)).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Page { status, headers, html: answer.text().await.unwrap() }
    }
}

impl Page {
    /// The words that people read, with single spaces.
    pub(crate) fn text(&self) -> String {
        self.texts("main").join(" ")
    }

    /// The words of each element that a selector finds.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let document = Html::parse_document(&self.html);
        let selector = Selector::parse(selector).unwrap();
        let found = document.select(&selector).map(|element| element.text().collect::<String>());
        found.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// Where every link leads.
    pub(crate) fn links(&self) -> Vec<String> {
        let document = Html::parse_document(&self.html);
        let selector = Selector::parse("a[href]").unwrap();
        let links = document.select(&selector).filter_map(|link| link.attr("href"));
        links.map(str::to_owned).collect()
    }

    #[track_caller]
    pub(crate) fn expect(&self, words: &str) {
        let text = self.text();
        assert!(text.contains(words), "the page does not say {words:?}:\n{text}");
    }

    #[track_caller]
    pub(crate) fn expect_silent(&self, words: &str) {
        assert!(!self.html.contains(words), "the page says {words:?}:\n{}", self.html);
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
