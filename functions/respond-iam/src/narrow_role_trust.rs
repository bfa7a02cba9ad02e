//! `iam.narrow-role-trust`: lets nobody assume the role any more, by a deny added to its trust policy.
//!
//! *Changes* the trust policy: its statements stay, one of Backstop's is added. Sessions that exist go on; ending
//! them is `iam.revoke-role-sessions`. *Undo* takes that one statement away, and refuses if the others aren't those from
//! before. Each text that is written is made of the one that IAM has at that moment: none ever comes out of the log.
//! *Twice* is harmless: the statement is added once.

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, iam, permissions};
use backstop_aws::Accounts;
use backstop_core::{
    Change, IncidentId, Plan, Receipt, Target, UndoOutcome, Verification, guardrail::Permit, kind,
};
use backstop_runtime::{
    Action, CallError, StepError,
    action::{StepRequest, read_receipt, write_receipt},
    inline_deny::Iam,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::principal::{self, Role};

/// The quota of a role's trust policy without an increase is 2,048 characters, with one 4,096 (IAM User Guide,
/// "IAM and AWS STS quotas"). Beyond that no account may go, so no call needs to be tried.
const LONGEST: usize = 4096;

/// See the module.
pub(crate) struct NarrowRoleTrust {
    accounts: Arc<Accounts>,
}

impl NarrowRoleTrust {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }

    async fn set(&self, request: &StepRequest, role: &str, document: &str) -> Result<(), StepError> {
        self.accounts
            .at(request)?
            .client::<Iam>()
            .update_assume_role_policy()
            .role_name(role)
            .policy_document(document)
            .send()
            .await
            .map_err(CallError::of(
                permissions::iam::UPDATE_ASSUME_ROLE_POLICY.action,
                format!("role `{role}`"),
            ))?;
        Ok(())
    }

    async fn role_now(&self, request: &StepRequest) -> Result<Role, StepError> {
        let iam = self.accounts.at(request)?.client::<Iam>();
        principal::role(&iam, &named(&request.target)).await
    }
}

/// The trust policy before: what undo holds the one that it finds against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct TrustReceipt {
    role_name: String,
    before: String,
}

#[async_trait]
impl Action for NarrowRoleTrust {
    fn spec(&self) -> &'static ActionSpec {
        &iam::narrow_role_trust::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let iam = self.accounts.at(request)?.client::<Iam>();
        let role = principal::role(&iam, &request.target).await?;
        let before = role.trust.document.clone();
        let narrowed = narrow(&role, &request.incident)?;
        let change = (!is_same(&before, &narrowed)).then(|| Change {
            api: permissions::iam::UPDATE_ASSUME_ROLE_POLICY.action.to_owned(),
            what: format!("trust policy of role {}", role.name),
            now: format!("may be assumed by {}", role.trust.principals.join(", ")),
            after: "may be assumed by nobody".to_owned(),
        });
        let receipt = TrustReceipt {
            role_name: role.name.clone(),
            before,
        };
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            changes: change.into_iter().collect(),
            blast_radius: vec![format!(
                "whoever uses role {} stops working when the present credentials expire: instances and functions \
                 within hours, people when they sign in again",
                role.name
            )],
            manual_undo: vec![format!(
                "aws iam update-assume-role-policy --role-name {} --policy-document {}",
                role.name,
                quoted(&on_one_line(&receipt.before))
            )],
            limits: vec![format!(
                "sessions of role {} that exist go on until they expire: revoke them too",
                role.name
            )],
            needs_approval: Some(format!("nobody can assume role {} any more", role.name)),
            captured: None,
            receipt: write_receipt(&receipt)?,
            principal: role.arn,
            tags: role.tags,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let trust: TrustReceipt = read_receipt(receipt)?;
        principal::check_role(&request.target, &trust.role_name)?;
        let iam = self.accounts.at(request)?.client::<Iam>();
        let role = principal::role(&iam, &request.target).await?;
        let narrowed = narrow(&role, &request.incident)?;
        if is_same(&role.trust.document, &narrowed) {
            return Ok(());
        }
        self.set(request, &role.name, &narrowed).await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        _receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let now: Value =
            serde_json::from_str(&self.role_now(request).await?.trust.document).unwrap_or_default();
        let holds = statements(&now).contains(&denial(&request.incident));
        let denies = if holds { "denies" } else { "doesn't deny" };
        Ok(Verification {
            holds,
            observed: format!(
                "the trust policy of {} {denies} assuming it to everybody",
                request.target
            ),
        })
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let trust: TrustReceipt = read_receipt(receipt)?;
        principal::check_role(&request.target, &trust.role_name)?;
        let role = self.role_now(request).await?;
        let now = &role.trust.document;
        if is_same(now, &trust.before) {
            return Ok(UndoOutcome::NothingToUndo {
                reason: format!("role {} has the trust policy from before", role.name),
            });
        }
        match widen(now, &request.incident, is_single(&trust.before)) {
            Some(widened) if is_same(&widened, &trust.before) => {
                self.set(request, &role.name, &widened).await?;
                Ok(UndoOutcome::Restored {
                    what: format!("role {} has its trust policy from before", role.name),
                })
            }
            Some(_) | None => Ok(UndoOutcome::Drifted {
                found: format!(
                    "the trust policy of role {} is neither Backstop's nor that from before",
                    role.name
                ),
            }),
        }
    }
}

/// The target for looking only: a session's role by its name, since undo must work on a role made anew, too, and
/// then finds that its trust policy drifted.
fn named(target: &Target) -> Target {
    match kind::RoleSession::of(&target.resource) {
        Some(session) => Target {
            resource: session.role().into(),
            ..target.clone()
        },
        None => target.clone(),
    }
}

/// An explicit deny outweighs every allow (IAM User Guide, "Policy evaluation logic").
fn denial(incident: &IncidentId) -> Value {
    json!({
        "Sid": format!("Backstop{incident}"),
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"],
    })
}

fn narrow(role: &Role, incident: &IncidentId) -> Result<String, StepError> {
    let unreadable = |detail: String| StepError::Mismatch {
        detail: format!("the trust policy of role `{}` {detail}", role.name),
    };
    let mut document: Value = serde_json::from_str(&role.trust.document)
        .map_err(|error| unreadable(format!("is no JSON: {error}")))?;
    let mut all = statements(&document);
    let ours = denial(incident);
    if !all.contains(&ours) {
        all.push(ours);
    }
    document
        .as_object_mut()
        .ok_or_else(|| unreadable("is no JSON object".to_owned()))?
        .insert("Statement".to_owned(), Value::from(all));
    let text = document.to_string();
    if text.len() > LONGEST {
        return Err(unreadable(format!(
            "would have {} characters, and IAM takes {LONGEST} at most: revoke its sessions and narrow it by hand",
            text.len()
        )));
    }
    Ok(text)
}

/// The text without our statement; `None` if it isn't there, or if nothing else is. A single statement stands without a
/// list if it did so before: that is all that is taken from a receipt.
fn widen(now: &str, incident: &IncidentId, is_single: bool) -> Option<String> {
    let mut document: Value = serde_json::from_str(now).ok()?;
    let mut all = statements(&document);
    let ours = denial(incident);
    let place = all.iter().position(|statement| *statement == ours)?;
    all.remove(place);
    let left = match all.as_slice() {
        [] => return None,
        [one] if is_single => one.clone(),
        _ => Value::from(all),
    };
    document.as_object_mut()?.insert("Statement".to_owned(), left);
    Some(document.to_string())
}

/// Whether a policy's one statement stands without a list.
fn is_single(document: &str) -> bool {
    let read: Option<Value> = serde_json::from_str(document).ok();
    read.is_some_and(|document| document.get("Statement").is_some_and(Value::is_object))
}

/// One statement may stand without a list.
fn statements(document: &Value) -> Vec<Value> {
    match document.get("Statement") {
        Some(Value::Array(list)) => list.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    }
}

fn is_same(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    match (read(one), read(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// A command that is told to people is one line; what is no JSON stays as it is.
fn on_one_line(document: &str) -> String {
    serde_json::from_str::<Value>(document)
        .map_or_else(|_no_json| document.to_owned(), |value| value.to_string())
}

/// For a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;
