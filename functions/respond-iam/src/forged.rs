//! Receipts that somebody forged together with their proof, given to every action of this function that changes something:
//! a new action is tried by being registered.
//!
//! One thing no action can tell from what it wrote itself, so that the proof, which only responders write, is all that stands
//! before it: which of the user's own credentials were active before. A forged receipt that names one that was off has undo
//! switch that on, if a person accepts that risk.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::sync::{Arc, Mutex};

use backstop_actions::{ActionSpec, actions_of};
use backstop_runtime::{
    StepError,
    action::StepRequest,
    testing::forged::{Bench, Tally},
};

use crate::{
    actions,
    testing::{access_key, fake_iam, instance_session, planted, role_session, step_request},
};

/// Whose sessions only Lambda names.
const TRUSTS_LAMBDA: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// The action on the first of the targets for which it plans something.
async fn bench(spec: &ActionSpec) -> Bench {
    let targets = [
        (access_key(Some("alice")), None),
        (role_session("AROAEXAMPLE"), None),
        (instance_session("AROAEXAMPLE"), None),
        (role_session("AROAEXAMPLE"), Some(TRUSTS_LAMBDA)),
    ];
    for (target, trust) in targets {
        let mut planted = planted();
        if let Some(trust) = trust {
            planted.insert("trust of role ci".to_owned(), trust.into());
        }
        let account = Arc::new(Mutex::new(planted));
        let accounts = fake_iam(&account);
        let mut all = actions(&accounts).into_iter();
        let action = all.find(|action| action.spec().id == spec.id).unwrap();
        let request: StepRequest = step_request(target);
        match action.plan(&request).await {
            Ok(plan) if !plan.changes.is_empty() => {
                return Bench {
                    action,
                    request,
                    account,
                };
            }
            Ok(_) | Err(StepError::NotApplicable { .. }) => {}
            Err(error) => unreachable!("{}: {error}", spec.id),
        }
    }
    unreachable!("`{}` plans nothing: plant what it changes", spec.id)
}

#[tokio::test]
async fn no_forged_receipt_gives_anybody_more() {
    let mut tally = Tally::default();
    let changing: Vec<_> = actions_of("respond-iam")
        .filter(|spec| spec.changes_something())
        .collect();
    for spec in &changing {
        tally.try_every_receipt(&bench(spec).await).await;
    }
    eprintln!("respond-iam: {} actions, {tally}", changing.len());
    assert!(tally.mutations > 20 * changing.len(), "{tally}");
    assert!(tally.gained.is_empty(), "{:#?}", tally.gained);
}
