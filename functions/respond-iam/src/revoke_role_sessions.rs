//! `iam.revoke-role-sessions`: denies everything to sessions of the role that are issued before a minute after the write.
//!
//! *Changes* one inline policy whose name holds the incident's id. The cut-off is taken at each write, see
//! [`cut_off`]: neither the finding's last activity nor the plan's time, since sessions the attacker made in between must
//! end too. Where the role's inline policies leave no room for it, AWS's own policy `AWSDenyAll` is attached instead, or set as the
//! boundary, if a person approved that.
//! *Undo* removes that policy if it still denies older sessions and nothing else, once those have expired. *Twice* is
//! harmless: the same policy, with a later cut-off.

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, iam, permissions};
use backstop_aws::Accounts;
use backstop_core::{Change, ErrorName, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
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
    aws_deny_all::Fallback,
    named_by_aws,
    principal::{self, Role, instance_of},
    role_users, sign_in_sessions,
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

    fn fallback<'a>(&self, request: &StepRequest, role: &'a str) -> Result<Fallback<'a>, StepError> {
        let iam = self.accounts.at(request)?.client::<Iam>();
        Ok(Fallback::on(iam, PrincipalKind::Role, &request.target, role))
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
        named_by_aws::refuse_identity_center(&role, &request.target)?;
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
        let approval = asks(request, &role)?;
        limits.push(match &approval {
            Some(_) => format!(
                "if inline policies of role {} have no room for it (10,240 characters in all), `AWSDenyAll` is attached \
                 instead, or set as the boundary: then new sessions fail as well, until a person takes it away",
                role.name
            ),
            None => format!(
                "if inline policies of role {} have no room for it (10,240 characters in all), nothing is changed, since \
                 nobody was asked whether the whole role may stop",
                role.name
            ),
        });
        limits.push(format!(
            "whoever signed in as the role (`aws login`, an OAuth client) may have a refresh token, and AWS doesn't say whether \
             what it gets after the cut-off works: end such sessions as well; {}",
            sign_in_sessions::by_hand(&role.arn)
        ));
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
            needs_approval: approval,
            captured: None,
            receipt: write_receipt(policy)?,
            principal: role.arn,
            tags: role.tags,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let planned = checked(request, receipt)?;
        let policy = denying(request, &planned.holder, cut_off::at_write());
        let is_asked = !request.flag(&iam::revoke_role_sessions::UNASKED)?;
        match self.deny(request)?.put(&policy).await {
            Err(error) if error.name() == ErrorName::QuotaExceeded && is_asked => {
                self.fallback(request, &planned.holder)?.deny().await
            }
            put => put,
        }
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
        if !holds && self.fallback(request, role)?.denies().await? {
            return Ok(Verification {
                holds: true,
                observed: format!(
                    "role {role} has AWS's policy AWSDenyAll, attached or as its boundary, which denies every session"
                ),
            });
        }
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
            // Gone, or somebody else's text, or never written.
            let state = planned.compare(found.as_deref());
            let fallback = self.fallback(request, &planned.holder)?;
            if state == PolicyState::Absent && fallback.denies().await? {
                return Ok(UndoOutcome::KeptOff {
                    reason: format!(
                        "role {} is denied by AWS's policy AWSDenyAll, which other incidents may need: once none does, take \
                         it away by {}",
                        planned.holder,
                        fallback.by_hand()
                    ),
                });
            }
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
    let name = &role.name;
    let used = role.last_used.as_deref().unwrap_or("no use on record");
    let mut lines = vec![
        format!(
            "every session of role {name} issued before then ends, also those of other people, instances and functions \
             (last use of the role, of which IAM learns some hours late: {used})"
        ),
        format!(
            "new sessions of the role fail as well in the first {} seconds, those of its owner too: whoever asks for one \
             in that time must ask again after it",
            cut_off::MARGIN.as_secs()
        ),
        format!(
            "whoever assumes role {name} by a call of their own works again with the next session; those from before would \
             have lasted {} seconds at most",
            role.max_session_seconds
        ),
    ];
    // Amazon EC2 User Guide, "Retrieve security credentials from instance metadata"; Lambda and ECS take the role anew
    // in their own time as well. None of them heeds the role's maximum session duration.
    let keep_theirs: Vec<&str> = [
        ("ec2", "instances"),
        ("lambda", "Lambda functions"),
        ("ecs-tasks", "ECS tasks"),
    ]
    .into_iter()
    .filter_map(|(service, what)| role.trust.lets_in(service).then_some(what))
    .collect();
    if !keep_theirs.is_empty() {
        lines.push(format!(
            "{} don't ask for new credentials when theirs are denied: they fail until they are given the next ones, which can \
             take 6 hours and more, whatever the role's longest session is; what is started anew gets new ones at once",
            keep_theirs.join(", ")
        ));
    }
    lines.extend(users);
    lines
}

#[cfg(test)]
mod tests;
