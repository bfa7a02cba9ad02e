//! `iam.deny-session`: denies everything to the one session that AWS named, after a Lambda function or an ECS task.
//!
//! *Changes* one inline policy on the role whose name holds the incident's id; other sessions of the role go on. Before it
//! is written, the role's trust is read again: a step that is carried on hours later must not deny by a name that by then
//! anybody may choose.
//! *Undo* removes that policy if its text is still ours; while sessions from before may be alive, it is narrowed to them.
//! The service makes new ones of the same name meanwhile, so that those made up to the undo count as well. *Twice* is
//! harmless: the same text under the same name.

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, iam, permissions};
use backstop_aws::Accounts;
use backstop_core::{Change, Plan, Receipt, Target, UndoOutcome, Verification, guardrail::Permit, kind};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, read_receipt, unlike, write_receipt},
    inline_deny::{Iam, InlineDeny, PrincipalKind},
    inline_policy::{PolicyReceipt, PolicyState},
};

use crate::{
    named_by_aws::{self, Named},
    principal::{self, Role},
};

/// See the module.
pub(crate) struct DenySession {
    accounts: Arc<Accounts>,
}

impl DenySession {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }

    fn deny(&self, request: &StepRequest) -> Result<InlineDeny, StepError> {
        let iam = self.accounts.at(request)?.client::<Iam>();
        Ok(InlineDeny::on(PrincipalKind::Role, iam))
    }
}

#[async_trait]
impl Action for DenySession {
    fn spec(&self) -> &'static ActionSpec {
        &iam::deny_session::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let iam = self.accounts.at(request)?.client::<Iam>();
        let role = principal::role(&iam, &request.target).await?;
        named_by_aws::refuse_identity_center(&role, &request.target)?;
        let named = named(&request.target, &role)?;
        let deny = self.deny(request)?;
        let policy = &policy_of(&role.name, &named.user_id, request);
        let state = deny.state(policy).await?;
        let (what, name) = (&named.what, named.name);
        let change = (state != PolicyState::Ours).then(|| Change {
            api: permissions::iam::PUT_ROLE_POLICY.action.to_owned(),
            what: format!("inline policy {} of role {}", policy.policy_name, role.name),
            now: match state {
                PolicyState::Absent => "absent",
                _ => "another text under the same name",
            }
            .to_owned(),
            after: format!("deny all actions to session {} ({what} {name})", named.user_id),
        });
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            changes: change.into_iter().collect(),
            blast_radius: vec![
                format!(
                    "{what} {name} can't use role {} any more, sessions that it gets later included",
                    role.name
                ),
                format!(
                    "this deny leaves other sessions of role {} alone, such as those of other functions and tasks",
                    role.name
                ),
            ],
            manual_undo: vec![deny.by_hand(policy)],
            limits: vec![format!(
                "the {what} itself isn't touched and runs on: look at its code, its image and who can start it"
            )],
            needs_approval: None,
            captured: None,
            receipt: write_receipt(policy)?,
            principal: role.arn,
            tags: role.tags,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let policy = checked(request, receipt)?;
        let iam = self.accounts.at(request)?.client::<Iam>();
        let role = principal::role(&iam, &request.target).await?;
        named(&request.target, &role)?;
        self.deny(request)?.put(&policy).await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let deny = self.deny(request)?;
        let policy: PolicyReceipt = match (receipt, user_id_of(&request.target)) {
            (Some(receipt), _) => read_receipt(receipt)?,
            // The step ended `already`: the policy carries the incident's own name, so it can be named again.
            (None, Some(user_id)) => {
                let iam = self.accounts.at(request)?.client::<Iam>();
                let role = principal::role(&iam, &request.target).await?;
                policy_of(&role.name, &user_id, request)
            }
            (None, None) => {
                return Ok(Verification {
                    holds: false,
                    observed: "no proven receipt says which session was denied, so nothing was read back"
                        .to_owned(),
                });
            }
        };
        deny.verify(&policy, "everything to the session").await
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let deny = self.deny(request)?;
        deny.undo(request, &checked(request, receipt)?).await
    }
}

/// Whose session it is, where AWS alone names the role's sessions.
fn named<'a>(target: &'a Target, role: &Role) -> Result<Named<'a>, StepError> {
    named_by_aws::of(target, &role.trust).ok_or_else(|| StepError::NotApplicable {
        reason: format!(
            "AWS named no session of role {} after a function or task: whoever else may assume it names sessions as they like",
            role.name
        ),
    })
}

/// The policy of the receipt, if it is the one that this incident writes on the target's role: its text is made anew.
fn checked(request: &StepRequest, receipt: &Receipt) -> Result<PolicyReceipt, StepError> {
    let policy: PolicyReceipt = read_receipt(receipt)?;
    let Some(user_id) = user_id_of(&request.target) else {
        return Err(unlike(format!("{} is no session", request.target)));
    };
    principal::check_role(&request.target, &policy.holder)?;
    policy.check_is(&policy_of(&policy.holder, &user_id, request))?;
    Ok(policy)
}

/// What IAM knows the session by, in `aws:userid`.
fn user_id_of(target: &Target) -> Option<String> {
    let session = kind::RoleSession::of(&target.resource)?;
    Some(format!("{}:{}", session.role_id, session.session_name))
}

fn policy_of(role: &str, user_id: &str, request: &StepRequest) -> PolicyReceipt {
    PolicyReceipt::for_session(role, &request.incident, user_id)
}

#[cfg(test)]
mod tests;
