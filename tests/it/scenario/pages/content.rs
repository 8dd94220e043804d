//! What a page says.

use seconder::sandbox::{Fault, Matching, OpenPull};

use crate::world::{PUBLIC_URL, World, claude};

#[test]
fn the_check_links_to_a_page_that_says_what_it_says() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("sam", &change).await;
        let page = s.page(&change).await;
        let check = s.check(&change);
        assert_eq!(page.texts("h1"), [format!("Retry failed payments #{}", change.number)]);
        assert_eq!(page.texts("#verdict"), ["Waits"]);
        assert_eq!(page.texts(".verdict .sentence"), [check.title.unwrap()]);
        page.expect("0 of 1 approvals by qualifying reviewers.");
        page.expect("sam approved");
        page.expect("Does not meet ai-needs-senior.");
        page.expect(&format!("/seconder approve {}", s.short_head(&change)));
        page.expect("acme/pay");
        // The line itself, with its number.
        assert_eq!(page.texts(".quote"), ["Line 3Co-Authored-By: Claude <noreply@anthropic.com>"]);
        let commit = format!("{}/acme/pay/commit/{}", s.forge.web_url(), s.head(&change));
        assert!(page.links().contains(&commit), "{:?}", page.links());
    });
}

#[test]
fn it_follows_what_happens() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let page = s.page(&change).await;
        assert_eq!(page.texts("#verdict"), ["Passes"]);
        page.expect("Counts for ai-needs-senior.");
        s.push("jo", &change, "Retry three times").await;
        let page = s.page(&change).await;
        assert_eq!(page.texts("#verdict"), ["Waits"]);
        page.expect("Given for another commit.");
        let steps = page.texts(".timeline .what strong");
        assert_eq!(steps, ["Waits", "Passes", "Waits"]);
        let moved = page.texts(".timeline .where");
        assert!(
            moved[0].ends_with("a push") && moved[1].ends_with("the change or what people said on it moved"),
            "{moved:?}"
        );
        assert!(moved[2].ends_with("first verdict"), "{moved:?}");
    });
}

#[test]
fn a_second_look_that_finds_nothing_new_publishes_nothing() {
    World::new().on_github().private().run(async |s| {
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
    World::new().on_github().run(async |s| {
        s.branch("release");
        s.put("main", ".github/seconder.yml", "version: 1\nbranches: [main, release]\n").await;
        let first = s.change("jo").commit(&claude("Retry")).branch("retry").open().await;
        s.approve("ana", &first).await;
        s.expect_pass(&first);
        let pull = OpenPull::new("retry", "The same, for the release").to("release");
        s.forge.open_pull(&s.who("jo"), &first.repository, pull);
        s.quiet().await;
        let page = s.page(&first).await;
        assert_eq!(page.texts("h1"), ["The same, for the release #2"]);
        page.expect("This commit is the head of several open changes: #2 (this one) waiting, #1 pass.");
        let other = page.links().into_iter().find(|link| link.contains("/changes/")).unwrap();
        let other = s.visit(&other).await;
        assert_eq!(other.texts("#verdict"), ["Passes"]);
    });
}

#[test]
fn a_change_that_cannot_be_read_has_its_reason_on_record_and_on_its_page() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        let reviews = Fault::SilentNull(["repository", "pullRequest", "reviews"].map(str::to_owned).to_vec());
        s.forge.faults().next(1_000, Matching::operation("Change"), reviews);
        s.forge.label(&s.who("mia"), &change.repository, change.number, "payments");
        for _ in 0..4 {
            s.quiet().await;
            s.until_due().await;
        }
        s.quiet().await;
        s.expect_held(&change, "The change could not be read completely");
        let page = s.page(&change).await;
        assert_eq!(page.texts("#verdict"), ["Cannot be judged"]);
        page.expect("The change could not be read completely: ");
        page.expect("It is to be judged again");
        assert_eq!(page.texts(".timeline .what strong")[0], "Cannot be judged");
        assert!(page.texts(".timeline .where")[0].ends_with("the change could not be read"));
        // What was known of it stays.
        assert_eq!(page.texts("h1"), [format!("Retry failed payments #{}", change.number)]);
        let decisions = s.store.decisions(&s.key(&change), 1).await.unwrap();
        assert_eq!((decisions[0].outcome.as_str(), decisions[0].was_read), ("error", false));
        s.forge.faults().clear();
        s.patience().await;
        let page = s.page(&change).await;
        assert_eq!(page.texts("#verdict"), ["Passes"]);
        page.expect("the change could be read again");
    });
}

#[test]
fn a_merge_groups_check_leads_to_the_change_that_decides() {
    World::new().on_github().private().run(async |s| {
        let first = s.assisted_change().await;
        s.approve("ana", &first).await;
        let second = s.change("sam").titled("Tell why a payment failed").open().await;
        let group = s.queue(&[&first, &second]).await;
        s.expect_group_held(&group, "Needs 1 approval");
        let url = s.group_check(&group).details_url.unwrap();
        assert_eq!(url.strip_prefix(PUBLIC_URL).unwrap(), s.page_link(&second));
        let page = s.page(&second).await;
        page.expect("Last merge group");
        page.expect(&format!("It holds #{} (this one) waiting, #{} pass.", second.number, first.number));
        let link = page.links().into_iter().find(|link| link.starts_with("/changes/")).unwrap();
        let other = s.visit(&link).await;
        assert_eq!(other.texts("#verdict"), ["Passes"]);
        // Its own verdict is of its own head.
        other.expect(&format!("at {}", s.short_head(&first)));
        assert!(page.texts(".timeline .what").iter().any(|step| step.contains("merge group")));
    });
}

#[test]
fn commands_dismissals_and_holds_stand_on_the_page_with_their_places() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.advance(jiff::SignedDuration::from_mins(6));
        s.say("sam", &change, "/seconder not-assisted I saw it written").await;
        let dismissal = s.say("kim", &change, "/seconder not-assisted The trailer came with the template").await;
        let hold = s.say("lee", &change, "/seconder hold Not before the freeze").await;
        s.say("eve", &change, "/seconder hold I say so").await;
        let page = s.page(&change).await;
        assert_eq!(page.texts("#verdict"), ["Is held"]);
        page.expect("lee holds the change: Not before the freeze");
        page.expect("dismissed by kim: The trailer came with the template");
        page.expect("1 more by accounts that the gate does not hear.");
        page.expect_silent("I say so");
        let web = s.forge.web_url();
        for comment in [dismissal, hold] {
            let url = format!("{web}/acme/pay/pull/{}#issuecomment-{comment}", change.number);
            assert!(page.links().contains(&url), "{url} {:?}", page.links());
        }
    });
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.label(&s.who("mia"), &change.repository, change.number, "ai: assisted");
        s.approve("sam", &change).await;
        s.approve("ana", &change).await;
        s.push("jo", &change, "Retry three times").await;
        s.say("lee", &change, "/seconder hold Not before the freeze").await;
        let page = s.page(&change).await;
        let web = s.forge.web_url();
        let at_forge: Vec<String> = page.links().into_iter().filter(|link| link.starts_with(&web)).collect();
        for kind in ["/acme/pay", "/acme/pay/commit/", "/acme/pay/pull/", "/ana", "#issuecomment-"] {
            assert!(at_forge.iter().any(|link| link.contains(kind)), "no link to {kind}: {at_forge:?}");
        }
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        for link in at_forge {
            let answer = client.get(&link).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{link}");
        }
        // The addresses that the forge gives with what people wrote are the same places.
        let review = format!("{web}/acme/pay/pull/{}#pullrequestreview-", change.number);
        assert!(page.links().iter().any(|link| link.starts_with(&review)), "{:?}", page.links());
    });
}

#[test]
fn hostile_texts_stay_texts() {
    World::new().on_github().run(async |s| {
        let script = "<script>alert(1)</script>";
        let message = format!("{script}\n\nCo-Authored-By: Claude\u{202e} {script} <noreply@anthropic.com>");
        let title = format!("{script}\u{202e}{}", "x".repeat(200));
        let change = s.change("jo").commit(&message).titled(&title).body(&"🤖 ".repeat(10_000)).open().await;
        let page = s.page(&change).await;
        assert!(page.texts("h1")[0].starts_with("<script>alert(1)</script>⟨U+202E⟩xxx"), "{:?}", page.texts("h1"));
        assert_eq!(page.texts("script"), [""; 0]);
        page.expect_silent("\u{202e}");
    });
}
