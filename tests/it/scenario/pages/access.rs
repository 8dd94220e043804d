//! Who sees a page.

use crate::world::World;

#[test]
fn everybody_sees_the_page_of_a_public_repository() {
    World::new().run(async |s| {
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
    World::new().private().run(async |s| {
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
