//! Levels of assistance only rise; `unknown` is a question that can be answered.

use seconder::gate::detect::{Declaration, Level};

use super::case::{Case, case};

fn disclosing() -> Case {
    case().policy(
        "rules: [{ name: ai, when: { assistance: \">= unknown\" }, require: { tier: \">= senior\" } }]\n\
         disclosure: { required: true }",
    )
}

#[test]
fn no_evidence_means_none_unless_an_answer_is_demanded() {
    assert_eq!(case().passes().level, Level::None);
    assert_eq!(disclosing().waits().level, Level::Unknown);
}

#[test]
fn a_hint_does_not_gate() {
    assert_eq!(case().hinted().passes().level, Level::None);
}

#[test]
fn the_strongest_evidence_decides() {
    assert_eq!(case().assisted().waits().level, Level::Assisted);
    assert_eq!(case().assisted().autonomous().hinted().waits().level, Level::Autonomous);
}

#[test]
fn a_level_once_seen_stays() {
    assert_eq!(case().remembered(Level::Assisted).waits().level, Level::Assisted);
    assert_eq!(case().assisted().remembered(Level::Autonomous).waits().level, Level::Autonomous);
    assert_eq!(case().autonomous().remembered(Level::Assisted).waits().level, Level::Autonomous);
}

#[test]
fn unknown_alone_can_fall() {
    assert_eq!(case().remembered(Level::Unknown).passes().level, Level::None);
    assert_eq!(disclosing().remembered(Level::Unknown).declared(Declaration::No).passes().level, Level::None);
    assert_eq!(disclosing().remembered(Level::Assisted).declared(Declaration::No).waits().level, Level::Assisted);
}

#[test]
fn a_declared_no_never_cancels_evidence() {
    let verdict = disclosing().assisted().declared(Declaration::No).waits();
    assert_eq!(verdict.level, Level::Assisted);
    assert!(verdict.is_contradicted);
    assert!(!disclosing().hinted().declared(Declaration::No).passes().is_contradicted);
}

#[test]
fn a_declared_yes_is_assistance_by_itself() {
    assert_eq!(case().declared(Declaration::Yes).waits().level, Level::Assisted);
}
