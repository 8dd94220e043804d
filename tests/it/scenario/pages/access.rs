//! Who sees a page.

use crate::world::{REPOSITORY, World};

#[test]
fn everybody_sees_the_page_of_a_public_repository() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let link = s.page_link(&change);
        assert!(!link.contains("signature"), "{link}");
        let page = s.page(&change).await;
        assert_eq!(page.header("cache-control"), "no-cache");
        // The names are enough, in any case.
        let bare = link.split_once('?').unwrap().0;
        assert_eq!(s.visit(bare).await.status, 200);
        assert_eq!(s.visit(&bare.to_uppercase().replace("CHANGES", "changes")).await.status, 200);
    });
}

#[test]
fn the_page_of_a_private_repository_opens_with_its_signature_only() {
    World::new().on_github().private().run(async |s| {
        let (change, other) = (s.assisted_change().await, s.change("sam").open().await);
        let (link, another) = (s.page_link(&change), s.page_link(&other));
        let page = s.page(&change).await;
        assert_eq!(page.header("cache-control"), "private, no-store");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        let (path, signature) = link.split_once("&signature=").unwrap();
        let (_, of_another) = another.split_once("&signature=").unwrap();
        let bare = link.split_once('?').unwrap().0;
        let flipped = if signature.ends_with('0') { "1" } else { "0" };
        // The names do instead of the number, as long as they are the repository's.
        assert_eq!(s.visit(&format!("{bare}?signature={signature}")).await.status, 200);
        let nothing = s.visit("/changes/a/b/c/1").await;
        assert_eq!(nothing.status, 404);
        for wrong in [
            bare.to_owned(),
            path.to_owned(),
            format!("{path}&signature="),
            format!("{path}&signature={}{flipped}", &signature[..63]),
            format!("{path}&signature={of_another}"),
            format!("{path}&signature={signature}0"),
            link.replace("/1?", "/3?"),
            link.replace("/1?", "/01?"),
            link.replace("127.0.0.1", "github.com"),
            link.replace("repository=", "repository=1"),
            link.replace("repository=", "repository=-"),
            link.replace("repository=", "repository=x"),
            link.replace("/1?", "/%ff?"),
        ] {
            let page = s.visit(&wrong).await;
            assert_eq!((page.status, page.texts("main")), (404, nothing.texts("main")), "{wrong}");
            let known = |headers: &reqwest::header::HeaderMap| {
                headers
                    .iter()
                    .filter(|(name, _)| *name != "x-request-id" && *name != "date")
                    .map(|(name, value)| format!("{name}: {value:?}"))
                    .collect::<Vec<_>>()
            };
            assert_eq!(known(&page.headers), known(&nothing.headers), "{wrong}");
        }
    });
}

#[test]
fn making_a_repository_private_closes_its_pages_at_once() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let open = s.page_link(&change);
        assert_eq!(s.visit(&open).await.status, 200);
        s.forge.set_private(&s.who("pat"), REPOSITORY, true);
        s.forge.settled().await;
        // Before anybody judged anything again.
        assert_eq!(s.visit(&open).await.status, 404);
        s.quiet().await;
        assert_eq!(s.visit(&open).await.status, 404);
        let signed = s.page_link(&change);
        assert!(signed.contains("&signature="), "{signed}");
        assert_eq!(s.visit(&signed).await.status, 200);
        // A delivery of before that comes again opens nothing.
        let before = s.forge.deliveries().into_iter().find(|one| one.event == "pull_request").unwrap();
        s.deliver(&before.event, &serde_json::from_str(&before.body).unwrap()).await;
        assert_eq!(s.visit(&open).await.status, 404);
        s.forge.set_private(&s.who("pat"), REPOSITORY, false);
        s.quiet().await;
        assert_eq!(s.page_link(&change), open);
        assert_eq!(s.visit(&open).await.status, 200);
    });
}

#[test]
fn a_link_survives_the_repositorys_new_name() {
    World::new().on_github().private().run(async |s| {
        let change = s.assisted_change().await;
        let link = s.page_link(&change);
        let name = s.forge.rename_repository(&s.who("pat"), REPOSITORY, "wallet");
        s.quiet().await;
        let renamed = change.in_repository(&name);
        assert!(s.page_link(&renamed).contains("/acme/wallet/1?"));
        let page = s.visit(&link).await;
        assert_eq!((page.status, page.texts(".crumbs")), (200, vec!["acme/wallet".to_owned()]));
        assert_eq!(s.page(&renamed).await.text(), page.text());
    });
}

#[test]
fn a_signed_link_ends_thirty_days_after_the_change_was_closed() {
    World::new().on_github().private().run(async |s| {
        let (change, other) = (s.assisted_change().await, s.change("sam").open().await);
        let link = s.page_link(&change);
        s.forge.close(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        let page = s.visit(&link).await;
        page.expect("This change is closed.");
        s.hours_pass(30 * 24 - 1).await;
        assert_eq!(s.visit(&link).await.status, 200);
        s.hours_pass(1).await;
        let gone = s.visit(&link).await;
        assert_eq!((gone.status, gone.texts("h1")), (410, vec!["This link has ended".to_owned()]));
        assert_eq!(gone.header("cache-control"), "private, no-store");
        // Without the right signature, nothing tells that there was anything.
        let (path, _) = link.split_once("&signature=").unwrap();
        assert_eq!(s.visit(path).await.status, 404);
        assert_eq!(s.visit(&s.page_link(&other)).await.status, 200);
        s.forge.reopen(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        assert_eq!(s.visit(&link).await.status, 200);
    });
}

#[test]
fn a_public_page_stays() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let link = s.page_link(&change);
        s.forge.close(&s.who("jo"), REPOSITORY, change.number);
        s.hours_pass(365 * 24).await;
        assert_eq!(s.visit(&link).await.status, 200);
    });
}

#[test]
fn tiers_are_shown_with_a_signature_where_the_organisation_wants_it() {
    let shown = World::new().on_github().private().shows_tiers();
    shown.run(async |s| {
        let change = s.assisted_change().await;
        s.approve("mia", &change).await;
        let page = s.page(&change).await;
        page.expect("Tier: mid, by are-mid");
        page.expect("ai-needs-senior: asks for tier senior or above, and this is mid");
        page.expect("its author's tier is below senior");
        // What everybody may see later must not tell what only some might see before.
        let signed = s.page_link(&change);
        s.forge.set_private(&s.who("pat"), REPOSITORY, false);
        s.quiet().await;
        let page = s.visit(&signed).await;
        assert_eq!(page.status, 200);
        for tier in ["junior", "mid ", "mid,", "senior or", "below senior", "Tier:", "are-"] {
            page.expect_silent(tier);
        }
    });
}

#[test]
fn nobodys_tier_is_shown_otherwise() {
    for world in [World::new().on_github(), World::new().on_github().private(), World::new().on_github().shows_tiers()]
    {
        world.run(async |s| {
            let change = s.assisted_change().await;
            s.approve("mia", &change).await;
            // A rule that asks for the author's tier does not apply to a senior's change: that it is missing tells nothing.
            let seniors = s.change("kim").open().await;
            for change in [&change, &seniors] {
                let page = s.page(change).await;
                for tier in ["junior", "mid ", "mid,", "senior or", "below senior", "Tier:", "are-", "principal"] {
                    page.expect_silent(tier);
                }
                page.expect("Rules that do not apply because of who made the change are not listed.");
            }
            let rules = s.page(&seniors).await.texts(".rule code");
            assert!(!rules.contains(&"ai-needs-senior".to_owned()), "{rules:?}");
        });
    }
}

#[test]
fn every_answer_forbids_what_a_page_does_not_need() {
    World::new().on_github().private().run(async |s| {
        let change = s.assisted_change().await;
        let page = s.page(&change).await;
        for path in [s.page_link(&change), "/changes/x".to_owned(), "/changes/a/b/c/d".to_owned()] {
            let page = s.visit(&path).await;
            let policy = page.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
            assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'none'"), "{policy}");
            assert_eq!(page.header("referrer-policy"), "no-referrer");
            assert_eq!(page.header("x-content-type-options"), "nosniff");
            assert_eq!(page.header("x-robots-tag"), "noindex");
            assert!(!page.html.contains("<script"));
        }
        let failure = s.visit("/changes/x").await;
        assert_eq!(failure.texts("footer code"), [failure.header("x-request-id")]);
        let style = page.html.split('"').find(|text| text.starts_with("/assets/page-")).unwrap();
        let style = s.visit(style).await;
        assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
        assert_eq!(style.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(s.visit("/assets/page-0.css").await.status, 404);
    });
}

#[test]
fn without_the_store_a_page_says_so() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let link = s.page_link(&change);
        s.lose_store().await;
        let page = s.visit(&link).await;
        assert_eq!((page.status, page.texts("h1")), (503, vec!["Not available now".to_owned()]));
        assert_eq!(page.header("retry-after"), "10");
        s.find_store().await;
        assert_eq!(s.visit(&link).await.status, 200);
    });
}
