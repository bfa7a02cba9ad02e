//! Pauses and exemptions.

use aws_sdk_dynamodb::error::SdkError;
use backstop_core::guardrail::{Exemption, Guardrails, Pause, PauseScope};
use jiff::Timestamp;

use super::{
    Ledger, LedgerError,
    item::{get_json, get_text, text},
};
use crate::CallError;

const GUARD: &str = "GUARD";

impl Ledger {
    /// Reads all pauses and exemptions. An error here means: don't act.
    pub async fn guardrails(&self) -> Result<Guardrails, LedgerError> {
        let mut found = Guardrails::default();
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(GUARD))
            .into_paginator()
            .items()
            .send();
        while let Some(item) = items.next().await {
            let item = item.map_err(CallError::of("dynamodb:Query", "the guardrails"))?;
            let sk = get_text(&item, "sk")?;
            if sk.starts_with("PAUSE#") {
                found.pauses.push(get_json(&item, "guard")?);
            } else if sk.starts_with("EXEMPTION#") {
                found.exemptions.push(get_json(&item, "guard")?);
            } else {
                return Err(LedgerError::Unreadable {
                    what: format!("guardrail `{sk}`"),
                    detail: "it is neither a pause nor an exemption".to_owned(),
                });
            }
        }
        Ok(found)
    }

    /// Writes a pause; one for each scope, so that a new one replaces the old.
    pub async fn put_pause(&self, pause: &Pause) -> Result<(), LedgerError> {
        self.put_guard(&pause_sk(&pause.scope), pause).await
    }

    /// Ends a pause. Says whether there was one.
    pub async fn remove_pause(&self, scope: &PauseScope) -> Result<bool, LedgerError> {
        self.remove_guard(&pause_sk(scope)).await
    }

    /// Writes an exemption.
    pub async fn put_exemption(&self, exemption: &Exemption) -> Result<(), LedgerError> {
        self.put_guard(&exemption_sk(&exemption.id), exemption).await
    }

    /// Removes an exemption. Says whether there was one.
    pub async fn remove_exemption(&self, id: &str) -> Result<bool, LedgerError> {
        self.remove_guard(&exemption_sk(id)).await
    }

    /// Removes the pauses and exemptions that have ended, and names them. One that was renewed meanwhile stays:
    /// only what was read is removed.
    pub async fn remove_expired_guards(&self, now: Timestamp) -> Result<Vec<String>, LedgerError> {
        let found = self.guardrails().await?;
        let mut removed = Vec::new();
        for pause in found.pauses.iter().filter(|pause| pause.until <= now) {
            if self.remove_same(&pause_sk(&pause.scope), pause).await? {
                removed.push(format!("the pause of {} until {}", pause.scope, pause.until));
            }
        }
        for exemption in found.exemptions.iter().filter(|it| it.expires_at <= now) {
            if self.remove_same(&exemption_sk(&exemption.id), exemption).await? {
                removed.push(format!(
                    "exemption {} of {}, owner {}, until {}",
                    exemption.id, exemption.scope, exemption.owner, exemption.expires_at
                ));
            }
        }
        Ok(removed)
    }

    async fn remove_same(&self, sk: &str, guard: &impl serde::Serialize) -> Result<bool, LedgerError> {
        let outcome = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("pk", text(GUARD))
            .key("sk", text(sk))
            .condition_expression("guard = :guard")
            .expression_attribute_values(":guard", text(guard_json(guard)?))
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(answer)) if answer.err().is_conditional_check_failed_exception() => {
                Ok(false)
            }
            Err(error) => {
                Err(CallError::of("dynamodb:DeleteItem", format!("guardrail `{sk}`"))(error).into())
            }
        }
    }

    async fn put_guard(&self, sk: &str, guard: &impl serde::Serialize) -> Result<(), LedgerError> {
        let json = guard_json(guard)?;
        self.client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(GUARD))
            .item("sk", text(sk))
            .item("guard", text(json))
            .send()
            .await
            .map_err(CallError::of("dynamodb:PutItem", format!("guardrail `{sk}`")))?;
        Ok(())
    }

    async fn remove_guard(&self, sk: &str) -> Result<bool, LedgerError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("pk", text(GUARD))
            .key("sk", text(sk))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld)
            .send()
            .await
            .map_err(CallError::of("dynamodb:DeleteItem", format!("guardrail `{sk}`")))?;
        Ok(answer.attributes.is_some_and(|old| !old.is_empty()))
    }
}

fn guard_json(guard: &impl serde::Serialize) -> Result<String, LedgerError> {
    serde_json::to_string(guard).map_err(|error| LedgerError::Unwritable {
        what: "a guardrail",
        detail: error.to_string(),
    })
}

fn exemption_sk(id: &str) -> String {
    format!("EXEMPTION#{id}")
}

fn pause_sk(scope: &PauseScope) -> String {
    match scope {
        PauseScope::Everything => "PAUSE#everything".to_owned(),
        PauseScope::Playbook(name) => format!("PAUSE#playbook#{name}"),
        PauseScope::Account(account) => format!("PAUSE#account#{account}"),
    }
}
