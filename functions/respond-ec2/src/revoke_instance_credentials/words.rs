//! What the plan and its proof say to people.

use backstop_actions::permissions;
use backstop_core::{Change, Target};
use backstop_runtime::inline_policy::{PolicyReceipt, PolicyState};
use jiff::Timestamp;

use super::{CredentialsReceipt, association::Association};
use crate::instance::Instance;

/// In the order in which they are made: the deny first.
pub(super) fn changes(
    instance: &Instance,
    profile_arn: &str,
    policy: Option<(&PolicyReceipt, &PolicyState)>,
) -> Vec<Change> {
    let now = |state: &PolicyState| match state {
        PolicyState::Ours => None,
        PolicyState::Absent => Some("absent"),
        PolicyState::Narrowed { .. } | PolicyState::Altered => Some("another text under the same name"),
    };
    let deny = policy
        .and_then(|(policy, state)| Some((policy, now(state)?)))
        .map(|(policy, now)| Change {
            api: permissions::iam::PUT_ROLE_POLICY.action.to_owned(),
            what: format!("inline policy {} of role {}", policy.policy_name, policy.holder),
            now: now.to_owned(),
            after: format!("deny all actions to the credentials of instance {}", instance.id),
        });
    let disassociation = Change {
        api: permissions::ec2::DISASSOCIATE_IAM_INSTANCE_PROFILE
            .action
            .to_owned(),
        what: format!("instance profile of instance {}", instance.id),
        now: profile_arn.to_owned(),
        after: "none".to_owned(),
    };
    deny.into_iter().chain([disassociation]).collect()
}

pub(super) fn blast_radius(
    instance: &Instance,
    others: Option<&[String]>,
    policy: Option<&PolicyReceipt>,
) -> Vec<String> {
    let mut lines = vec![format!(
        "nothing on instance {} can call AWS with its role any more, the Systems Manager and CloudWatch agents \
         included",
        instance.id
    )];
    let Some(policy) = policy else {
        lines.push("its instance profile has no role, so there are no credentials to deny".to_owned());
        return lines;
    };
    lines.push(match others {
        Some(others) => format!(
            "{} other instance(s) have this instance profile and go on working, and so does everything else that \
             uses role {}",
            others.len(),
            policy.holder
        ),
        None => format!(
            "everything else that uses role {} goes on working; which instances that are couldn't be read",
            policy.holder
        ),
    });
    lines
}

pub(super) fn limits(policy: Option<&PolicyReceipt>) -> Vec<String> {
    let Some(policy) = policy else {
        return Vec::new();
    };
    vec![
        format!(
            "sessions of other roles that were assumed with these credentials go on: look in CloudTrail for \
             AssumeRole by sessions of role {} that are named after the instance",
            policy.holder
        ),
        "credentials that were taken from the instance live for up to 12 hours and would work again without the \
         deny, so undo leaves a deny for those issued before it; by hand, delete it no sooner"
            .to_owned(),
        "credentials of pods and tasks on the instance (EKS Pod Identity, IRSA, ECS task roles) and its instance \
         identity credentials are of other roles and go on"
            .to_owned(),
    ]
}

pub(super) fn manual_undo(
    target: &Target,
    instance: &str,
    profile_arn: &str,
    policy: Option<&PolicyReceipt>,
) -> Vec<String> {
    let associate = format!(
        "aws ec2 associate-iam-instance-profile --region {} --instance-id {instance} --iam-instance-profile \
         Arn={profile_arn}",
        target.region
    );
    std::iter::once(associate).chain(policy.map(deletion)).collect()
}

/// The line that deletes the deny.
pub(super) fn deletion(policy: &PolicyReceipt) -> String {
    format!(
        "aws iam delete-role-policy --role-name {} --policy-name {}",
        policy.holder, policy.policy_name
    )
}

pub(super) fn deny_stays(policy: &PolicyReceipt, cutoff: Timestamp, dead_at: Timestamp) -> String {
    format!(
        "policy {} of role {} stays and denies only credentials of this instance issued before {cutoff}, so that \
         stolen ones never work again; the last of them is dead at {dead_at}, then: `{}`",
        policy.policy_name,
        policy.holder,
        deletion(policy)
    )
}

pub(super) fn observed(
    receipt: &CredentialsReceipt,
    found: Option<&Association>,
    state: Option<&PolicyState>,
) -> String {
    let profile = found.map_or_else(
        || format!("instance {} has no instance profile", receipt.instance),
        |found| {
            format!(
                "instance {} has the instance profile {}",
                receipt.instance, found.profile_arn
            )
        },
    );
    let Some((policy, state)) = receipt.policy.as_ref().zip(state) else {
        return format!("{profile}; it had no role");
    };
    let says = match state {
        PolicyState::Ours => "denies its credentials everything",
        PolicyState::Narrowed { .. } => "denies only older credentials",
        PolicyState::Absent => "is gone",
        PolicyState::Altered => "has another text",
    };
    format!(
        "{profile}; policy {} of role {} {says}",
        policy.policy_name, policy.holder
    )
}
