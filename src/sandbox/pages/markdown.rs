//! A check's Markdown as HTML, as harmless as GitHub makes it: no raw HTML, no pictures, no links but to the web.

use pulldown_cmark::{CowStr, Event, Parser, Tag, TagEnd, html};

pub(super) fn html(markdown: &str) -> String {
    let safe = Parser::new(markdown).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Image { .. }) => Event::Text(CowStr::Borrowed("[picture: ")),
        Event::End(TagEnd::Image) => Event::Text(CowStr::Borrowed("]")),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let is_web = dest_url.starts_with("https://") || dest_url.starts_with("http://");
            let dest_url = if is_web { dest_url } else { CowStr::Borrowed("#") };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        other => other,
    });
    let mut page = String::new();
    html::push_html(&mut page, safe);
    page
}

#[cfg(test)]
mod tests {
    use super::html;

    #[test]
    fn formats_and_stays_harmless() {
        assert_eq!(html("**a** `b`"), "<p><strong>a</strong> <code>b</code></p>\n");
        assert!(!html("<script>x</script> <b onclick=x>").contains("<script"));
        assert!(!html("<b onclick=x>").contains("<b"));
        assert!(html("[a](javascript:x)").contains("href=\"#\""));
        assert!(!html("![a](https://pictures.test/x.png)").contains("<img"));
    }
}
