//! AI tools of one's own: as they are, as they change while the server runs, and as they break.

use seconder::cli::serve;

use super::doctor::the;
use crate::world::{Scene, World};

/// A tool that only we know.
const OURS: &str = "version: 1
tools:
  - id: acme-coder
    name: Acme Coder
    url: https://acme.example/coder
    sources: [https://acme.example/coder]
    trailers: [{ key: acme-coder }]
    samples: { positive: [{ line: \"Acme-Coder: session 12\" }], negative: [{ line: \"Coder: 12\" }] }
";

/// A file that says nothing of tools.
const NOTHING: &str = "version: 1\n";

const BY_OURS: &str = "Retry failed payments\n\nAcme-Coder: session 12";
const BY_CURSOR: &str = "Retry failed payments\n\nMade-with: Cursor";

async fn a_tool_comes_while_the_server_runs(s: &mut Scene) {
    let change = s.change("jo").commit(BY_OURS).open().await;
    s.expect_pass(&change);
    let before = s.catalogue_of(&change).await;
    s.new_agents(OURS).await;
    s.expect_held(&change, "Acme-Coder: session 12");
    assert_ne!(s.catalogue_of(&change).await, before, "the decision says which catalogue it rests on");
    s.approve("ana", &change).await;
    s.expect_pass(&change);
}

#[test]
fn open_changes_are_judged_anew_when_a_tool_comes() {
    World::new().agents(NOTHING).run(a_tool_comes_while_the_server_runs);
}

#[test]
fn open_changes_are_judged_anew_when_a_tool_comes_with_a_store_in_postgresql() {
    World::new().agents(NOTHING).on_postgres().run(a_tool_comes_while_the_server_runs);
}

#[test]
fn a_catalogue_that_stays_as_it_is_causes_no_work() {
    World::new().agents(OURS).run(async |s| {
        let change = s.change("jo").commit(BY_OURS).open().await;
        s.expect_held(&change, "Acme-Coder: session 12");
        s.calls().await;
        s.new_agents(OURS).await;
        assert!(s.calls().await.is_empty(), "nothing has changed, and GitHub was asked");
    });
}

#[test]
fn what_was_seen_stays_seen_when_its_tool_is_switched_off() {
    World::new().agents(NOTHING).run(async |s| {
        let before = s.change("jo").commit(BY_CURSOR).open().await;
        s.expect_held(&before, "Cursor");
        s.new_agents("version: 1\noff: [cursor]\n").await;
        s.expect_held(&before, "Cursor");
        let after = s.change("sam").branch("later").commit(BY_CURSOR).open().await;
        s.expect_pass(&after);
    });
}

#[test]
fn a_file_that_breaks_changes_nothing() {
    World::new().agents(OURS).run(async |s| {
        let change = s.change("jo").commit(BY_OURS).open().await;
        s.expect_held(&change, "Acme-Coder: session 12");
        let digest = s.catalogue_of(&change).await;
        for broken in
            ["", "version: 1\noff: [acme-coder]\n", "version: 1\ntools: [", &OURS.replace("acme-coder }]", "'.*' }]")]
        {
            s.new_agents(broken).await;
            s.look_again(&change).await;
            s.expect_held(&change, "Acme-Coder: session 12");
            assert_eq!(s.catalogue_of(&change).await, digest);
        }
        // Mended, it is taken.
        s.new_agents(NOTHING).await;
        let later = s.change("sam").branch("later").commit(BY_OURS).open().await;
        s.expect_pass(&later);
    });
}

#[test]
fn no_server_starts_with_tools_that_cannot_be_used() {
    World::new().run(async |s| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ours.yml");
        let start = async || {
            let mut config = s.config();
            config.agents_files = vec![file.clone()];
            format!("{:#}", serve::prepare(config, s.clock()).await.unwrap_err())
        };
        assert!(start().await.contains("agents.files: cannot read"));
        std::fs::write(&file, "version: 1\noff: [cusor]\n").unwrap();
        let said = start().await;
        assert!(said.contains("ours.yml:2:7: there is no tool `cusor`") && said.contains("`cursor`?"), "{said}");
        std::fs::write(&file, [0xff]).unwrap();
        assert!(start().await.contains("not UTF-8"));
        std::fs::write(&file, format!("version: 1\n{}", "# x\n".repeat(200_000))).unwrap();
        assert!(start().await.contains("at most 512"));
    });
}

#[test]
fn the_doctor_says_what_is_switched_off() {
    World::new().agents("version: 1\noff: [cursor]\ntools: [{ id: claude, off: { words: [claude] } }]\n").run(
        async |s| {
            let findings = s.doctor().await;
            let off = the(&findings, "agents-off");
            assert!(off.found.contains("cursor, and 1 single marks of others"), "{off:?}");
            assert!(the(&findings, "agents-file").found.contains("0 of them from your own files"));
        },
    );
}
