//! Receipts that somebody forged together with their proof, given to every action of this function that changes something:
//! a new action is tried by being registered.
//!
//! One thing no action can tell from what it wrote itself: which settings were on before. A forged receipt that says that
//! fewer were has undo leave fewer; the proof, which only responders write, is what stands before it. Here none were.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::sync::{Arc, Mutex};

use backstop_actions::{ActionSpec, actions_of};
use backstop_core::{Resource, kind};
use backstop_runtime::{
    StepError,
    testing::forged::{Bench, Tally},
};

use crate::{
    actions,
    testing::{fake_s3, planted, request_for, step_request},
};

/// The action on the first of the targets for which it plans something.
async fn bench(spec: &ActionSpec) -> Bench {
    for request in [step_request(), request_for(Resource::Account(kind::Account {}))] {
        let account = Arc::new(Mutex::new(planted()));
        let mut all = actions(&fake_s3(&account)).into_iter();
        let action = all.find(|action| action.spec().id == spec.id).unwrap();
        match action.plan(&request).await {
            Ok(plan) if !plan.changes.is_empty() => {
                return Bench {
                    action,
                    request,
                    account,
                };
            }
            Ok(_) | Err(StepError::NotApplicable { .. } | StepError::Mismatch { .. }) => {}
            Err(error) => unreachable!("{}: {error}", spec.id),
        }
    }
    unreachable!("`{}` plans nothing: plant what it changes", spec.id)
}

#[tokio::test]
async fn no_forged_receipt_opens_anything() {
    let mut tally = Tally::default();
    let changing: Vec<_> = actions_of("respond-s3")
        .filter(|spec| spec.changes_something())
        .collect();
    for spec in &changing {
        tally.try_every_receipt(&bench(spec).await).await;
    }
    eprintln!("respond-s3: {} actions, {tally}", changing.len());
    assert!(tally.mutations > 20 * changing.len(), "{tally}");
    assert!(tally.gained.is_empty(), "{:#?}", tally.gained);
}
