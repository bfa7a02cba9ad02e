//! `iam.narrow-role-trust`: lets nobody assume the role any more, by a deny added to its trust policy.
//!
//! *Changes* the trust policy: its statements stay, one of Backstop's is added. Principals that no longer exist are left out,
//! since IAM refuses a text that names them; nobody can be them again. Sessions that exist go on; ending them is
//! `iam.revoke-role-sessions`. *Undo* takes that one statement away, known by its `Sid`. Statements that people took out
//! meanwhile stay out; it refuses if there are others than before. Each text that is written is made of the one that IAM has
//! at that moment: none ever comes out of the log, the receipt only says what was. *Twice* is harmless: the statement is
//! added once.

mod document;

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

use self::document::Document;
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
        let (narrowed, gone) = narrow(&role, &request.incident)?;
        let change = (read(&role)? != narrowed).then(|| Change {
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
                quoted(&without_gone(&role)?.to_string())
            )],
            limits: limits(&role.name, &gone),
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
        let (narrowed, _) = narrow(&role, &request.incident)?;
        if read(&role)? == narrowed {
            return Ok(());
        }
        self.set(request, &role.name, &narrowed.to_string()).await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        _receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let now = read(&self.role_now(request).await?)?;
        let holds = now.denies_everybody(&request.incident);
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
        let now = read(&role)?;
        let before =
            Document::read(&trust.before).ok_or_else(|| unreadable(&role, "was no policy before"))?;
        if now == before {
            return Ok(UndoOutcome::NothingToUndo {
                reason: format!("role {} has the trust policy from before", role.name),
            });
        }
        let (before, gone) = before.without_gone().ok_or_else(|| only_gone(&role))?;
        let (now, _) = now.without_gone().ok_or_else(|| only_gone(&role))?;
        match now.widened(&request.incident, &before) {
            Some(widened) => {
                self.set(request, &role.name, &widened.to_string()).await?;
                let lost = match gone.is_empty() && widened == before {
                    true => String::new(),
                    false => ", but for the statements and principals that were taken out since".to_owned(),
                };
                Ok(UndoOutcome::Restored {
                    what: format!("role {} has its trust policy from before{lost}", role.name),
                })
            }
            None => Ok(UndoOutcome::Drifted {
                found: format!(
                    "the trust policy of role {} has no statement of this incident's, or one that wasn't there before: read it, \
                     and take out the statement `{}` by hand",
                    role.name,
                    document::sid(&request.incident)
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

fn read(role: &Role) -> Result<Document, StepError> {
    Document::read(&role.trust.document).ok_or_else(|| unreadable(role, "is no policy in JSON"))
}

/// The policy as IAM takes it back.
fn without_gone(role: &Role) -> Result<Document, StepError> {
    let (document, _) = read(role)?.without_gone().ok_or_else(|| only_gone(role))?;
    Ok(document)
}

/// The policy with our statement, and the principals that it can't keep.
fn narrow(role: &Role, incident: &IncidentId) -> Result<(Document, Vec<String>), StepError> {
    let (document, gone) = read(role)?.without_gone().ok_or_else(|| only_gone(role))?;
    let narrowed = document.narrowed(incident);
    let length = narrowed.to_string().chars().count();
    if length > LONGEST {
        return Err(unreadable(
            role,
            &format!(
                "would have {length} characters, and IAM takes {LONGEST} at most: revoke its sessions and narrow it by hand"
            ),
        ));
    }
    Ok((narrowed, gone))
}

fn unreadable(role: &Role, detail: &str) -> StepError {
    StepError::Mismatch {
        detail: format!("the trust policy of role `{}` {detail}", role.name),
    }
}

fn only_gone(role: &Role) -> StepError {
    unreadable(
        role,
        "is about everybody but principals that no longer exist, which IAM doesn't take back: write it anew by hand",
    )
}

/// What it leaves.
fn limits(role: &str, gone: &[String]) -> Vec<String> {
    let mut limits = vec![format!(
        "sessions of role {role} that exist go on until they expire: revoke them too"
    )];
    if !gone.is_empty() {
        limits.push(format!(
            "the trust policy of role {role} names principals that were deleted ({}): IAM takes no text that names them, so \
             they are left out, and undo doesn't bring them back",
            gone.join(", ")
        ));
    }
    limits
}

/// For a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;
