//! Opening or joining an incident by one conditional write.

use std::time::Duration;

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::SdkError,
    operation::{transact_write_items::TransactWriteItemsError, update_item::UpdateItemError},
    types::{AttributeValue, CancellationReason, Put, TransactWriteItem},
};
use backstop_actions::permissions::dynamodb;
use backstop_core::{
    ErrorName, IncidentId, Mode, PlaybookName, Target,
    guardrail::{Decision, Effect},
    log::{Event, Opened, OriginKind, Record},
};
use jiff::Timestamp;

use super::{
    Ledger, LedgerError,
    case::{Begins, has_case},
    compressed::compress,
    condition::held,
    findings,
    item::{Item, get_text, text},
    log::record_item,
    meta::meta_item,
};
use crate::{CallError, new_id, now};

/// Copies of one finding, and all findings of one hour through its counter, meet in one item; DynamoDB then
/// cancels all but one transaction, at once ("Transaction conflict handling").
const MOST_CONFLICTS: u32 = 12;
const CONFLICT_PAUSE: Duration = Duration::from_millis(15);

/// An incident about to be opened.
#[derive(Clone, Debug)]
pub struct NewIncident {
    /// What its first log record says.
    pub opened: Opened,
    /// The event as it came in.
    pub raw: Vec<u8>,
    /// Containments allowed for this playbook and account in an hour; counted in `auto` mode only.
    pub hourly_limit: u32,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// A new incident, with the mode that was left after counting against the limit.
    Opened {
        /// Its id.
        incident: IncidentId,
        /// Its mode.
        mode: Mode,
        /// The incident that opened its case; itself where it is the first.
        case: IncidentId,
    },
    /// This target has an incident by this playbook already.
    Taken(Lock),
}

/// The item that makes one incident of many copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The incident that answers.
    pub incident: IncidentId,
    /// Whether its machine is known to have been started.
    pub started: bool,
}

impl Ledger {
    /// Opens the incident unless its target has one already. In `auto` mode the same write counts against the
    /// hourly limit; where that is used up, the incident is opened in `approve` mode instead.
    ///
    /// `after` names a closed incident of the same target that this one may replace.
    pub async fn open(&self, new: NewIncident, after: Option<&Lock>) -> Result<Opening, LedgerError> {
        let linked = after.map(|lock| lock.incident.clone());
        self.open_linked(new, after, linked).await
    }

    /// Opens the incident in place of one that its target's lock names and that is none of Backstop's. It isn't linked
    /// to that: what is linked is read as what was done before.
    pub async fn open_over(&self, new: NewIncident, broken: &Lock) -> Result<Opening, LedgerError> {
        self.open_linked(new, Some(broken), None).await
    }

    async fn open_linked(
        &self,
        new: NewIncident,
        after: Option<&Lock>,
        linked: Option<IncidentId>,
    ) -> Result<Opening, LedgerError> {
        let incident = IncidentId::new(new_id());
        let at = now();
        let raw = compress("the raw finding", &new.raw)?;
        let mut opened = new.opened;
        opened.linked = linked;
        let counted = opened.mode == Mode::Auto;
        let mut wanted = Wanted {
            limit: counted.then_some(new.hourly_limit),
            after,
            begins: Begins::IfTargetHasNone,
        };
        for attempt in 0..MOST_CONFLICTS {
            match self.try_open(&incident, at, &opened, &raw, wanted).await? {
                Attempt::Opened => {
                    return Ok(Opening::Opened {
                        case: opened.case.id(&incident).clone(),
                        incident,
                        mode: opened.mode,
                    });
                }
                Attempt::Taken => return self.taken(&opened).await,
                Attempt::InCase => {
                    opened.case.first = self.case_of_target(&opened).await?;
                    wanted.begins = Begins::Anyhow;
                }
                Attempt::LimitReached => {
                    wanted.limit = None;
                    opened.mode = Mode::Approve;
                    opened
                        .guardrails
                        .push(limit_decision(&opened.playbook, new.hourly_limit));
                }
                Attempt::Conflict => tokio::time::sleep(CONFLICT_PAUSE * attempt).await,
            }
        }
        Err(LedgerError::Contended {
            incident,
            writers: MOST_CONFLICTS,
        })
    }

    /// The lock of a target and playbook, if it has one.
    pub async fn lock(&self, opened: &Opened) -> Result<Option<Lock>, LedgerError> {
        self.read_lock_at(lock_pk(opened)).await
    }

    /// The lock that a finding about this target meets, unless it is a drill's.
    pub async fn lock_on(
        &self,
        target: &Target,
        playbook: &PlaybookName,
    ) -> Result<Option<Lock>, LedgerError> {
        self.read_lock_at(lock_pk_of(target, playbook, OriginKind::Finding))
            .await
    }

    async fn read_lock_at(&self, pk: String) -> Result<Option<Lock>, LedgerError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .key("pk", text(pk))
            .key("sk", text("LOCK"))
            .send()
            .await
            .map_err(CallError::of(dynamodb::GET_ITEM, "the lock of a target"))?;
        answer.item.as_ref().map(read_lock).transpose()
    }

    /// Notes that the machine was started, so that later copies needn't start it again. Written by the first copy
    /// that joins, not by whoever opens: it would only delay the containment.
    pub async fn mark_started(&self, incident: &IncidentId, opened: &Opened) -> Result<(), LedgerError> {
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", text(lock_pk(opened)))
            .key("sk", text("LOCK"))
            .update_expression("SET started = :value")
            .condition_expression("incident = :incident")
            .expression_attribute_values(":value", text("yes"))
            .expression_attribute_values(":incident", text(incident.as_str()))
            .send()
            .await;
        // Where the condition doesn't hold, another incident has taken the target since: its lock isn't ours to change.
        held(
            outcome,
            UpdateItemError::is_conditional_check_failed_exception,
            CallError::of(dynamodb::UPDATE_ITEM, "the lock of a target"),
        )
        .map(drop)
    }

    async fn taken(&self, opened: &Opened) -> Result<Opening, LedgerError> {
        self.lock(opened)
            .await?
            .map(Opening::Taken)
            .ok_or_else(|| LedgerError::Unreadable {
                what: "the lock of a target".to_owned(),
                detail: "it was there a moment ago and is gone now".to_owned(),
            })
    }

    async fn try_open(
        &self,
        incident: &IncidentId,
        at: Timestamp,
        opened: &Opened,
        raw: &AttributeValue,
        wanted: Wanted<'_>,
    ) -> Result<Attempt, LedgerError> {
        let event = Event::Opened(Box::new(opened.clone()));
        let first = Record::first(at, new_id(), event)?;
        let finding = findings::item(incident, &opened.finding, raw.clone());
        let mut writes = vec![
            self.lock_write(incident, opened, wanted.after)?,
            self.put(record_item(incident, &first)?)?,
            self.put(meta_item(incident, &first, opened))?,
            self.put(finding)?,
        ];
        let mut places = Places::default();
        if let Some(limit) = wanted.limit {
            places.count = Some(writes.len());
            writes.push(self.count_write(opened, at, limit).map_err(unwritable)?);
        }
        if has_case(opened) {
            places.case = Some(writes.len());
            let write = self.case_write(incident, opened, at, wanted.begins);
            writes.push(write.map_err(unwritable)?);
        }
        let outcome = self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(Attempt::Opened),
            Err(error) => attempt_of(error, places),
        }
    }

    fn lock_write(
        &self,
        incident: &IncidentId,
        opened: &Opened,
        after: Option<&Lock>,
    ) -> Result<TransactWriteItem, LedgerError> {
        let put = Put::builder()
            .table_name(&self.table)
            .item("pk", text(lock_pk(opened)))
            .item("sk", text("LOCK"))
            .item("incident", text(incident.as_str()));
        let put = match after {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(lock) => put
                .condition_expression("incident = :old")
                .expression_attribute_values(":old", text(lock.incident.as_str())),
        };
        Ok(TransactWriteItem::builder()
            .put(put.build().map_err(unwritable)?)
            .build())
    }

    fn put(&self, item: Item) -> Result<TransactWriteItem, LedgerError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .build()
            .map_err(unwritable)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// What an opening depends on.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    limit: Option<u32>,
    after: Option<&'a Lock>,
    begins: Begins,
}

/// Where in the transaction the writes stand that not every opening has.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    count: Option<usize>,
    case: Option<usize>,
}

#[derive(Debug)]
enum Attempt {
    Opened,
    Taken,
    LimitReached,
    InCase,
    Conflict,
}

/// Tells from the cancellation reasons, which stand in the order of the writes, what stopped the transaction.
fn attempt_of(
    error: SdkError<TransactWriteItemsError, HttpResponse>,
    places: Places,
) -> Result<Attempt, LedgerError> {
    if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() {
        let failed = |place: usize| {
            cancelled
                .cancellation_reasons()
                .get(place)
                .and_then(|reason| reason.code())
                == Some("ConditionalCheckFailed")
        };
        const LOCK: usize = 0;
        if failed(LOCK) {
            return Ok(Attempt::Taken);
        }
        if places.count.is_some_and(failed) {
            return Ok(Attempt::LimitReached);
        }
        if places.case.is_some_and(failed) {
            return Ok(Attempt::InCase);
        }
        let conflict = |reason: &CancellationReason| reason.code() == Some("TransactionConflict");
        if cancelled.cancellation_reasons().iter().any(conflict) {
            return Ok(Attempt::Conflict);
        }
    }
    let is_throttled = is_throttled(&error);
    let mut failed = CallError::of("dynamodb:TransactWriteItems", "a new incident")(error);
    if is_throttled {
        failed.name = ErrorName::Throttled;
    }
    Err(failed.into())
}

/// A cancelled transaction has one code whatever stopped it; the reasons tell what passes by waiting.
fn is_throttled(error: &SdkError<TransactWriteItemsError, HttpResponse>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
    else {
        return false;
    };
    cancelled.cancellation_reasons().iter().any(|reason| {
        matches!(
            reason.code(),
            Some("ThrottlingError" | "ProvisionedThroughputExceeded")
        )
    })
}

fn limit_decision(playbook: &PlaybookName, limit: u32) -> Decision {
    Decision {
        guardrail: "limit".to_owned(),
        effect: Effect::LowerTo(Mode::Approve),
        detail: format!(
            "playbook {playbook} has contained {limit} targets in this account in this hour, which is the limit"
        ),
    }
}

impl Lock {
    /// Whether findings that open such incidents meet the same lock.
    pub fn is_same(one: &Opened, other: &Opened) -> bool {
        lock_pk(one) == lock_pk(other)
    }
}

fn lock_pk(opened: &Opened) -> String {
    lock_pk_of(&opened.target, &opened.playbook, opened.origin.kind())
}

fn lock_pk_of(target: &Target, playbook: &PlaybookName, origin: OriginKind) -> String {
    format!("{}#{playbook}", target_pk_of(target, origin))
}

/// What is kept of a target whichever playbook answers it.
pub(super) fn target_pk(opened: &Opened) -> String {
    target_pk_of(&opened.target, opened.origin.kind())
}

/// Drills and plans have locks and cases of their own: a real finding about the same target must never join one.
fn target_pk_of(target: &Target, origin: OriginKind) -> String {
    let stage = match origin {
        OriginKind::Finding | OriginKind::Manual => "",
        OriginKind::Drill => "DRILL#",
        OriginKind::Plan => "PLAN#",
    };
    format!("TARGET#{stage}{}", target.key())
}

fn read_lock(item: &Item) -> Result<Lock, LedgerError> {
    Ok(Lock {
        incident: get_text(item, "incident")?.into(),
        started: item.contains_key("started"),
    })
}

fn unwritable(error: aws_sdk_dynamodb::error::BuildError) -> LedgerError {
    LedgerError::Unwritable {
        what: "a new incident",
        detail: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use aws_sdk_dynamodb::types::error::TransactionCanceledException;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn cancelled_by(code: &str) -> SdkError<TransactWriteItemsError, HttpResponse> {
        let reasons = TransactionCanceledException::builder()
            .cancellation_reasons(CancellationReason::builder().code("None").build())
            .cancellation_reasons(CancellationReason::builder().code(code).build());
        let answer = HttpResponse::new(400.try_into().unwrap(), SdkBody::empty());
        SdkError::service_error(
            TransactWriteItemsError::TransactionCanceledException(reasons.build()),
            answer,
        )
    }

    #[test]
    fn a_throttled_transaction_is_told_from_another_that_fails() {
        for code in ["ThrottlingError", "ProvisionedThroughputExceeded"] {
            let error = attempt_of(cancelled_by(code), Places::default()).err().unwrap();
            assert_eq!(error.name(), ErrorName::Throttled, "{code}");
        }
        let error = attempt_of(cancelled_by("ValidationError"), Places::default())
            .err()
            .unwrap();
        assert_eq!(error.name(), ErrorName::LedgerUnavailable);
    }

    /// The second write's condition failed, whichever write that is.
    #[test]
    fn what_stopped_it_is_told_by_the_writes_place() {
        let failed = || cancelled_by("ConditionalCheckFailed");
        let at = |count, case| Places { count, case };
        let limit = attempt_of(failed(), at(Some(1), Some(2)));
        assert!(matches!(limit, Ok(Attempt::LimitReached)));
        let case = attempt_of(failed(), at(None, Some(1)));
        assert!(matches!(case, Ok(Attempt::InCase)));
        assert!(attempt_of(failed(), Places::default()).is_err());
    }
}
