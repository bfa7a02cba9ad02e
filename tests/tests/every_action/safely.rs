//! Planned, approved, done and undone, with nobody accepting a risk.

use backstop_actions::ActionSpec;
use backstop_core::{Outcome, UndoOutcome, log::Origin, task::RespondTask};
use backstop_drill::Environment;
use backstop_tests::{Functions, SafeUndo, States};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::bench::Bench;

pub(crate) async fn act_and_undo_safely(
    environment: &Environment,
    functions: &Functions,
    action: &'static ActionSpec,
) {
    let bench = Bench::plant(environment, functions, action, Origin::Finding).await;
    let known = bench.known;

    // Planning.
    let mark = bench.mark();
    bench.step(RespondTask::Plan).await.unwrap();
    bench.assert_no_change_since(mark, "planning only reads");
    assert_eq!(
        bench.state().await,
        bench.before,
        "{}: planning changes nothing",
        action.id
    );
    bench.approve().await;

    // The function dies after the change and before the log knows that it is made.
    let mark = bench.mark();
    bench.losing_the_end(RespondTask::Act).await;
    assert!(
        !bench.changes_since(mark).is_empty(),
        "{}: nothing was called",
        action.id
    );
    let once = bench.state().await;
    assert!(bench.has_effect(&once), "{}: no effect in {once:#?}", action.id);
    let answer = bench.act().await;
    assert_eq!(answer.outcome, Some(Outcome::Done), "{}", action.id);
    // But for the moment before which sessions are denied: it is taken at each write.
    let first = without_cut_offs(&once);
    let once = bench.state().await;
    assert_eq!(
        without_cut_offs(&once),
        first,
        "{}: acting twice is acting once",
        action.id
    );
    let mark = bench.mark();
    assert_eq!(bench.act().await.outcome, Some(Outcome::Done), "{}", action.id);
    bench.assert_no_change_since(mark, "what is done isn't done again");

    let mark = bench.mark();
    bench.verify().await;
    bench.assert_no_change_since(mark, "verifying only reads");

    // Nobody accepts a risk, so what could be misused stays off.
    bench.ask_undo(&[]).await;
    let outcome = bench.undo().await;
    let state = bench.state().await;
    match known.safe_undo {
        SafeUndo::Restores => {
            assert!(
                matches!(outcome, UndoOutcome::Restored { .. }),
                "{}: {outcome:?}",
                action.id
            );
            bench.assert_restored(&state);
        }
        SafeUndo::Nothing => {
            assert!(
                matches!(
                    outcome,
                    UndoOutcome::NothingToUndo { .. } | UndoOutcome::KeptOff { .. }
                ),
                "{}: {outcome:?}",
                action.id
            );
            assert_eq!(state, once, "{}: what it kept stays", action.id);
        }
        SafeUndo::KeepsTheKeyOff => {
            assert!(
                matches!(outcome, UndoOutcome::KeptOff { .. }),
                "{}: {outcome:?}",
                action.id
            );
            assert_eq!(state, once, "{}: the key stays off", action.id);
        }
        SafeUndo::KeepsSessionsDenied => {
            assert!(
                matches!(outcome, UndoOutcome::KeptUntil { .. }),
                "{}: {outcome:?}",
                action.id
            );
            bench.only_old_sessions_are_denied(&state);
        }
    }
    let mark = bench.mark();
    bench.undo().await;
    bench.assert_no_change_since(mark, "undoing twice is undoing once");
    assert_eq!(bench.state().await, state, "{}", action.id);
}

/// The states without the moments before which policies deny sessions.
fn without_cut_offs(states: &States) -> States {
    fn blank(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    if name == "aws:TokenIssueTime" {
                        *field = Value::Null;
                    } else {
                        blank(field);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(blank),
            // IAM answers documents percent-encoded.
            Value::String(text) => {
                let document = percent_decode_str(text).decode_utf8_lossy();
                if let Ok(mut document @ Value::Object(_)) = serde_json::from_str(&document) {
                    blank(&mut document);
                    *value = document;
                }
            }
            _ => {}
        }
    }
    let mut states = states.clone();
    states.values_mut().for_each(blank);
    states
}
