//! `iam.revoke-role-sessions`: denies everything to sessions of the role that were issued before now.
//!
//! *Changes* one inline policy whose name holds the incident's id. The cut-off is the time of acting, not
//! the finding's last activity: sessions the attacker made in between must end too.
//! *Undo* removes that policy if its text is still ours, once the sessions it ends have expired. *Twice* is
//! harmless: the text comes from the receipt.

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, iam, permissions};
use backstop_aws::Accounts;
use backstop_core::{Change, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, read_receipt, unlike, write_receipt},
    inline_deny::{Iam, InlineDeny, InlineDenyReceipt, PrincipalKind},
    inline_policy::{PolicyReceipt, PolicyState, deny_older_sessions},
    opened_at,
};
use jiff::Timestamp;

use crate::{
    named_by_aws,
    principal::{self, Role, instance_of},
    role_users,
};

/// See the module.
pub(crate) struct RevokeRoleSessions {
    accounts: Arc<Accounts>,
}

impl RevokeRoleSessions {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }

    fn deny(&self, request: &StepRequest) -> Result<InlineDeny, StepError> {
        let iam = self.accounts.at(request)?.client::<Iam>();
        Ok(InlineDeny::on(PrincipalKind::Role, iam))
    }
}

#[async_trait]
impl Action for RevokeRoleSessions {
    fn spec(&self) -> &'static ActionSpec {
        &iam::revoke_role_sessions::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let aws = self.accounts.at(request)?;
        let deny = self.deny(request)?;
        let role = principal::role(&aws.client::<Iam>(), &request.target).await?;
        if let Some(instance) = instance_of(&request.target)
            && role.trust.is_only_ec2()
        {
            return Err(StepError::NotApplicable {
                reason: format!(
                    "only EC2 may assume role {}, so denying the credentials of {instance} is enough and its \
                     other instances go on",
                    role.name
                ),
            });
        }
        if let Some(named) = named_by_aws::of(&request.target, &role.trust) {
            return Err(StepError::NotApplicable {
                reason: format!(
                    "AWS names the sessions of role {} after functions or tasks, so denying that of {} {} is enough and \
                     others go on",
                    role.name, named.what, named.name
                ),
            });
        }
        let receipt = deny.receipt(&role.name, request, &deny_older_sessions(request.at));
        let policy = &receipt.policy;
        let (state, users) = tokio::join!(
            deny.state(policy),
            role_users::read(&aws, &role, &request.target, request.at)
        );
        // Whatever stands under this incident's name has an older cut-off, so there is always a change.
        let now = match state? {
            PolicyState::Absent => "absent",
            PolicyState::Ours | PolicyState::Narrowed { .. } | PolicyState::Altered => {
                "an earlier text under the same name"
            }
        };
        let mut limits = vec![
            "whoever may assume the role can do so again: look at its trust policy and at what called AssumeRole"
                .to_owned(),
        ];
        limits.extend(users.unknown);
        let change = Change {
            api: permissions::iam::PUT_ROLE_POLICY.action.to_owned(),
            what: format!("inline policy {} of role {}", policy.policy_name, role.name),
            now: now.to_owned(),
            after: "deny all actions to sessions issued before the moment of acting".to_owned(),
        };
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            changes: vec![change],
            blast_radius: blast_radius(&role, users.known),
            manual_undo: vec![deny.by_hand(policy)],
            limits,
            needs_approval: asks(request, &role)?,
            captured: None,
            receipt: write_receipt(&receipt)?,
            principal: role.arn,
            tags: role.tags,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let policy = checked(request, receipt)?;
        self.deny(request)?.put(&policy).await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let Some(receipt) = receipt else {
            return Ok(Verification {
                holds: false,
                observed: "no proven receipt says which cut-off was set, so none was read back".to_owned(),
            });
        };
        let InlineDenyReceipt { policy, .. } = read_receipt(receipt)?;
        self.deny(request)?.verify(&policy, "older sessions").await
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        checked(request, receipt)?;
        self.deny(request)?.undo(request, receipt).await
    }
}

/// The policy of the receipt, if it is one that this incident writes on the target's role: its text is made anew from
/// its cut-off, which lies between the incident's opening and now.
fn checked(request: &StepRequest, receipt: &Receipt) -> Result<PolicyReceipt, StepError> {
    let InlineDenyReceipt { policy, .. } = read_receipt(receipt)?;
    principal::check_role(&request.target, &policy.holder)?;
    let earliest = opened_at(&request.incident).unwrap_or(Timestamp::MIN);
    let cutoff = policy
        .cutoff()
        .filter(|cutoff| (earliest..=request.at).contains(cutoff))
        .ok_or_else(|| unlike("its cut-off isn't one that this incident made".to_owned()))?;
    policy.check_is(&PolicyReceipt::new(
        &policy.holder,
        &request.incident,
        &deny_older_sessions(cutoff),
    ))?;
    Ok(policy)
}

/// Others of the role feel it, so a person decides, unless the playbook's author did: `with: { unasked: true }`.
fn asks(request: &StepRequest, role: &Role) -> Result<Option<String>, StepError> {
    let is_decided = request.flag(&iam::revoke_role_sessions::UNASKED)?;
    Ok((!is_decided).then(|| {
        format!(
            "every session of role {} ends, not only the reported one",
            role.name
        )
    }))
}

fn blast_radius(role: &Role, users: Vec<String>) -> Vec<String> {
    let used = role.last_used.as_deref().unwrap_or("no use on record");
    let mut lines = vec![
        format!(
            "every session of role {} ends, also those of other people, instances and functions, until they ask \
             for new credentials (last use of the role: {used})",
            role.name
        ),
        format!(
            "sessions of this role last at most {} seconds, so this stops mattering after that",
            role.max_session_seconds
        ),
    ];
    lines.extend(users);
    lines
}

#[cfg(test)]
mod tests;
