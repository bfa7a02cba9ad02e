//! `iam.revoke-role-sessions`: denies everything to sessions of the role that are issued before a minute after the write.
//!
//! *Changes* one inline policy whose name holds the incident's id. The cut-off is taken at each write, see
//! [`cut_off`]: neither the finding's last activity nor the plan's time, since sessions the attacker made in between must
//! end too.
//! *Undo* removes that policy if it still denies older sessions and nothing else, once those have expired. *Twice* is
//! harmless: the same policy, with a later cut-off.

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, iam, permissions};
use backstop_aws::Accounts;
use backstop_core::{Change, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, read_receipt, unlike, write_receipt},
    cut_off,
    inline_deny::{Iam, InlineDeny, PrincipalKind},
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
        // The text is an example of what is written: no write takes its cut-off from here.
        let example = deny_older_sessions(cut_off::after(request.at));
        let policy = &PolicyReceipt::new(&role.name, &request.incident, &example);
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
            after: format!(
                "deny all actions to sessions issued before the moment of acting, and in the {} seconds after it",
                cut_off::MARGIN.as_secs()
            ),
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
            receipt: write_receipt(policy)?,
            principal: role.arn,
            tags: role.tags,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let planned = checked(request, receipt)?;
        let policy = denying(request, &planned.holder, cut_off::at_write());
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
        let policy: PolicyReceipt = read_receipt(receipt)?;
        let found = self.deny(request)?.text(&policy).await?;
        let (name, role) = (&policy.policy_name, &policy.holder);
        let cut_off = found.as_deref().map(|text| cut_off::of(&policy, text));
        // A function's write and its record of it are less than the margin apart, so the cut-off lies after both.
        let earliest = request.ended_at.or(policy.cutoff()).unwrap_or(Timestamp::MIN);
        let (holds, observed) = match cut_off {
            None => (false, format!("role {role} has no policy {name}")),
            Some(None) => (false, format!("policy {name} of role {role} has another text")),
            Some(Some(cut_off)) if cut_off < earliest => (
                false,
                format!(
                    "policy {name} of role {role} denies only sessions issued before {cut_off}, which is earlier than \
                     what was written"
                ),
            ),
            Some(Some(cut_off)) => (
                true,
                format!("policy {name} of role {role} denies sessions issued before {cut_off}"),
            ),
        };
        Ok(Verification { holds, observed })
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let planned = checked(request, receipt)?;
        let deny = self.deny(request)?;
        let found = deny.text(&planned).await?;
        let cut_off = found.as_deref().and_then(|text| cut_off::of(&planned, text));
        let Some(cut_off) = cut_off else {
            // Gone, or somebody else's text.
            let state = planned.compare(found.as_deref());
            return deny.undo_in(request, &planned, &state).await;
        };
        let written = denying(request, &planned.holder, cut_off);
        let outcome = deny.undo_in(request, &written, &PolicyState::Ours).await?;
        Ok(match outcome {
            UndoOutcome::KeptUntil { until, what } if cut_off > request.at => UndoOutcome::KeptUntil {
                until,
                what: format!(
                    "{what}; until {cut_off} that goes for new sessions too: ask for new ones after it"
                ),
            },
            other => other,
        })
    }
}

/// This incident's policy on the role, with this cut-off.
fn denying(request: &StepRequest, role: &str, cut_off: Timestamp) -> PolicyReceipt {
    PolicyReceipt::new(role, &request.incident, &deny_older_sessions(cut_off))
}

/// The policy of the receipt, if it is one that this incident writes on the target's role: its text is made anew from
/// its cut-off, which lies between the incident's opening and the one of a policy written now.
fn checked(request: &StepRequest, receipt: &Receipt) -> Result<PolicyReceipt, StepError> {
    let policy: PolicyReceipt = read_receipt(receipt)?;
    principal::check_role(&request.target, &policy.holder)?;
    let earliest = opened_at(&request.incident).unwrap_or(Timestamp::MIN);
    let cutoff = policy
        .cutoff()
        .filter(|cutoff| (earliest..=cut_off::after(request.at)).contains(cutoff))
        .ok_or_else(|| unlike("its cut-off isn't one that this incident made".to_owned()))?;
    policy.check_is(&denying(request, &policy.holder, cutoff))?;
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
            "new sessions of the role fail as well in the first {} seconds, those of its owner too: whoever asks for one \
             in that time must ask again after it",
            cut_off::MARGIN.as_secs()
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
