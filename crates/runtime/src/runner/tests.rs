#![expect(clippy::unwrap_used, reason = "tests")]
use async_trait::async_trait;
use backstop_core::{
    Mode, Receipt, Resource, Target, UndoOutcome, Verification,
    finding::{Route, Severity, SeverityLabel},
    kind,
    log::{FindingRef, Opened, Options, Phase, Record, StepRef},
};
use serde_json::json;

use super::*;

/// Plans what its option says.
struct Obedient;

#[async_trait]
impl Action for Obedient {
    fn id(&self) -> &'static str {
        "ec2.obey"
    }

    async fn plan(&self, order: &Order) -> Result<Plan, StepError> {
        Ok(Plan {
            step: order.step.clone(),
            action: self.id().into(),
            principal: String::new(),
            tags: BTreeMap::new(),
            changes: Vec::new(),
            blast_radius: vec![format!("untrack {}", order.flag("untrack")?)],
            limits: Vec::new(),
            needs_approval: None,
            captured: None,
            manual_undo: Vec::new(),
            receipt: Receipt(Value::Null),
        })
    }

    async fn act(&self, _: &Permit, _: &Order, _: &Receipt) -> Result<(), StepError> {
        Ok(())
    }

    async fn verify(&self, _: &Order, _: Option<&Receipt>) -> Result<Verification, StepError> {
        Ok(Verification {
            holds: true,
            observed: String::new(),
        })
    }

    async fn undo(&self, _: &Permit, _: &Order, _: &Receipt) -> Result<UndoOutcome, StepError> {
        Ok(UndoOutcome::NothingToUndo {
            reason: String::new(),
        })
    }
}

fn target() -> Target {
    Target {
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
        resource: Resource::Instance(kind::Instance {
            instance_id: "i-0123456789abcdef0".into(),
        }),
    }
}

fn options(untrack: Value) -> Options {
    Options::from_iter([("untrack".to_owned(), untrack)])
}

/// An incident whose one step was opened with these options.
fn opened_with(with: Options) -> Incident {
    let opened = Opened {
        playbook: "compromised-instance".into(),
        target: target(),
        mode: Mode::Auto,
        steps: vec![StepRef {
            step: "obey".into(),
            action: "ec2.obey".into(),
            title: "Obey".into(),
            phase: Phase::Contain,
            high_impact: false,
            with,
        }],
        origin: Origin::Finding,
        finding: FindingRef {
            key: "key".into(),
            finding_type: "Manual".into(),
            route: Route::Manual,
            severity: Severity::of_label(SeverityLabel::High),
            count: 1,
            first_seen: None,
            last_seen: None,
            created_at: None,
            updated_at: None,
            message: None,
            facts: Vec::new(),
            hub: None,
        },
        title: "obey".into(),
        linked: None,
        guardrails: Vec::new(),
    };
    let record = Record::next(None, now(), "1".into(), Event::Opened(Box::new(opened))).unwrap();
    Incident::replay(&[record]).unwrap()
}

async fn planned_with(task: Options, log: Options) -> (Options, Vec<String>) {
    let task = StepTask {
        incident: "01JTESTTESTTESTTESTTESTTES".into(),
        target: target(),
        step: "obey".into(),
        action: "ec2.obey".into(),
        with: task,
    };
    let order = order(&task);
    let planned = Obedient.plan(&order).await;
    let (order, planned) = with_logged_options(&Obedient, &opened_with(log), order, planned).await;
    (order.with, planned.unwrap().blast_radius)
}

#[tokio::test]
async fn a_forged_task_cant_change_the_options() {
    let (with, plan) = planned_with(options(json!(true)), Options::new()).await;
    assert_eq!((with, plan), (Options::new(), vec!["untrack false".to_owned()]));
    let (with, plan) = planned_with(options(json!("no switch")), options(json!(true))).await;
    assert_eq!(
        (with, plan),
        (options(json!(true)), vec!["untrack true".to_owned()])
    );
}
