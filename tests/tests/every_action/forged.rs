//! Logs that whoever may write the incidents table forged: an action that is said to have begun, with a receipt that no
//! responder wrote, is neither carried on nor undone. Nothing that was contained comes back, and IAM gives nobody more.
//! Every value of every receipt, proof forged as well, is tried beside the actions.

use std::sync::Arc;

use backstop_actions::ActionSpec;
use backstop_core::{
    Outcome, Plan, Receipt, UndoOutcome,
    log::{Event, Origin},
};
use backstop_drill::Environment;
use backstop_tests::{Functions, States, identities};
use serde_json::{Value, json};

use crate::{ALL_RISKS, bench::Bench};

/// All are contained first: what one action contains, as the whole account, keeps others from being planted.
pub(crate) async fn give_nothing(
    environment: Arc<Environment>,
    functions: Arc<Functions>,
    actions: Vec<&'static ActionSpec>,
) {
    let mut planted = Vec::new();
    for action in actions {
        let by = "arn:aws:iam::123456789012:user/alice".to_owned();
        let origin = Origin::Manual { by, reason: None };
        planted.push(Bench::plant(&environment, &functions, action, origin).await);
    }
    let mut contained = Vec::new();
    for bench in planted {
        bench.contain().await;
        let plan = plan_of(&bench).await;
        bench.close().await;
        contained.push((bench, plan));
    }
    let before = identities(environment.account()).await;
    for (bench, plan) in contained {
        let state = bench.state().await;
        let receipt = Receipt(hostile(&plan.receipt.0));
        assert_ne!(
            receipt.0, plan.receipt.0,
            "{}: nothing is forged",
            bench.action.id
        );
        nobody_follows(bench, Plan { receipt, ..plan }, &state).await;
    }
    assert_eq!(
        identities(environment.account()).await,
        before,
        "what IAM gives to whom was changed"
    );
}

async fn nobody_follows(bench: Bench<'_>, forged: Plan, contained: &States) {
    let bench = bench.another().await;
    let (id, mark) = (bench.action.id, bench.mark());
    let ledger = bench.environment.ledger();
    let mut log = ledger.log(&bench.incident).await.unwrap();
    let plan = Box::new(forged);
    log.append(&ledger, Event::Acting { plan }).await.unwrap();
    let acted = bench.act().await;
    assert_ne!(acted.outcome, Some(Outcome::Done), "{id}: acted");

    bench.ask_undo(ALL_RISKS).await;
    let undone = bench.undo().await;
    assert!(
        matches!(&undone, UndoOutcome::Failed { error, detail }
            if error == "Backstop.Refused" && detail.contains("guardrail `receipt`")),
        "{id}: {undone:?}"
    );
    bench.assert_no_change_since(mark, "nobody's log is followed");
    assert_eq!(&bench.state().await, contained, "{id}: contained no more");
}

async fn plan_of(bench: &Bench<'_>) -> Plan {
    let log = bench.environment.ledger().log(&bench.incident).await.unwrap();
    log.incident().unwrap().steps.remove(0).plan.unwrap()
}

/// The receipt with each of its values turned into what a forger would want there.
fn hostile(receipt: &Value) -> Value {
    match receipt {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), hostile(value)))
            .collect(),
        Value::Array(items) => items.iter().map(hostile).collect(),
        Value::Bool(is_so) => json!(!is_so),
        Value::String(_) => {
            let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
            json!(json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string())
        }
        other => other.clone(),
    }
}
