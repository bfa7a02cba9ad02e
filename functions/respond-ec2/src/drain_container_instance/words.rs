//! What the plan, the proof and the undo say to people.

use backstop_core::{Change, ErrorName, Target, UndoOutcome, Verification, text::for_shell};
use backstop_runtime::{CallError, StepError};

use super::{
    DrainReceipt,
    container_instance::{ACTIVE, ContainerInstance, DRAINING, UPDATE},
};
use crate::{cut_off, instance::Instance};

pub(super) fn in_no_cluster(instance: &str, clusters: usize) -> String {
    match clusters {
        0 => format!("instance {instance} is no container instance: Amazon ECS has no cluster in its Region"),
        _ => format!("instance {instance} is no container instance of any of the {clusters} ECS cluster(s)"),
    }
}

/// ECS drains what is `ACTIVE` and nothing else. What is about to be is looked at again.
pub(super) fn cant_be_drained(found: &ContainerInstance) -> StepError {
    let is = format!("container instance {} is {}", found.arn, found.status);
    if found.status == "REGISTERING" {
        return StepError::Call(CallError {
            name: ErrorName::Unavailable,
            call: UPDATE,
            on: found.arn.clone(),
            code: String::new(),
            message: format!("{is}, and ECS drains it only once it is {ACTIVE}"),
        });
    }
    StepError::NotApplicable {
        reason: format!("{is}: ECS places no task there"),
    }
}

pub(super) fn change(found: &ContainerInstance) -> Change {
    Change {
        api: UPDATE.to_owned(),
        what: format!("status of container instance {}", found.arn),
        now: ACTIVE.to_owned(),
        after: DRAINING.to_owned(),
    }
}

pub(super) fn blast_radius(found: &ContainerInstance) -> Vec<String> {
    vec![format!(
        "{} task(s) run on it and {} are pending: ECS stops those of services and starts them on other container \
         instances of {}, as far as there is room and as each service's minimumHealthyPercent and maximumPercent say; \
         no new task is placed on it",
        found.running, found.pending, found.cluster
    )]
}

pub(super) fn limits() -> Vec<String> {
    vec![
        "tasks of no service go on until somebody stops them".to_owned(),
        "what ECS stops loses its memory, and containers that were stopped are removed from the instance's disk after \
         a while"
            .to_owned(),
        "the credentials that tasks were given go on until they expire".to_owned(),
    ]
}

/// Draining stops tasks: before isolation they serve still, and what is in their memory is evidence.
pub(super) fn why_ask(instance: &Instance) -> Option<String> {
    let open = cut_off::not_isolated(instance);
    (!open.is_empty()).then(|| {
        format!(
            "draining stops the tasks of services, and network interface {} isn't isolated yet: whoever decides on that \
             decides on its tasks, too",
            open.join(", ")
        )
    })
}

pub(super) fn manual_undo(target: &Target, found: &ContainerInstance) -> String {
    format!(
        "aws ecs update-container-instances-state --region {} --cluster {} --container-instances {} --status {ACTIVE}",
        target.region,
        for_shell(&found.cluster),
        for_shell(&found.arn)
    )
}

/// What isn't registered, or leaves, gets no task either.
pub(super) fn observed(found: Option<&ContainerInstance>) -> Verification {
    let Some(found) = found else {
        return Verification {
            holds: true,
            observed: "it is registered as a container instance with no ECS cluster".to_owned(),
        };
    };
    Verification {
        holds: !matches!(found.status.as_str(), ACTIVE | "REGISTERING"),
        observed: format!(
            "container instance {} is {}, with {} running and {} pending task(s)",
            found.arn, found.status, found.running, found.pending
        ),
    }
}

pub(super) fn restored(receipt: &DrainReceipt) -> UndoOutcome {
    UndoOutcome::Restored {
        what: format!(
            "container instance {} is {ACTIVE} again, and ECS places tasks there; those that it stopped don't come back \
             by that",
            receipt.container_instance
        ),
    }
}

pub(super) fn is_as_before(receipt: &DrainReceipt) -> UndoOutcome {
    UndoOutcome::NothingToUndo {
        reason: format!(
            "container instance {} is {}, as it was before",
            receipt.container_instance, receipt.status
        ),
    }
}

pub(super) fn gone(receipt: &DrainReceipt) -> UndoOutcome {
    UndoOutcome::NothingToUndo {
        reason: format!(
            "container instance {} is registered no more with {}",
            receipt.container_instance, receipt.cluster
        ),
    }
}

pub(super) fn drifted(receipt: &DrainReceipt, status: &str) -> UndoOutcome {
    UndoOutcome::Drifted {
        found: format!(
            "container instance {} was {} before, was set to {DRAINING} and is {status} now",
            receipt.container_instance, receipt.status
        ),
    }
}
