//! What else denies everything to a user whom one incident no longer denies.
//!
//! Each incident has a policy of its own, named after it, and its undo changes that one alone: by one call about one name. So
//! several incidents share a user without a count of them that a lost race, a death between two calls, or a forged record could
//! get wrong, and the user may act again once the last of these policies is gone. Which ones stand is read in the account, after
//! the undo's own change: people must not read "may act again" of somebody who can't.

use aws_sdk_iam::Client;
use backstop_actions::permissions;
use backstop_runtime::{
    CallError, StepError,
    inline_deny::InlineDeny,
    inline_policy::{PolicyReceipt, PolicyState, deny_all},
    opened_at,
};

use crate::aws_deny_all::Fallback;

/// What is to be said of it, at the end of a sentence about what the undo did.
pub(crate) async fn told(
    iam: &Client,
    deny: &InlineDeny,
    own: &PolicyReceipt,
    fallback: &Fallback<'_>,
) -> String {
    let user = &own.holder;
    match standing(iam, deny, own, fallback).await {
        Ok(others) if others.is_empty() => format!("no other incident's deny of user {user} stands"),
        Ok(others) => format!("user {user} STILL CAN'T ACT: {}", others.join("; ")),
        Err(error) => format!("whether another incident's deny of user {user} stands is unknown: {error}"),
    }
}

async fn standing(
    iam: &Client,
    deny: &InlineDeny,
    own: &PolicyReceipt,
    fallback: &Fallback<'_>,
) -> Result<Vec<String>, StepError> {
    let mut found = of_incidents(iam, deny, own).await?;
    if fallback.denies().await? {
        found.push(format!(
            "AWS's policy AWSDenyAll denies everything; once no incident needs it, take it away by {}",
            fallback.by_hand()
        ));
    }
    Ok(found)
}

/// The denies of other incidents that hold the whole user; what an undo narrowed holds sessions from before it only.
pub(crate) async fn of_incidents(
    iam: &Client,
    deny: &InlineDeny,
    own: &PolicyReceipt,
) -> Result<Vec<String>, StepError> {
    let mut found = Vec::new();
    let mut pages = iam
        .list_user_policies()
        .user_name(&own.holder)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(CallError::of(
            permissions::iam::LIST_USER_POLICIES.action,
            format!("user `{}`", own.holder),
        ))?;
        let others = page
            .policy_names()
            .iter()
            .filter(|name| **name != own.policy_name);
        for incident in others.filter_map(|name| PolicyReceipt::incident_of(name)) {
            let policy = PolicyReceipt::new(&own.holder, &incident, &deny_all());
            if deny.state(&policy).await? != PolicyState::Ours {
                continue;
            }
            found.push(match opened_at(&incident) {
                Some(_) => {
                    format!("incident {incident} denies everything too, until `backstop undo {incident}` takes that back")
                }
                None => format!(
                    "policy {} denies everything, and no incident is called so: if nobody needs it, take it away by `{}`",
                    policy.policy_name,
                    deny.by_hand(&policy)
                ),
            });
        }
    }
    Ok(found)
}
