//! Pauses and exemptions.

use aws_sdk_dynamodb::operation::{delete_item::DeleteItemError, put_item::PutItemError};
use backstop_actions::permissions::dynamodb;
use backstop_core::guardrail::{Exemption, Guardrails, Pause, PauseScope, UnreadableGuard};
use jiff::Timestamp;

use super::{
    Ledger, LedgerError,
    condition::held,
    item::{Item, get_json, get_text, text},
};
use crate::CallError;

const GUARD: &str = "GUARD";
/// Two people may pause the same at the same time; more of them wait for each other elsewhere.
const MOST_RACES: u32 = 5;

impl Ledger {
    /// Reads all pauses and exemptions. An error here means: don't act. An item that is none, or can't be read, is
    /// named beside them: it must not keep the others from being read.
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
            let item = item.map_err(CallError::of(dynamodb::QUERY, "the guardrails"))?;
            let key = get_text(&item, "sk").unwrap_or("?");
            if let Err(why) = take(&mut found, &item) {
                tracing::error!(guard = key, %why, "a guardrail can't be read");
                found.unreadable.push(UnreadableGuard::new(key, why));
            }
        }
        Ok(found)
    }

    /// Writes a pause, one for each scope, and returns what stands then: where one stands already, the two become one
    /// that ends when the later of them does.
    pub async fn put_pause(&self, pause: &Pause) -> Result<Pause, LedgerError> {
        let sk = pause_sk(&pause.scope);
        for _ in 0..MOST_RACES {
            let standing = self.guard_json_at(&sk).await?;
            let pause = match standing.as_deref().map(serde_json::from_str::<Pause>) {
                Some(Ok(standing)) => pause.clone().beside(&standing),
                // What can't be read is replaced by what can.
                Some(Err(_)) | None => pause.clone(),
            };
            if self.replace_guard(&sk, standing, &pause).await? {
                return Ok(pause);
            }
        }
        Err(LedgerError::Unwritable {
            what: "a pause",
            detail: format!(
                "others wrote the pause of {} at the same time: try again",
                pause.scope
            ),
        })
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
        for pause in found.pauses.iter().filter(|pause| pause.ends() <= now) {
            if self.remove_same(&pause_sk(&pause.scope), pause).await? {
                removed.push(format!("the pause of {} until {}", pause.scope, pause.ends()));
            }
        }
        for exemption in found.exemptions.iter().filter(|it| it.ends() <= now) {
            if self.remove_same(&exemption_sk(&exemption.id), exemption).await? {
                removed.push(format!(
                    "exemption {} of {}, owner {}, until {}",
                    exemption.id,
                    exemption.scope,
                    exemption.owner,
                    exemption.ends()
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
        held(
            outcome,
            DeleteItemError::is_conditional_check_failed_exception,
            CallError::of(dynamodb::DELETE_ITEM, format!("guardrail `{sk}`")),
        )
    }

    /// The text that stands under a guard's key.
    async fn guard_json_at(&self, sk: &str) -> Result<Option<String>, LedgerError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .key("pk", text(GUARD))
            .key("sk", text(sk))
            .send()
            .await
            .map_err(CallError::of(dynamodb::GET_ITEM, format!("guardrail `{sk}`")))?;
        let found = answer.item.unwrap_or_default();
        Ok(found.get("guard").and_then(|value| value.as_s().ok()).cloned())
    }

    /// Writes a guard if what stands is what was read. Says whether it was.
    async fn replace_guard(
        &self,
        sk: &str,
        standing: Option<String>,
        guard: &impl serde::Serialize,
    ) -> Result<bool, LedgerError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(GUARD))
            .item("sk", text(sk))
            .item("guard", text(guard_json(guard)?));
        let put = match standing {
            Some(standing) => put
                .condition_expression("guard = :standing")
                .expression_attribute_values(":standing", text(standing)),
            None => put.condition_expression("attribute_not_exists(guard)"),
        };
        held(
            put.send().await,
            PutItemError::is_conditional_check_failed_exception,
            CallError::of(dynamodb::PUT_ITEM, format!("guardrail `{sk}`")),
        )
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
            .map_err(CallError::of(dynamodb::PUT_ITEM, format!("guardrail `{sk}`")))?;
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
            .map_err(CallError::of(dynamodb::DELETE_ITEM, format!("guardrail `{sk}`")))?;
        Ok(answer.attributes.is_some_and(|old| !old.is_empty()))
    }
}

/// Takes a pause or an exemption over. One that stands under another's key isn't what it says.
fn take(found: &mut Guardrails, item: &Item) -> Result<(), LedgerError> {
    let sk = get_text(item, "sk")?;
    let misplaced = || LedgerError::Unreadable {
        what: format!("guardrail `{sk}`"),
        detail: "it stands under another's key".to_owned(),
    };
    if sk.starts_with("PAUSE#") {
        let pause: Pause = get_json(item, "guard")?;
        (pause_sk(&pause.scope) == sk)
            .then_some(())
            .ok_or_else(misplaced)?;
        found.pauses.push(pause);
    } else if sk.starts_with("EXEMPTION#") {
        let exemption: Exemption = get_json(item, "guard")?;
        (exemption_sk(&exemption.id) == sk)
            .then_some(())
            .ok_or_else(misplaced)?;
        found.exemptions.push(exemption);
    } else {
        return Err(LedgerError::Unreadable {
            what: format!("guardrail `{sk}`"),
            detail: "it is neither a pause nor an exemption".to_owned(),
        });
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::collections::HashMap;

    use aws_sdk_dynamodb::{
        Client,
        operation::{
            get_item::GetItemOutput,
            put_item::{PutItemInput, PutItemOutput},
            query::QueryOutput,
        },
        types::AttributeValue,
    };
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use backstop_core::{Mode, guardrail::OpeningSubject, kind, target::Resource};

    use super::*;

    fn item(sk: &str, guard: Option<&str>) -> HashMap<String, AttributeValue> {
        let mut item = HashMap::from([("pk".to_owned(), text(GUARD)), ("sk".to_owned(), text(sk))]);
        item.extend(guard.map(|guard| ("guard".to_owned(), text(guard))));
        item
    }

    fn pause(since: &str, until: &str) -> Pause {
        Pause {
            scope: PauseScope::Everything,
            by: "arn:aws:iam::123456789012:user/alice".into(),
            reason: "migration".into(),
            since: since.parse().unwrap(),
            until: until.parse().unwrap(),
        }
    }

    #[tokio::test]
    async fn strange_items_stop_no_other_from_being_read_and_only_acting_unasked() {
        let good = serde_json::to_string(&pause("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z")).unwrap();
        let items = vec![
            item("NONSENSE#\u{1b}[2J", Some("{}")),
            item("PAUSE#everything", Some(&good)),
            item("PAUSE#account#1", Some(&good)),
            item("EXEMPTION#1", Some("{")),
            item("EXEMPTION#2", None),
        ];
        let query = mock!(Client::query)
            .then_output(move || QueryOutput::builder().set_items(Some(items.clone())).build());
        let ledger = Ledger::new(
            mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&query]),
            "incidents",
        );
        let found = ledger.guardrails().await.unwrap();
        assert_eq!((found.pauses.len(), found.exemptions.len()), (1, 0));
        assert_eq!(found.unreadable.len(), 4, "{:?}", found.unreadable);
        let target = backstop_core::Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource: Resource::User(kind::User {
                user_name: "alice".into(),
                user_id: None,
            }),
        };
        let subject = OpeningSubject {
            playbook: &"leaked-access-key".into(),
            target: &target,
            wanted: Mode::Auto,
            furthest: None,
            maximum: Mode::Auto,
        };
        let now = "2026-01-02T00:00:00Z".parse().unwrap();
        let (mode, decisions) = found.mode_at_opening(&Default::default(), subject, now);
        assert_eq!(mode, Mode::Approve);
        assert!(
            decisions.iter().all(|one| one.guardrail == "unreadable-guard"),
            "{decisions:?}"
        );
    }

    #[tokio::test]
    async fn a_second_pause_never_shortens_the_first() {
        let first = pause("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
        let standing = serde_json::to_string(&first).unwrap();
        let get = mock!(Client::get_item).then_output({
            let standing = standing.clone();
            move || {
                GetItemOutput::builder()
                    .set_item(Some(item("PAUSE#everything", Some(&standing))))
                    .build()
            }
        });
        let put = mock!(Client::put_item)
            .match_requests(move |input: &PutItemInput| {
                let condition = input.expression_attribute_values().unwrap();
                condition.get(":standing") == Some(&text(standing.clone()))
            })
            .then_output(|| PutItemOutput::builder().build());
        let ledger = Ledger::new(
            mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&get, &put]),
            "incidents",
        );
        let second = pause("2026-01-01T06:00:00Z", "2026-01-01T07:00:00Z");
        let stands = ledger.put_pause(&second).await.unwrap();
        assert_eq!((stands.since, stands.until), (second.since, first.until));
        assert_eq!(put.num_calls(), 1);
    }
}
