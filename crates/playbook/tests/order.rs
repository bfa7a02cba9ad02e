//! A playbook whose steps wait for one another, and one with evidence after containment: their machines.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeSet;

use backstop_core::{Mode, PlaybookName, log::Phase};
use backstop_playbook::{PhaseSteps, Playbook, asl::check_machine, compile, parse, transitions};
use serde_json::Value;

const GOOD: &str = include_str!("../../../playbooks/leaked-access-key/playbook.yaml");

/// Key first, then both others at the same time, then one more.
fn chained() -> Playbook {
    let key = "title: Deactivate the access key\n";
    let others = "title: Deactivate the user's other credentials\n";
    let deny = "title: Deny the user everything\n";
    let text = GOOD
        .replace(deny, &format!("{deny}        after: [deactivate-key]\n"))
        .replace(
            others,
            &format!(
                "{others}        after: [deactivate-key]\n      - step: again\n        action: iam.deny-user\n        \
                 title: Deny the user again\n        after: [deny-user, deactivate-other-credentials]\n"
            ),
        );
    assert!(text.contains(key));
    let text = text.replace("steps: [deactivate-key, ", "steps: [again, deactivate-key, ");
    parse(&PlaybookName::from("chained"), "playbook.yaml", &text).unwrap()
}

fn branches(machine: &Value) -> &Value {
    machine.pointer("/States/Contain/Branches").unwrap()
}

#[test]
fn steps_run_in_the_order_they_ask_for_and_a_failure_stops_none() {
    let machine = serde_json::to_value(compile(&chained())).unwrap();
    assert_eq!(check_machine(&machine), []);
    let branch = branches(&machine).get(0).unwrap();
    assert!(branches(&machine).get(1).is_none());
    let together = "At once: Deny the user everything …";
    assert_eq!(branch.pointer("/StartAt").unwrap(), "Deactivate the access key");
    let states = branch.get("States").unwrap();
    for state in [
        "Deactivate the access key",
        "Write down that \"Deactivate the access key\" failed",
        "Go on from \"Deactivate the access key\"",
    ] {
        assert_eq!(
            states.get(state).unwrap().get("Next").unwrap(),
            together,
            "{state}"
        );
    }
    let at_once = states.get(together).unwrap();
    assert_eq!(at_once.get("Branches").unwrap().as_array().unwrap().len(), 2);
    assert_eq!(at_once.get("Next").unwrap(), "Deny the user again");
    assert_eq!(
        states.get("Deny the user again").unwrap().get("End").unwrap(),
        true
    );
}

#[test]
fn a_chain_costs_one_transition_more_than_its_steps() {
    assert_eq!(transitions(&compile(&chained()), Mode::Auto), 20);
}

#[test]
fn evidence_comes_after_people_were_told_and_before_closing() {
    let mut playbook = parse(&PlaybookName::from("evidence"), "playbook.yaml", GOOD).unwrap();
    let mut step = playbook
        .steps_of(Phase::Contain)
        .first()
        .copied()
        .unwrap()
        .clone();
    step.step = "keep".into();
    step.title = "Keep the evidence".to_owned();
    playbook.phases.push(PhaseSteps {
        phase: Phase::Preserve,
        steps: vec![step],
    });
    let machine = serde_json::to_value(compile(&playbook)).unwrap();
    assert_eq!(check_machine(&machine), []);
    let next = |state: &str| machine.pointer(&format!("/States/{state}/Next")).unwrap();
    assert_eq!(next("Tell people what happened"), "Preserve and investigate");
    assert_eq!(next("Preserve and investigate"), "Tell people what was found");
    assert_eq!(next("Tell people what was found"), "Close the incident");
    assert_eq!(branches(&machine).as_array().unwrap().len(), 3);
}

#[test]
fn nothing_is_acted_on_before_the_gate() {
    let machine = serde_json::to_value(compile(&chained())).unwrap();
    let states = machine.get("States").unwrap().as_object().unwrap();
    // What stands behind containment keeps evidence and reads; it changes nothing.
    let after = [
        "Contain",
        "Preserve and investigate",
        "Try what AWS refused for hours",
    ];
    for (name, state) in states.iter().filter(|(name, _)| !after.contains(&name.as_str())) {
        assert!(!state.to_string().contains("\"op\":\"act\""), "{name}");
    }
    let leads_to_contain: BTreeSet<&str> = states
        .iter()
        .filter(|(_, state)| state.to_string().contains("\"Next\":\"Contain\""))
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        leads_to_contain,
        BTreeSet::from(["Was it approved?", "Which mode applies?"])
    );
    let late = r#""Next":"Try what AWS refused for hours""#;
    let mut leads_to_late = states
        .iter()
        .filter(|(_, state)| state.to_string().contains(late));
    assert_eq!(
        leads_to_late.next().unwrap().0,
        "Did the world change since the plan?"
    );
    assert_eq!(leads_to_late.next(), None);
}

/// A service that is down holds up no step of another: the next one has its turn once people are told.
#[test]
fn what_must_wait_is_told_and_left_for_later() {
    let machine = serde_json::to_value(compile(&chained())).unwrap();
    let contain = machine.pointer("/States/Contain").unwrap().to_string();
    assert!(!contain.contains("For hours: "), "{contain}");
    let branches = machine
        .pointer("/States/Try what AWS refused for hours/Branches")
        .and_then(Value::as_array)
        .unwrap();
    assert_eq!(
        branches.len(),
        chained().steps_of(Phase::Contain).len(),
        "each step by itself"
    );
    for step in chained().steps_of(Phase::Contain) {
        let tell = format!("Tell that \\\"{}\\\" must wait", step.title);
        assert!(contain.contains(&tell), "{tell}");
    }
}

/// A playbook that keeps one piece of evidence beside containment, by changing something or by reading.
fn with_evidence_at_once(action: &str) -> Value {
    let mut playbook = parse(&PlaybookName::from("evidence"), "playbook.yaml", GOOD).unwrap();
    let mut step = playbook.steps_of(Phase::Contain)[0].clone();
    step.step = "keep".into();
    step.title = "Keep it".to_owned();
    step.action = action.into();
    step.at_once = true;
    playbook.phases.push(PhaseSteps {
        phase: Phase::Preserve,
        steps: vec![step],
    });
    let machine = serde_json::to_value(compile(&playbook)).unwrap();
    assert_eq!(check_machine(&machine), []);
    machine
}

#[test]
fn containment_its_proof_and_the_notice_do_not_wait_for_evidence() {
    let machine = with_evidence_at_once("iam.deny-user");
    let beside = "Contain, and keep the evidence that can't wait";
    let branches = machine["States"][beside]["Branches"].as_array().unwrap();
    let [containment, evidence] = branches.as_slice() else {
        panic!("{branches:#?}");
    };
    assert_eq!(evidence["StartAt"], "Keep it");
    let states = &containment["States"];
    assert_eq!(containment["StartAt"], "Contain");
    assert_eq!(states["Contain"]["Next"], "Prove the containment");
    let asked = "Did the world change since the plan?";
    assert_eq!(states["Prove the containment"]["Next"], asked);
    assert_eq!(states[asked]["Default"], "Tell people what was contained");
    assert_eq!(states["Tell people what was contained"]["End"], true);
    // A drift that a branch saw leads to the plan from outside of it.
    let outside = &machine["States"];
    assert_eq!(outside[beside]["Next"], "Must people be asked again?");
    assert_eq!(
        outside["Must people be asked again?"]["Choices"][0]["Next"],
        "Plan what would be done"
    );
    assert_eq!(outside["Which mode applies?"]["Choices"][0]["Next"], beside);
    assert_eq!(outside["Was it approved?"]["Choices"][0]["Next"], beside);
}

#[test]
fn evidence_is_planned_if_it_changes_something_and_kept_before_asking_if_it_only_reads() {
    let gate = |action: &str| -> String {
        with_evidence_at_once(action)["States"]["Plan what would be done"].to_string()
    };
    let changing = gate("iam.deny-user");
    assert!(changing.contains("Plan: Keep it") && !changing.contains("\"op\":\"act\""));
    let reading = gate("s3.capture-bucket");
    assert!(reading.contains("Before asking: Keep it") && !reading.contains("Plan: Keep it"));
}

#[test]
fn the_compiled_machine_is_reviewed() {
    insta::assert_snapshot!(compile(&chained()).to_json().unwrap());
}
