//! What a decision answers, and when a person is asked at all.

use backstop_core::Hash;

use super::*;

fn said(decision: Decided) -> String {
    let answer = DecisionAnswer {
        incident: "01JDXQ6T8R7M5V9N2K4H3G1FZB".into(),
        person: "arn:aws:sts::123456789012:assumed-role/Oncall/alice".into(),
        decision,
    };
    Decision::of(answer).to_string()
}

#[test]
fn every_answer_says_what_happens_and_what_to_type() {
    let plan_hash = Hash::from("0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9");
    let by = vec!["arn:aws:sts::123456789012:assumed-role/Oncall/alice".to_owned()];
    insta::assert_snapshot!(
        [
            said(Decided::Approved {
                plan_hash: plan_hash.clone(),
                by: by.clone()
            }),
            said(Decided::Counted {
                plan_hash: plan_hash.clone(),
                by,
                needed: 2
            }),
            said(Decided::Denied { plan_hash }),
        ]
        .join("\n\n---\n\n")
    );
}

#[test]
fn without_a_terminal_the_refusal_is_ready_to_paste() {
    let incident = IncidentId::from("01JDXQ6T8R7M5V9N2K4H3G1FZB");
    let error = DecideError::NoTerminal {
        incident,
        plan: "0a1b2c3d4e5f".into(),
    };
    assert_eq!(error.exit(), Exit::Refused);
    assert!(
        error
            .to_string()
            .ends_with("then type `backstop approve 01JDXQ6T8R7M5V9N2K4H3G1FZB --plan 0a1b2c3d4e5f --yes`"),
        "{error}"
    );
}
