//! `iam.deny-instance-sessions`: denies everything to the credentials that one instance got for its role.
//!
//! *Changes* one inline policy on the role whose name holds the incident's id; other instances of the role go on.
//! *Undo* removes that policy if its text is still ours; while credentials from before may be alive, it is
//! narrowed to them. The instance gets new ones meanwhile, so that those issued up to the undo count as well. *Twice* is
//! harmless: the same text under the same name.

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, iam, permissions};
use backstop_aws::Accounts;
use backstop_core::{
    Change, Plan, Playbooks, Receipt, Target, TargetKind, UndoOutcome, Verification, guardrail::Permit,
};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, read_receipt, unlike, write_receipt},
    inline_deny::{Iam, InlineDeny, PrincipalKind},
    inline_policy::{PolicyReceipt, PolicyState},
    playbooks,
};

use crate::principal::{self, Role, instance_of};

/// See the module.
pub(crate) struct DenyInstanceSessions {
    accounts: Arc<Accounts>,
}

impl DenyInstanceSessions {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }

    fn deny(&self, request: &StepRequest) -> Result<InlineDeny, StepError> {
        let iam = self.accounts.at(request)?.client::<Iam>();
        Ok(InlineDeny::on(PrincipalKind::Role, iam).without_margin())
    }
}

#[async_trait]
impl Action for DenyInstanceSessions {
    fn spec(&self) -> &'static ActionSpec {
        &iam::deny_instance_sessions::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let Some(instance) = instance_of(&request.target) else {
            return Err(StepError::NotApplicable {
                reason: format!("{} isn't named after an instance", request.target),
            });
        };
        let deny = self.deny(request)?;
        let iam = self.accounts.at(request)?.client::<Iam>();
        let role = principal::role(&iam, &request.target).await?;
        let policy = &policy_of(&role.name, instance, request);
        let (state, profiles) =
            tokio::join!(deny.state(policy), principal::instance_profiles(&iam, &role.name));
        let (state, is_an_instances) = (state?, !profiles?.is_empty());
        let change = (state != PolicyState::Ours).then(|| Change {
            api: permissions::iam::PUT_ROLE_POLICY.action.to_owned(),
            what: format!("inline policy {} of role {}", policy.policy_name, role.name),
            now: match state {
                PolicyState::Absent => "absent",
                _ => "another text under the same name",
            }
            .to_owned(),
            after: format!("deny all actions to credentials that instance {instance} got"),
        });
        let mut limits = vec![instance_goes_on(instance, playbooks())];
        if !role.trust.is_only_ec2() {
            limits.push(format!(
                "others than EC2 may assume role {} and name their session {instance}: this doesn't reach those",
                role.name
            ));
        }
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            changes: change.into_iter().collect(),
            blast_radius: vec![
                format!(
                    "whatever runs on instance {instance} can't use role {} any more",
                    role.name
                ),
                format!(
                    "this deny leaves other instances and users of role {} alone",
                    role.name
                ),
            ],
            manual_undo: vec![deny.by_hand(policy)],
            limits,
            needs_approval: asks(&role, instance, is_an_instances),
            captured: None,
            receipt: write_receipt(policy)?,
            principal: role.arn,
            tags: role.tags,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let deny = self.deny(request)?;
        deny.put(&checked(request, receipt)?).await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let deny = self.deny(request)?;
        let policy: PolicyReceipt = match (receipt, instance_of(&request.target)) {
            (Some(receipt), _) => read_receipt(receipt)?,
            // The step ended `already`: the policy carries the incident's own name, so it can be named again.
            (None, Some(instance)) => {
                let iam = self.accounts.at(request)?.client::<Iam>();
                let role = principal::role(&iam, &request.target).await?;
                policy_of(&role.name, instance, request)
            }
            (None, None) => {
                return Ok(Verification {
                    holds: false,
                    observed: "no proven receipt says which instance was denied, so nothing was read back"
                        .to_owned(),
                });
            }
        };
        deny.verify(&policy, "everything to the instance's credentials")
            .await
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

/// The policy of the receipt, if it is the one that this incident writes on the target's role: its text is made anew.
fn checked(request: &StepRequest, receipt: &Receipt) -> Result<PolicyReceipt, StepError> {
    let policy: PolicyReceipt = read_receipt(receipt)?;
    let Some(instance) = instance_of(&request.target) else {
        return Err(unlike(format!(
            "{} isn't named after an instance",
            request.target
        )));
    };
    principal::check_role(&request.target, &policy.holder)?;
    policy.check_is(&policy_of(&policy.holder, instance, request))?;
    Ok(policy)
}

/// EC2 names the sessions that it makes for instances by their ids, and whoever else may assume the role names theirs as
/// they like: only where EC2 alone makes sessions does the name prove whose this one is. Else a person decides, since
/// the instance may be a bystander.
fn asks(role: &Role, instance: &str, is_an_instances: bool) -> Option<String> {
    if !is_an_instances {
        return Some(format!(
            "role {} is in no instance profile, so instance {instance} can't have it: whoever made the session chose its \
             name",
            role.name
        ));
    }
    (!role.trust.is_only_ec2()).then(|| {
        format!(
            "others than EC2 may assume role {} and name their session {instance}, so it isn't proven that the session is \
             this instance's",
            role.name
        )
    })
}

/// What this leaves to do about the instance.
fn instance_goes_on(instance: &str, playbooks: &Playbooks) -> String {
    let what = "the instance itself isn't touched and asks for new credentials, which are denied too";
    match playbooks.containing(TargetKind::Instance) {
        Some(playbook) => {
            format!("{what}: isolate it with `backstop run {playbook} --target {instance}`")
        }
        None => format!("{what}: isolate it by hand"),
    }
}

fn policy_of(role: &str, instance: &str, request: &StepRequest) -> PolicyReceipt {
    let arn = anywhere(instance, &request.target);
    PolicyReceipt::for_instance(role, &request.incident, &arn)
}

/// The instance in whatever Region it is: the finding names the one in which its credentials were used. Ids of
/// instances are unique among all of an account.
fn anywhere(instance: &str, target: &Target) -> String {
    format!(
        "arn:{}:ec2:*:{}:instance/{instance}",
        target.partition, target.account
    )
}

#[cfg(test)]
mod tests;
