//! `iam.deactivate-other-credentials`: sets the user's other access keys, signing certificates, service-specific
//! credentials (API keys of Bedrock and CloudWatch are some) and SSH public keys to `Inactive`. They are the credentials
//! that are forgotten most often, and what attackers make to come back by. A password has no status, nor have sign-in sessions: the
//! deny on the user holds them, and only a person deletes or ends them.
//!
//! *Changes* the status of those that are active; the receipt lists each.
//! *Undo* reactivates those, and only those, but none that was made since the attack began, nor, where the finding names
//! no key, an access key: either may be the attacker's. One that is gone or active again is left. *Twice* is harmless:
//! the status is set, not toggled.

mod credential;
mod revival;

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_iam::types::StatusType;
use backstop_actions::{ActionSpec, iam};
use backstop_aws::Accounts;
use backstop_core::{
    Change, Plan, Receipt, Target, UndoOutcome, Verification, attack_began, guardrail::Permit, kind,
};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, read_receipt, write_receipt},
    each_tried,
    inline_deny::Iam,
    opened_at,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::{
    credential::{Credential, Listed, list, set},
    revival::{Revival, stays_off},
};
use crate::principal;

/// See the module.
pub(crate) struct DeactivateOtherCredentials {
    accounts: Arc<Accounts>,
}

/// The credentials that were active before.
#[derive(Debug, Serialize, Deserialize)]
struct CredentialsReceipt {
    user_name: String,
    were_active: Vec<Credential>,
}

impl DeactivateOtherCredentials {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }
}

#[async_trait]
impl Action for DeactivateOtherCredentials {
    fn spec(&self) -> &'static ActionSpec {
        &iam::deactivate_other_credentials::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let iam = &self.accounts.at(request)?.client::<Iam>();
        let reported = reported_key(&request.target);
        let listing = |user: String| async move { list(iam, &user, reported).await };
        let (user, listed) = principal::user_and(iam, &request.target, listing).await?;
        let active: Vec<Listed> = listed.into_iter().filter(|listed| listed.is_active).collect();
        let changes = active.iter().map(|listed| Change {
            api: listed.credential.kind.api().to_owned(),
            what: format!("{} of user {}", listed.credential.words(), user.name),
            now: "Active".to_owned(),
            after: "Inactive".to_owned(),
        });
        let opened = opened_at(&request.incident).unwrap_or(request.at);
        let surely_the_owners = attack_began::before(opened, attack_began::LONGEST);
        let by_hand = active
            .iter()
            .filter(|listed| listed.is_older_than(surely_the_owners))
            .map(|listed| listed.credential.reactivate(&user.name));
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: user.arn,
            tags: user.tags,
            changes: changes.collect(),
            blast_radius: active.iter().map(Listed::breaks).collect(),
            limits: limits(&active, opened, &user.name),
            manual_undo: by_hand.collect(),
            needs_approval: None,
            captured: None,
            receipt: write_receipt(&CredentialsReceipt {
                user_name: user.name,
                were_active: active.into_iter().map(|listed| listed.credential).collect(),
            })?,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let before: CredentialsReceipt = read_receipt(receipt)?;
        let iam = self.accounts.at(request)?.client::<Iam>();
        principal::check_user_to_act(&iam, &request.target, &before.user_name).await?;
        let mut results = Vec::new();
        for credential in &before.were_active {
            results.push(set(&iam, &before.user_name, credential, StatusType::Inactive).await);
        }
        each_tried(results)
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let iam = self.accounts.at(request)?.client::<Iam>();
        let user_name = match receipt {
            Some(receipt) => read_receipt::<CredentialsReceipt>(receipt)?.user_name,
            None => principal::user(&iam, &request.target).await?.0.name,
        };
        let found = list(&iam, &user_name, reported_key(&request.target)).await?;
        let active: Vec<String> = found
            .iter()
            .filter(|listed| listed.is_active)
            .map(|listed| listed.credential.words())
            .collect();
        Ok(Verification {
            holds: active.is_empty(),
            observed: if active.is_empty() {
                format!(
                    "user {user_name} has {} other credential(s), none of them active",
                    found.len()
                )
            } else {
                format!("still active: {}", active.join(", "))
            },
        })
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let before: CredentialsReceipt = read_receipt(receipt)?;
        let iam = self.accounts.at(request)?.client::<Iam>();
        principal::check_user(&iam, &request.target, &before.user_name).await?;
        let found = list(&iam, &before.user_name, reported_key(&request.target)).await?;
        let of = |credential: &Credential| found.iter().find(|listed| &listed.credential == credential);
        let gone: Vec<&str> = before
            .were_active
            .iter()
            .filter(|credential| of(credential).is_none())
            .map(|credential| credential.id.as_str())
            .collect();
        if !gone.is_empty() {
            return Ok(UndoOutcome::Drifted {
                found: format!(
                    "deleted since: {}; the others of user {} were left as they are, and the plan has the command \
                     for each",
                    gone.join(", "),
                    before.user_name
                ),
            });
        }
        let mut revival = Revival::default();
        let inactive = before
            .were_active
            .iter()
            .filter_map(of)
            .filter(|it| !it.is_active);
        for listed in inactive {
            if let Some(why) = stays_off(request, listed) {
                revival.kept_off(&before.user_name, listed, &why);
            } else {
                set(&iam, &before.user_name, &listed.credential, StatusType::Active).await?;
                revival.reactivated(listed);
            }
        }
        Ok(revival.outcome())
    }
}

/// The key that the incident is about, which `iam.deactivate-access-key` sees to.
fn reported_key(target: &Target) -> Option<&str> {
    kind::AccessKey::of(&target.resource).map(|key| key.key_id.as_str())
}

/// What was made lately is likely the attacker's, and switching it off isn't the end of it.
fn limits(active: &[Listed], opened: Timestamp, user: &str) -> Vec<String> {
    let lately = attack_began::before(opened, attack_began::MARGIN);
    let made_lately = active.iter().filter(|listed| !listed.is_older_than(lately));
    made_lately
        .map(|listed| {
            format!(
                "{} was {}, so it may be the attacker's: undo leaves it off; unless its owner knows it, delete it by `{}`",
                listed.credential.words(),
                listed.made_in_words(),
                listed.credential.delete(user)
            )
        })
        .collect()
}

#[cfg(test)]
mod tests;
