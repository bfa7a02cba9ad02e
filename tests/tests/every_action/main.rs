//! Every action of the registry that changes something: planning changes nothing, acting twice is acting once, undo
//! brings back what was, byte for byte, undoing twice is undoing once, what drifted is left alone, and a forged log is
//! not followed. A new action is tested by being registered.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod bench;
mod drifted;
mod forged;
mod risky;
mod safely;

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use backstop_actions::ActionSpec;
use backstop_core::{Mode, Risk};
use backstop_drill::Environment;
use backstop_tests::{Functions, KnownAction, Setting, environment, only};

use drifted::undo_after_drift;
use risky::undo_with_all_risks;
use safely::act_and_undo_safely;

const STEP: &str = "the-step";
const ALL_RISKS: &[Risk] = &[Risk::ReviveSessions, Risk::ReactivateKey];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes of both cores: cargo test --workspace --test every_action -- --ignored --nocapture"]
async fn every_action_is_harmless_to_plan_and_repeat_and_exact_to_undo() {
    let began = Instant::now();
    let changing = backstop_actions::actions().filter(|action| KnownAction::is_tried(action));
    let (changing, without): (Vec<&'static ActionSpec>, Vec<_>) =
        only(changing.collect(), |action: &&'static ActionSpec| action.id)
            .into_iter()
            .partition(|action| KnownAction::find(action.id).drill().is_some());
    for action in without {
        eprintln!(
            "SKIPPED: {}: no drill of a playbook that has it plants a target",
            action.id
        );
    }
    let mut by_function: BTreeMap<&'static str, Vec<&'static ActionSpec>> = BTreeMap::new();
    for action in &changing {
        by_function.entry(action.function).or_default().push(action);
    }
    let environment = Arc::new(
        environment(Setting {
            mode: Mode::Approve,
            without_permission: None,
        })
        .await
        .unwrap(),
    );
    let deployed = began.elapsed().as_secs();
    let functions = Arc::new(Functions::of(&environment, by_function.keys().copied()).await);
    // A function's calls are told from another's by its role, so each function has a task of its own.
    let tasks: Vec<_> = by_function
        .into_values()
        .map(|actions| {
            let (environment, functions) = (Arc::clone(&environment), Arc::clone(&functions));
            tokio::spawn(async move { each(&environment, &functions, actions).await })
        })
        .collect();
    let mut failed = Vec::new();
    for task in tasks {
        failed.extend(task.await.unwrap());
    }
    // By itself: what IAM has is compared, which the others change.
    let forged = forged::give_nothing(Arc::clone(&environment), Arc::clone(&functions), changing.clone());
    if tokio::spawn(forged).await.is_err() {
        failed.push("a forged log: its panic is above".to_owned());
    }
    eprintln!(
        "{} of {} actions tried, those that change something; {} s, {deployed} of them for building and deploying",
        changing.len(),
        backstop_actions::actions().count(),
        began.elapsed().as_secs()
    );
    let environment = Arc::into_inner(environment).unwrap();
    if failed.is_empty() {
        return environment.clear().await.unwrap();
    }
    let files = environment.save_logs().await.unwrap();
    environment.end().await.unwrap();
    panic!("{}\nlogs are in {}", failed.join("\n"), files.display());
}

/// The actions of one function, one after another; one that fails stops no other.
async fn each(
    environment: &Arc<Environment>,
    functions: &Arc<Functions>,
    actions: Vec<&'static ActionSpec>,
) -> Vec<String> {
    let mut failed = Vec::new();
    for action in actions {
        let (environment, functions) = (Arc::clone(environment), Arc::clone(functions));
        let check = tokio::spawn(async move {
            act_and_undo_safely(&environment, &functions, action).await;
            undo_with_all_risks(&environment, &functions, action).await;
            undo_after_drift(&environment, &functions, action).await;
        });
        if check.await.is_err() {
            failed.push(format!("`{}` failed; its panic is above", action.id));
        }
    }
    failed
}
