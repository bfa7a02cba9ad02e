//! AWS's own managed policy `AWSDenyAll`, for a user whose inline policies leave no room for a deny of ours: they have 2,048
//! characters in all (IAM User Guide, "IAM and AWS STS quotas"). It is attached and nothing else is: whoever takes this
//! function over can take away by it and never grant.

use aws_sdk_iam::Client;
use backstop_actions::permissions;
use backstop_core::{ErrorName, Target};
use backstop_runtime::{CallError, StepError};

const NAME: &str = "AWSDenyAll";

/// Its ARN in the target's partition.
fn arn(target: &Target) -> String {
    format!("arn:{}:iam::aws:policy/{NAME}", target.partition)
}

/// Attaches it; harmless where it is attached already.
pub(crate) async fn attach(iam: &Client, target: &Target, user: &str) -> Result<(), StepError> {
    iam.attach_user_policy()
        .user_name(user)
        .policy_arn(arn(target))
        .send()
        .await
        .map_err(CallError::of(
            permissions::iam::ATTACH_USER_POLICY.action,
            format!("policy `{NAME}` and user `{user}`, whose inline policies have no room for a deny"),
        ))?;
    Ok(())
}

/// Whether the user has it.
pub(crate) async fn is_attached(iam: &Client, target: &Target, user: &str) -> Result<bool, StepError> {
    let arn = arn(target);
    let mut pages = iam
        .list_attached_user_policies()
        .user_name(user)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(CallError::of(
            permissions::iam::LIST_ATTACHED_USER_POLICIES.action,
            format!("user `{user}`"),
        ));
        let page = match page {
            Ok(page) => page,
            // A user who is gone has nothing attached.
            Err(error) if error.name == ErrorName::TargetGone => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        if page
            .attached_policies()
            .iter()
            .any(|one| one.policy_arn() == Some(&arn))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a person types to take it away.
pub(crate) fn by_hand(target: &Target, user: &str) -> String {
    format!(
        "aws iam detach-user-policy --user-name {user} --policy-arn {}",
        arn(target)
    )
}
