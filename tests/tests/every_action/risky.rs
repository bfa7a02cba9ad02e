//! Undone with every risk accepted.

use backstop_actions::ActionSpec;
use backstop_core::{UndoOutcome, incident::Status, task::RespondTask};
use backstop_drill::Environment;
use backstop_tests::Functions;

use crate::{ALL_RISKS, bench::Bench};

/// A person started it, no finding says that anything leaked, and accepts every risk.
pub(crate) async fn undo_with_all_risks(
    environment: &Environment,
    functions: &Functions,
    action: &'static ActionSpec,
) {
    let bench = Bench::contained(environment, functions, action).await;
    bench.ask_undo(ALL_RISKS).await;
    // The function dies after the change and before the log knows that it is undone.
    bench.losing_the_end(RespondTask::Undo).await;
    bench.assert_restored(&bench.state().await);
    let mark = bench.mark();
    let outcome = bench.undo().await;
    assert!(
        matches!(
            outcome,
            UndoOutcome::Restored { .. } | UndoOutcome::NothingToUndo { .. } | UndoOutcome::KeptOff { .. }
        ),
        "{}: {outcome:?}",
        action.id
    );
    bench.undo().await;
    bench.assert_restored(&bench.state().await);
    bench.assert_no_change_since(mark, "there was nothing left to undo");
    assert_eq!(bench.status().await, Status::Undone, "{}", action.id);
}
