//! Undone after somebody came in between.

use backstop_actions::ActionSpec;
use backstop_core::{UndoOutcome, incident::Status};
use backstop_drill::Environment;
use backstop_tests::{Functions, KnownAction, SafeUndo};

use crate::{ALL_RISKS, bench::Bench};

pub(crate) async fn undo_after_drift(
    environment: &Environment,
    functions: &Functions,
    action: &'static ActionSpec,
) {
    let known = KnownAction::find(action.id);
    let Some(drift) = known.drift else {
        if !known.has_entry {
            eprintln!(
                "{}: nothing says how it drifts, so an undo after a drift isn't tried",
                action.id
            );
            return;
        }
        assert_eq!(
            known.safe_undo,
            SafeUndo::Nothing,
            "{}: say how it drifts",
            action.id
        );
        return;
    };
    let bench = Bench::contained(environment, functions, action).await;
    let contained = bench.state().await;
    drift
        .happen(environment.account(), &bench.planted, &bench.before, &contained)
        .await;
    let drifted = bench.state().await;
    assert_ne!(drifted, contained, "{}: nobody came in between", action.id);
    bench.ask_undo(ALL_RISKS).await;
    let mark = bench.mark();
    let outcome = bench.undo().await;
    assert!(
        matches!(outcome, UndoOutcome::Drifted { .. }),
        "{}: {outcome:?}",
        action.id
    );
    if !drift.leaves_a_rest() {
        bench.assert_no_change_since(mark, "what drifted is left alone");
        assert_eq!(bench.state().await, drifted, "{}", action.id);
    }
    assert_eq!(bench.status().await, Status::Stuck, "{}", action.id);
}
