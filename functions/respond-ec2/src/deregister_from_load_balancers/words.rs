//! What the plan and the outcome say to people.

use backstop_actions::permissions;
use backstop_core::{Change, UndoOutcome, text::for_shell};

use super::{Holders, RegistrationReceipt};
use crate::{
    marked::Marked,
    peers::{Peers, Remaining},
};

pub(super) fn changes(holders: &Holders, instance: &str) -> Vec<Change> {
    let targets = holders.targets.members.iter().map(|member| Change {
        api: permissions::elasticloadbalancing::DEREGISTER_TARGETS
            .action
            .to_owned(),
        what: member.registration.to_string(),
        now: "registered".to_owned(),
        after: "deregistered".to_owned(),
    });
    let classic = holders.classic.iter().map(|member| Change {
        api: permissions::elasticloadbalancing::DEREGISTER_INSTANCES_FROM_LOAD_BALANCER
            .action
            .to_owned(),
        what: format!("instance {instance} in Classic Load Balancer {}", member.balancer),
        now: "registered".to_owned(),
        after: "deregistered".to_owned(),
    });
    targets.chain(classic).collect()
}

/// Everything that holds the instance, by name.
pub(super) fn names(holders: &Holders) -> Vec<String> {
    let targets = holders
        .targets
        .members
        .iter()
        .map(|member| member.registration.to_string());
    let classic = holders
        .classic
        .iter()
        .map(|member| format!("Classic Load Balancer {}", member.balancer));
    targets.chain(classic).collect()
}

pub(super) fn blast_radius(holders: &Holders, marked: &Marked) -> Vec<String> {
    let remain = |peers: &Peers| {
        format!(
            "{} healthy peer(s) remain in {}",
            peers.serving(marked),
            peers.place
        )
    };
    let targets = holders.targets.members.iter().flat_map(|member| {
        let line = format!(
            "{} (the instance is {} there)",
            remain(&member.peers),
            member.state
        );
        std::iter::once(line).chain(member.peers.contained(marked))
    });
    let classic = holders
        .classic
        .iter()
        .flat_map(|member| std::iter::once(remain(&member.peers)).chain(member.peers.contained(marked)));
    let mut lines: Vec<String> = targets.chain(classic).collect();
    lines.dedup();
    lines
}

/// Without the instance nothing would serve there, or too few.
pub(super) fn needs_approval(holders: &Holders, marked: &Marked) -> Option<String> {
    let (mut last, mut few, mut contained) = (Vec::new(), Vec::new(), Vec::new());
    for peers in holders.peers() {
        match peers.remaining(marked) {
            Remaining::Enough => continue,
            Remaining::Nobody => last.push(peers.place.as_str()),
            Remaining::Few { serving, of } => few.push(format!(
                "only {serving} healthy target(s) of the {of} that {} has, or had before incidents took them out, would \
                 remain, fewer than half",
                peers.place
            )),
        }
        contained.extend(peers.contained(marked));
    }
    for lines in [&mut few, &mut contained] {
        lines.dedup();
    }
    last.dedup();
    let last =
        (!last.is_empty()).then(|| format!("the instance is the last healthy target of {}", last.join(", ")));
    let unread = holders.targets.unread.map(|(unread, of)| {
        format!("whether others serve isn't known: {unread} of {of} target groups couldn't be read in time")
    });
    let why: Vec<String> = last
        .into_iter()
        .chain(few)
        .chain(contained)
        .chain(unread)
        .collect();
    (!why.is_empty()).then(|| why.join("; "))
}

pub(super) fn limits(holders: &Holders) -> Vec<String> {
    let mut limits = holders.targets.limits.clone();
    if !holders.is_empty() {
        limits.push(
            "established connections through a load balancer go on until its deregistration delay or connection \
             draining ends (300 s unless set otherwise)"
                .to_owned(),
        );
    }
    limits
}

pub(super) fn manual_undo(receipt: &RegistrationReceipt, region: &str) -> Vec<String> {
    let targets = receipt.targets.iter().map(|target| {
        format!(
            "aws elbv2 register-targets --region {region} --target-group-arn {} --targets {}",
            for_shell(&target.group),
            for_shell(&target.as_cli())
        )
    });
    let classic = receipt.classic.iter().map(|balancer| {
        format!(
            "aws elb register-instances-with-load-balancer --region {region} --load-balancer-name {} \
             --instances {}",
            for_shell(balancer),
            receipt.instance
        )
    });
    targets.chain(classic).collect()
}

pub(super) fn undone(instance: &str, restored: &[String], gone: &[String]) -> UndoOutcome {
    if !gone.is_empty() {
        let also = if restored.is_empty() {
            String::new()
        } else {
            format!("; registered again: {}", restored.join(", "))
        };
        return UndoOutcome::Drifted {
            found: format!(
                "gone since, so instance {instance} can't be registered so: {}{also}",
                gone.join(", ")
            ),
        };
    }
    if restored.is_empty() {
        return UndoOutcome::NothingToUndo {
            reason: format!("instance {instance} is registered as it was before"),
        };
    }
    UndoOutcome::Restored {
        what: format!("registered again: {}", restored.join(", ")),
    }
}
