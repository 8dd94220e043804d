//! What a page says.

use crate::world::{World, claude};

#[test]
fn the_check_links_to_a_page_that_says_what_it_says() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("sam", &change).await;
        let page = s.page(&change).await;
        let check = s.check(&change);
        assert_eq!(page.texts("h1"), [format!("Retry failed payments #{}", change.number)]);
        assert_eq!(page.texts("#verdict"), ["Waits"]);
        assert_eq!(page.texts(".verdict .sentence"), [check.title.unwrap()]);
        page.expect("0 of 1 approvals by qualifying reviewers.");
        page.expect("sam approved");
        page.expect("does not meet ai-needs-senior");
        page.expect(&format!("/seconder approve {}", s.short_head(&change)));
        page.expect("acme/pay");
        // The line itself, with its number.
        assert_eq!(page.texts(".quote"), ["Line 3Co-Authored-By: Claude <noreply@anthropic.com>"]);
        let commit = format!("{}/acme/pay/commit/{}", s.github.web_url(), s.head(&change));
        assert!(page.links().contains(&commit), "{:?}", page.links());
    });
}

#[test]
fn it_follows_what_happens() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let page = s.page(&change).await;
        assert_eq!(page.texts("#verdict"), ["Passes"]);
        page.expect("counts for ai-needs-senior");
        s.push("jo", &change, "Retry three times").await;
        let page = s.page(&change).await;
        assert_eq!(page.texts("#verdict"), ["Waits"]);
        page.expect("given for another commit");
        let steps = page.texts(".timeline .what strong");
        assert_eq!(steps, ["Waits", "Passes", "Waits"]);
        let moved = page.texts(".timeline .where");
        assert!(moved[0].ends_with("a push") && moved[1].ends_with("the change moved"), "{moved:?}");
        assert!(moved[2].ends_with("first verdict"), "{moved:?}");
    });
}

#[test]
fn a_second_look_that_finds_nothing_new_publishes_nothing() {
    World::new().private().run(async |s| {
        let change = s.assisted_change().await;
        let link = s.page_link(&change);
        s.calls().await;
        s.look_again(&change).await;
        let writes: Vec<_> = s.calls().await.into_iter().filter(|call| call.path.contains("check-runs")).collect();
        assert_eq!(writes.len(), 0, "{writes:?}");
        assert_eq!(s.page_link(&change), link);
    });
}

#[test]
fn several_changes_on_a_commit_lead_to_the_one_that_decides() {
    World::new().run(async |s| {
        s.branch("release");
        s.put("main", ".github/seconder.yml", "version: 1\nbranches: [main, release]\n").await;
        let first = s.change("jo").commit(&claude("Retry")).branch("retry").open().await;
        s.approve("ana", &first).await;
        s.expect_pass(&first);
        let pull = seconder::sandbox::OpenPull::new("retry", "The same, for the release").to("release");
        s.github.open_pull(&s.who("jo"), &first.repository, pull);
        s.quiet().await;
        let page = s.page(&first).await;
        assert_eq!(page.texts("h1"), ["The same, for the release #2"]);
        page.expect("This commit is the head of several open changes: #2 (this one) waiting, #1 pass.");
        let other = page.links().into_iter().find(|link| link.contains("/changes/")).unwrap();
        let other = s.visit(&other).await;
        assert_eq!(other.texts("#verdict"), ["Passes"]);
    });
}
