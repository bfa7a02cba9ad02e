//! `ec2.revoke-instance-credentials`: denies what the instance was given by its role, then takes the role away.
//!
//! *Changes* one inline policy of the role first, whose name holds the incident's id: it denies everything to credentials of
//! this one instance, wherever they are used and whenever it got them. Other instances of the role go on. Then it ends the
//! association of the instance profile. In that order the deny also shows whose profile it was: it is written only on the
//! role of the profile that EC2 shows to be associated.
//! Where AWS refuses the deny, a tag of the instance shows it. *Undo* associates the same profile again, if none is associated
//! now and its role has the deny, or the instance the tag: what a receipt says by itself gives no instance a role. While credentials from before may be alive, it narrows the deny to them, so that stolen
//! ones don't come back to life, and says until when. *Twice* is harmless: the same text under the same name, and nothing to
//! disassociate.

mod association;
mod undo;
mod words;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use backstop_actions::{ActionSpec, ec2::revoke_instance_credentials::SPEC, permissions};
use backstop_aws::{Access, Accounts};
use backstop_core::{
    ErrorName, Plan, Receipt, UndoOutcome, Verification,
    guardrail::{Permit, Protection},
    target::Arn,
};
use backstop_runtime::{
    Action, CallError, StepError,
    action::{StepRequest, read_receipt, unlike, write_receipt},
    each_tried,
    inline_deny::{Iam, InlineDeny, PrincipalKind},
    inline_policy::{PolicyReceipt, PolicyState, deny_instance},
};
use serde::{Deserialize, Serialize};

use crate::{
    deregister_from_load_balancers::Sweeps,
    instance,
    services::Ec2,
    surroundings::{self, Surroundings},
    witness::{self, Witness},
};

/// Containment doesn't wait longer for what is only told.
const LONGEST_READING: Duration = Duration::from_secs(4);

/// See the module.
pub(crate) struct RevokeInstanceCredentials {
    accounts: Arc<Accounts>,
    sweeps: Arc<Sweeps>,
    protection: Protection,
}

/// The state before, and the policy as we write it.
#[derive(Debug, Serialize, Deserialize)]
struct CredentialsReceipt {
    instance: String,
    profile_arn: String,
    /// `None` for a profile without a role: it gives no credentials.
    policy: Option<PolicyReceipt>,
}

/// The role of an instance profile.
struct Role {
    name: String,
    arn: String,
}

impl RevokeInstanceCredentials {
    /// The profile was taken before: by an attempt whose deny AWS refused, that is put now.
    async fn deny_what_is_left(
        &self,
        aws: &Access<'_>,
        request: &StepRequest,
        receipt: &CredentialsReceipt,
    ) -> Result<(), StepError> {
        let state = state(aws, receipt).await?;
        let (Some(policy), Some(PolicyState::Absent)) = (&receipt.policy, &state) else {
            return check_shown(request, receipt, state.as_ref(), &BTreeMap::new());
        };
        let tags = instance::tags(&aws.client::<Ec2>(), &request.target).await?;
        check_shown(request, receipt, state.as_ref(), &tags)?;
        denies(aws).put(policy).await
    }

    pub(crate) const fn new(accounts: Arc<Accounts>, sweeps: Arc<Sweeps>, protection: Protection) -> Self {
        Self {
            accounts,
            sweeps,
            protection,
        }
    }

    /// Refuses a profile whose role is protected, or another one than the receipt says: that it has none is no way past the
    /// deny. A profile without a role gives no credentials, whatever is said of it.
    async fn check_role(&self, aws: &Access<'_>, receipt: &CredentialsReceipt) -> Result<(), StepError> {
        let Some(role) = role_of(aws, &receipt.profile_arn).await? else {
            return Ok(());
        };
        self.refuse_protected(&role)?;
        let said = receipt.policy.as_ref().map(|policy| policy.holder.as_str());
        if said == Some(role.name.as_str()) {
            return Ok(());
        }
        Err(unlike(format!(
            "the role of `{}` is `{}`, not {}",
            receipt.profile_arn,
            role.name,
            said.map_or("none".to_owned(), |name| format!("`{name}`"))
        )))
    }

    /// The runner's guardrails look at the instance; the role is changed as well.
    fn refuse_protected(&self, role: &Role) -> Result<(), StepError> {
        self.protection.decide(&role.arn).map_or(Ok(()), |decision| {
            Err(StepError::Refused {
                guardrail: decision.guardrail,
                reason: format!("the instance's role is protected: {}", decision.detail),
            })
        })
    }
}

#[async_trait]
impl Action for RevokeInstanceCredentials {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let aws = self.accounts.at(request)?;
        let ec2 = aws.client::<Ec2>();
        let id = instance::id_of(&request.target)?;
        let (instance, found) = tokio::try_join!(instance::read(&ec2, &request.target), async {
            Ok(association::find(&ec2, id).await?)
        })?;
        let profile_arn = found.map(|found| found.profile_arn).ok_or_else(|| StepError::NotApplicable {
            reason: format!(
                "instance {id} has no instance profile, so it gives out no credentials; if it had one before, \
                 revoke the sessions of its role"
            ),
        })?;
        let (role, others, surroundings) = tokio::join!(
            role_of(&aws, &profile_arn),
            tokio::time::timeout(LONGEST_READING, association::others_with(&ec2, &profile_arn, id)),
            Surroundings::read(&aws, &instance, request, &self.sweeps)
        );
        let others = others.map_or(None, Result::ok);
        let role = role?;
        if let Some(role) = &role {
            self.refuse_protected(role)?;
        }
        let policy = role
            .as_ref()
            .map(|role| PolicyReceipt::new(&role.name, &request.incident, &deny_instance(&instance.arn)));
        let state = match &policy {
            Some(policy) => Some(denies(&aws).state(policy).await?),
            None => None,
        };
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: instance.arn.clone(),
            tags: instance.tags.clone(),
            changes: words::changes(&instance, &profile_arn, policy.as_ref().zip(state.as_ref())),
            blast_radius: words::blast_radius(&instance, others.as_deref(), policy.as_ref()),
            limits: words::limits(policy.as_ref()),
            // Without its role the last server is as good as down.
            needs_approval: surroundings.needs_approval(&instance),
            captured: None,
            manual_undo: witness::by_hand(
                SPEC.id,
                &request.target,
                &instance.id,
                words::manual_undo(&request.target, &instance.id, &profile_arn, policy.as_ref()),
            ),
            receipt: write_receipt(&CredentialsReceipt {
                instance: instance.id,
                profile_arn,
                policy,
            })?,
        })
    }

    async fn claim(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<Option<String>, StepError> {
        let witness = witness(request, &read_receipt(receipt)?)?;
        let aws = self.accounts.at(request)?;
        surroundings::claim(&aws, request, &witness, &self.sweeps).await
    }

    /// Both parts are tried, even if the deny can't be written at all. Where it can be later, the profile waits for it: once
    /// that is taken, nothing in the account says any more on which role the deny belongs.
    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let receipt: CredentialsReceipt = read_receipt(receipt)?;
        check(request, &receipt)?;
        let aws = self.accounts.at(request)?;
        let ec2 = aws.client::<Ec2>();
        let find = async { Ok(association::find(&ec2, &receipt.instance).await?) };
        let (found, ()) = tokio::try_join!(find, self.check_role(&aws, &receipt))?;
        let Some(found) = found else {
            return self.deny_what_is_left(&aws, request, &receipt).await;
        };
        if found.profile_arn != receipt.profile_arn {
            return Err(StepError::Mismatch {
                detail: format!(
                    "instance `{}` has the profile `{}` now, not `{}`: run the playbook again",
                    receipt.instance, found.profile_arn, receipt.profile_arn
                ),
            });
        }
        let denied = match &receipt.policy {
            Some(policy) => denies(&aws).put(policy).await,
            None => Ok(()),
        };
        if let Err(error) = &denied
            && error.name().is_retryable()
        {
            return denied;
        }
        let is_refused = denied.is_err();
        // Where there is no deny, nothing but the tag would show whose profile it was.
        let take = async {
            let taken = association::take_away(&ec2, &receipt.instance, &found).await;
            each_tried([denied, taken.map_err(StepError::from)])
        };
        witness(request, &receipt)?
            .of_change(&ec2, &receipt.instance, is_refused, take)
            .await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let Some(receipt) = receipt else {
            return Ok(Verification {
                holds: false,
                observed: "no proven receipt says which credentials were revoked, so nothing was read back"
                    .to_owned(),
            });
        };
        let receipt: CredentialsReceipt = read_receipt(receipt)?;
        let aws = self.accounts.at(request)?;
        let ec2 = aws.client::<Ec2>();
        let found = association::find(&ec2, &receipt.instance).await?;
        let state = state(&aws, &receipt).await?;
        Ok(Verification {
            holds: found.is_none() && state.as_ref().is_none_or(|state| *state == PolicyState::Ours),
            observed: words::observed(&receipt, found.as_ref(), state.as_ref()),
        })
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let receipt: CredentialsReceipt = read_receipt(receipt)?;
        check(request, &receipt)?;
        let aws = self.accounts.at(request)?;
        self.check_role(&aws, &receipt).await?;
        undo::undo(&aws, request, &receipt).await
    }
}

/// Refuses a receipt that isn't of the order's instance, names a profile of another account, or another policy than this
/// incident writes: its text is made anew from the order.
fn check(request: &StepRequest, receipt: &CredentialsReceipt) -> Result<(), StepError> {
    instance::check_own(request, &receipt.instance)?;
    let target = &request.target;
    let is_profile_here = |arn: Arn<'_>| {
        arn.service == "iam"
            && arn.partition == target.partition
            && arn.account == target.account.as_str()
            && arn.region.is_empty()
            && arn.resource.starts_with("instance-profile/")
    };
    if !Arn::read(&receipt.profile_arn).is_some_and(is_profile_here) {
        return Err(unlike(format!(
            "`{}` is no instance profile of account {}",
            receipt.profile_arn, target.account
        )));
    }
    let Some(policy) = &receipt.policy else {
        return Ok(());
    };
    let arn = target
        .arn()
        .ok_or_else(|| unlike(format!("{target} has no ARN that a policy could name")))?;
    policy.check_is(&PolicyReceipt::new(
        &policy.holder,
        &request.incident,
        &deny_instance(&arn),
    ))
}

/// The role of a profile; IAM allows one (IAM User Guide, "Using instance profiles").
async fn role_of(aws: &Access<'_>, profile_arn: &str) -> Result<Option<Role>, StepError> {
    let name = profile_arn.rsplit('/').next().unwrap_or(profile_arn);
    let answer = aws
        .client::<Iam>()
        .get_instance_profile()
        .instance_profile_name(name)
        .send()
        .await
        .map_err(CallError::of(
            permissions::iam::GET_INSTANCE_PROFILE.action,
            format!("instance profile `{name}`"),
        ));
    match answer {
        Ok(answer) => Ok(answer
            .instance_profile()
            .and_then(|profile| profile.roles().first())
            .map(|role| Role {
                name: role.role_name().to_owned(),
                arn: role.arn().to_owned(),
            })),
        // Deleted while it was associated: it gives out nothing.
        Err(error) if error.name == ErrorName::TargetGone => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What stands under the name of the receipt's policy.
async fn state(aws: &Access<'_>, receipt: &CredentialsReceipt) -> Result<Option<PolicyState>, StepError> {
    match &receipt.policy {
        Some(policy) => Ok(Some(denies(aws).state(policy).await?)),
        None => Ok(None),
    }
}

/// Refuses a profile that isn't associated, if neither the deny on its role nor the instance's tag shows that the instance
/// had it: nothing but the receipt says so.
fn check_shown(
    request: &StepRequest,
    receipt: &CredentialsReceipt,
    state: Option<&PolicyState>,
    tags: &BTreeMap<String, String>,
) -> Result<(), StepError> {
    match (&receipt.policy, state) {
        (Some(policy), Some(PolicyState::Absent | PolicyState::Altered))
            if !witness(request, receipt)?.is_in(tags) =>
        {
            Err(unlike(format!(
                "neither the deny `{}` on role `{}` nor a tag of instance `{}` shows that it had the profile `{}`",
                policy.policy_name, policy.holder, receipt.instance, receipt.profile_arn
            )))
        }
        _ => Ok(()),
    }
}

/// What the instance's tag says where the deny can't be put: which profile it had.
fn witness(request: &StepRequest, receipt: &CredentialsReceipt) -> Result<Witness, StepError> {
    Witness::of(SPEC.id, request, &receipt.profile_arn)
}

/// The denies on roles.
fn denies(aws: &Access<'_>) -> InlineDeny {
    InlineDeny::on(PrincipalKind::Role, aws.client::<Iam>())
}

#[cfg(test)]
mod tests;
