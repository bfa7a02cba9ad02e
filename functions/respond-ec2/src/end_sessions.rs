//! `ec2.end-sessions`: ends the live Session Manager sessions on the instance, since an established session goes
//! on over its tracked connection after the security groups have changed.
//!
//! *Changes*: terminates each active session. *Undo* has nothing to bring back. *Twice* is harmless: a session
//! that has ended is no longer listed.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_ssm::types::{Session, SessionFilter, SessionFilterKey, SessionState};
use backstop_actions::{ActionSpec, ec2, permissions};
use backstop_aws::Accounts;
use backstop_core::{Change, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, CallError, StepError,
    action::{StepRequest, read_receipt, write_receipt},
    each_tried,
};
use serde::{Deserialize, Serialize};

use crate::{
    instance::{self, id_of},
    services::{Ec2, Ssm},
};

/// See the module.
pub(crate) struct EndSessions {
    accounts: Arc<Accounts>,
}

/// The sessions that were ended, by id.
#[derive(Debug, Serialize, Deserialize)]
struct SessionsReceipt {
    sessions: Vec<String>,
}

impl EndSessions {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }

    /// The active sessions. For an instance that Systems Manager doesn't manage there are none.
    async fn active(&self, request: &StepRequest) -> Result<Vec<Session>, StepError> {
        let id = id_of(&request.target)?;
        let failed = CallError::of(
            permissions::ssm::DESCRIBE_SESSIONS.action,
            format!("instance `{id}`"),
        );
        let filter = SessionFilter::builder()
            .key(SessionFilterKey::TargetId)
            .value(id)
            .build()
            .map_err(|error| StepError::Invalid {
                what: "the filter for sessions",
                detail: error.to_string(),
            })?;
        let found: Result<Vec<Session>, _> = self
            .accounts
            .at(request)?
            .client::<Ssm>()
            .describe_sessions()
            .state(SessionState::Active)
            .filters(filter)
            .into_paginator()
            .items()
            .send()
            .collect()
            .await;
        Ok(found.map_err(failed)?)
    }

    /// Ends one. It may have ended by itself.
    async fn end(ssm: &aws_sdk_ssm::Client, session: &str) -> Result<(), CallError> {
        let answer = ssm
            .terminate_session()
            .session_id(session)
            .send()
            .await
            .map_err(CallError::of(
                permissions::ssm::TERMINATE_SESSION.action,
                format!("session `{session}`"),
            ));
        match answer {
            Err(error) if error.code == "DoesNotExistException" => Ok(()),
            answer => answer.map(drop),
        }
    }
}

#[async_trait]
impl Action for EndSessions {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::end_sessions::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let (instance, sessions) = tokio::join!(instance::read(&ec2, &request.target), self.active(request));
        let (instance, sessions) = (instance?, sessions?);
        let id = |session: &Session| session.session_id().unwrap_or_default().to_owned();
        let changes = sessions.iter().map(|session| Change {
            api: permissions::ssm::TERMINATE_SESSION.action.to_owned(),
            what: format!("session {} on instance {}", id(session), instance.id),
            now: "active".to_owned(),
            after: "terminated".to_owned(),
        });
        let cut_off = sessions.iter().map(|session| {
            format!(
                "{} is cut off from session {}",
                session.owner().unwrap_or("someone"),
                id(session)
            )
        });
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: instance.arn.clone(),
            tags: instance.tags.clone(),
            changes: changes.collect(),
            blast_radius: cut_off.collect(),
            limits: limits(sessions.is_empty()),
            needs_approval: None,
            captured: None,
            manual_undo: Vec::new(),
            receipt: write_receipt(&SessionsReceipt {
                sessions: sessions.iter().map(id).collect(),
            })?,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let receipt: SessionsReceipt = read_receipt(receipt)?;
        // Whatever the receipt says, only what is live on this instance is ended.
        let active = self.active(request).await?;
        let live = active.iter().filter_map(Session::session_id);
        let sessions: Vec<&str> = live
            .filter(|id| receipt.sessions.iter().any(|one| one == id))
            .collect();
        let ssm = self.accounts.at(request)?.client::<Ssm>();
        let mut results = Vec::new();
        for session in sessions {
            results.push(Self::end(&ssm, session).await);
        }
        each_tried(results)
    }

    async fn verify(
        &self,
        request: &StepRequest,
        _receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let sessions = self.active(request).await?;
        let live: Vec<&str> = sessions.iter().filter_map(Session::session_id).collect();
        let id = id_of(&request.target)?;
        Ok(Verification {
            holds: sessions.is_empty(),
            observed: if sessions.is_empty() {
                format!("no live Session Manager session on instance {id}")
            } else {
                format!("still live on instance {id}: {}", live.join(", "))
            },
        })
    }

    async fn undo(
        &self,
        _permit: &Permit,
        _request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let receipt: SessionsReceipt = read_receipt(receipt)?;
        Ok(UndoOutcome::NothingToUndo {
            reason: format!(
                "{} ended session(s) can't be brought back; whoever needs one starts a new one",
                receipt.sessions.len()
            ),
        })
    }
}

fn limits(none: bool) -> Vec<String> {
    let mut limits = vec![
        "running commands (Run Command) and logins by SSH, RDP or EC2 Instance Connect are no Session Manager \
         sessions and go on"
            .to_owned(),
    ];
    if none {
        limits.insert(
            0,
            "no live Session Manager session was found on the instance".to_owned(),
        );
    }
    limits
}

#[cfg(test)]
mod tests;
