//! A kind of target that is only a file in core and a line in its list is known to playbooks: it can be named in one,
//! people hear of it, and the schema and the overview have it. Shown for every kind there is, so that it holds for the
//! next.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use backstop_core::{
    Finding, Target, TargetKind,
    finding::{Route, Severity, SeverityLabel, Standing},
};
use backstop_playbook::{Catalog, Decided, load_dir, parse, schema_text};

const TRIAGE: &str = include_str!("../../../playbooks/triage/playbook.yaml");

fn shipped() -> Catalog {
    load_dir(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playbooks")).unwrap()
}

fn finding(kind: TargetKind) -> Finding {
    Finding {
        hub: None,
        is_instance_by_name: false,
        arn: None,
        id: "5ec0ffee".to_owned(),
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        product: "GuardDuty".to_owned(),
        route: Route::GuardDutyEvent,
        finding_type: "Purpose:Resource/OfTomorrow".to_owned(),
        control: None,
        severity: Severity::of_label(SeverityLabel::Low),
        title: String::new(),
        description: String::new(),
        standing: Standing::Active,
        resource_role: None,
        targets: vec![Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".to_owned(),
            resource: kind.example(),
        }],
        related: Vec::new(),
        count: 1,
        first_seen: None,
        last_seen: None,
        created_at: None,
        updated_at: None,
        facts: Vec::new(),
        peers: Vec::new(),
    }
}

#[test]
fn people_hear_of_every_kind_by_the_playbook_that_changes_nothing() {
    let catalog = shipped();
    for kind in TargetKind::ALL {
        let finding = finding(*kind);
        let told: Vec<bool> = match catalog.decide(&finding) {
            Decided::Answered(answers) => answers.iter().map(|answer| !answer.playbook.contains()).collect(),
            Decided::Inactive { .. } | Decided::Unanswered { .. } => Vec::new(),
        };
        assert_eq!(told, [true], "{kind}");
    }
}

#[test]
fn every_kind_can_be_named_in_a_playbook_and_stands_in_the_schema() {
    let schema = schema_text().unwrap();
    for kind in TargetKind::ALL {
        let text = TRIAGE.replace("\nmode: observe", &format!("\ntargets: [{kind}]\nmode: observe"));
        let playbook = parse(&"example".into(), "playbook.yaml", &text);
        // Its own samples are of other kinds, which the linter says; the kind itself is taken.
        let problems = playbook.err().map(|invalid| invalid.problems).unwrap_or_default();
        assert!(
            problems.iter().all(|problem| problem.code == "test-target"),
            "{kind}: {problems:?}"
        );
        assert!(schema.contains(&format!("\"{kind}\"")), "{kind}");
    }
}

/// What a playbook with steps does was thought of for some kinds only.
#[test]
fn targets_are_left_out_only_where_nothing_is_changed() {
    let triage = parse(&"triage".into(), "playbook.yaml", TRIAGE).unwrap();
    assert_eq!(triage.targets, TargetKind::ALL);
    let with_steps = include_str!("../../../playbooks/public-bucket/playbook.yaml");
    assert!(with_steps.contains("\ntargets: [bucket]\n"));
    let without = with_steps.replace("\ntargets: [bucket]\n", "\n");
    let problems = parse(&"x".into(), "playbook.yaml", &without)
        .unwrap_err()
        .problems;
    assert!(
        problems
            .iter()
            .any(|problem| problem.message == "`targets` is missing"),
        "{problems:?}"
    );
}
