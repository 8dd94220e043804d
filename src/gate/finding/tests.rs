use super::*;

#[test]
fn a_branch_that_never_required_the_check_is_not_news() {
    assert_eq!(of_rules(None, Required::No), (None, vec![Kind::CheckNotPinned]));
    assert_eq!(of_rules(Some(Required::No), Required::No).0, None);
}

#[test]
fn a_branch_that_stops_requiring_the_check_is_found_once_and_mended_when_it_does_again() {
    for before in [Required::Pinned, Required::Unpinned, Required::FromAnother] {
        assert_eq!(of_rules(Some(before), Required::No).0, Some(Kind::CheckNotRequired));
    }
    let (found, mended) = of_rules(Some(Required::No), Required::Pinned);
    assert_eq!((found, mended), (None, vec![Kind::CheckNotRequired, Kind::CheckNotPinned]));
}

#[test]
fn whoever_may_report_the_check_besides_us_is_found_at_every_read() {
    for now in [Required::Unpinned, Required::FromAnother] {
        for before in [None, Some(now), Some(Required::Pinned)] {
            assert_eq!(of_rules(before, now).0, Some(Kind::CheckNotPinned));
        }
    }
}

#[test]
fn a_merge_is_proper_only_on_a_success_that_held() {
    let of = |on_success, still_held| of_merge(Merged { on_success, still_held });
    assert_eq!(of(true, true), None);
    assert_eq!(of(true, false), Some(Kind::MergedOnStalePass));
    assert_eq!(of(false, true), Some(Kind::MergedWithoutPass));
    assert_eq!(of(false, false), Some(Kind::MergedWithoutPass));
}

#[test]
fn the_same_thing_found_again_is_the_same_finding() {
    let finding = Finding {
        kind: Kind::ForeignStatus,
        repo: "github.com/1".parse().unwrap(),
        place: Place::Commit("a".repeat(40).parse().unwrap()),
        by: None,
        at: Timestamp::UNIX_EPOCH,
    };
    let later = Finding { at: Timestamp::MAX, ..finding.clone() };
    let other = Finding { kind: Kind::ForeignCheck, ..finding.clone() };
    assert_eq!(finding.digest(Some("p_1")), later.digest(Some("p_1")));
    assert_ne!(finding.digest(Some("p_1")), finding.digest(Some("p_2")));
    assert_ne!(finding.digest(None), other.digest(None));
}

#[test]
fn words_are_what_is_stored() {
    for kind in Kind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}
