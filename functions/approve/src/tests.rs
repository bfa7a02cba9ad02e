//! Questions that reach people, that reach nobody, and that can't be asked at all, against a table of mocks.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::{
    Client,
    operation::{
        put_item::{PutItemError, PutItemOutput},
        query::QueryOutput,
        update_item::UpdateItemOutput,
    },
    types::{AttributeValue, error::ConditionalCheckFailedException},
};
use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
use backstop_aws::answering;
use backstop_core::{
    Change, IncidentId, Mode, Plan, Receipt, Resource, Target,
    about::About,
    finding::{Route, Severity, SeverityLabel},
    incident::{HAND_OVER, Incident, Status},
    kind,
    log::{Event, FindingRef, Log, Opened, Origin, Phase, Record, StepRef},
};
use backstop_runtime::{new_id, now};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::*;

const ACCEPTED: (u16, &str) = (202, "");
const DENIED: (u16, &str) = (403, r#"{"__type":"AccessDeniedException","message":"no"}"#);

/// An incident's part of the table.
#[derive(Clone, Default)]
struct Table(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    log: Vec<Record>,
    /// The statuses that lists were to show, in order.
    statuses: Vec<String>,
    /// The sort keys of what else was written.
    written: Vec<String>,
    /// What somebody else writes to the log just before the next write.
    meanwhile: Option<Event>,
}

impl Table {
    /// An incident that waits for people, as far as these events lead.
    fn of(events: Vec<Event>) -> Self {
        let table = Self::default();
        table.0.lock().unwrap().log = vec![Record::first(now(), new_id(), opened()).unwrap()];
        events.into_iter().for_each(|event| table.append(event));
        table
    }

    fn append(&self, event: Event) {
        let mut held = self.0.lock().unwrap();
        let log = Log::read(held.log.clone()).unwrap();
        held.log.push(log.next(now(), new_id(), event).unwrap());
    }

    fn incident(&self) -> Incident {
        Incident::replay(&self.0.lock().unwrap().log).unwrap()
    }

    fn records(&self) -> usize {
        self.0.lock().unwrap().log.len()
    }

    fn shown(&self) -> Vec<String> {
        self.0.lock().unwrap().statuses.clone()
    }

    /// Lambda answers `invoke` so.
    fn approver(&self, invoke: (u16, &str)) -> Approver {
        let (config, _) = answering("eu-west-1", &[invoke]);
        Approver {
            ledger: Ledger::new(self.client(), "incidents"),
            outbox: Outbox::new(aws_sdk_lambda::Client::new(&config), "notify".to_owned()),
        }
    }

    fn client(&self) -> Client {
        let (reads, writes, updates) = (self.clone(), self.clone(), self.clone());
        let query = mock!(Client::query).then_compute_output(move |_| {
            let held = reads.0.lock().unwrap();
            let items = held
                .log
                .iter()
                .map(|record| [("record".to_owned(), text(record))].into());
            QueryOutput::builder().set_items(Some(items.collect())).build()
        });
        let put = mock!(Client::put_item).then_compute_response(move |request| {
            let item = request.item().unwrap();
            let meanwhile = writes.0.lock().unwrap().meanwhile.take();
            let is_late = meanwhile.is_some();
            meanwhile.into_iter().for_each(|event| writes.append(event));
            let mut held = writes.0.lock().unwrap();
            match item.get("record") {
                Some(_) if is_late => {
                    let taken = [("record".to_owned(), text(held.log.last().unwrap()))];
                    let failure = ConditionalCheckFailedException::builder().set_item(Some(taken.into()));
                    return MockResponse::Error(PutItemError::ConditionalCheckFailedException(
                        failure.build(),
                    ));
                }
                Some(record) => held
                    .log
                    .push(serde_json::from_str(record.as_s().unwrap()).unwrap()),
                None => held.written.push(item.get("sk").unwrap().as_s().unwrap().clone()),
            }
            MockResponse::Output(PutItemOutput::builder().build())
        });
        let update = mock!(Client::update_item).then_compute_output(move |request| {
            let values = request.expression_attribute_values().unwrap();
            let status = values.get(":value").unwrap().as_s().unwrap().clone();
            updates.0.lock().unwrap().statuses.push(status);
            UpdateItemOutput::builder().build()
        });
        mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&query, &put, &update])
    }
}

fn text(record: &Record) -> AttributeValue {
    AttributeValue::S(serde_json::to_string(record).unwrap())
}

fn id() -> IncidentId {
    "01J".into()
}

fn opened() -> Event {
    Event::Opened(Box::new(Opened {
        playbook: "leaked-access-key".into(),
        target: Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource: Resource::AccessKey(kind::AccessKey {
                key_id: "AKIAIOSFODNN7EXAMPLE".into(),
                user_name: Some("alice".into()),
                user_id: None,
            }),
        },
        mode: Mode::Approve,
        steps: vec![StepRef {
            step: "deactivate-key".into(),
            action: "iam.deactivate-access-key".into(),
            title: "Deactivate the key".into(),
            phase: Phase::Contain,
            high_impact: false,
            with: Default::default(),
        }],
        origin: Origin::Finding,
        finding: FindingRef {
            key: "key".into(),
            finding_type: "UnauthorizedAccess:IAMUser/TorIPCaller".into(),
            route: Route::GuardDutyEvent,
            severity: Severity::of_label(SeverityLabel::High),
            count: 1,
            first_seen: None,
            last_seen: None,
            created_at: None,
            updated_at: None,
            message: None,
            facts: Vec::new(),
            hub: None,
            peers: Vec::new(),
        },
        title: "a key is used from Tor".into(),
        linked: None,
        case: backstop_core::case::Case::default(),
        guardrails: Vec::new(),
    }))
}

fn planned() -> Event {
    let plan = Plan {
        step: "deactivate-key".into(),
        action: "iam.deactivate-access-key".into(),
        principal: "arn:aws:iam::123456789012:user/alice".into(),
        tags: Default::default(),
        changes: vec![Change {
            api: "iam:UpdateAccessKey".into(),
            what: "the key".into(),
            now: "Active".into(),
            after: "Inactive".into(),
        }],
        blast_radius: Vec::new(),
        limits: Vec::new(),
        needs_approval: None,
        captured: None,
        manual_undo: Vec::new(),
        receipt: Receipt(json!({})),
    };
    let hash = plan.hash().unwrap();
    Event::Planned {
        plan: Box::new(plan),
        hash,
    }
}

/// The question about that plan, whose time is over soon.
fn asked() -> Event {
    asked_for(SignedDuration::from_mins(1))
}

fn asked_for(time: SignedDuration) -> Event {
    let before = Table::of(vec![planned()]).incident();
    Event::ApprovalRequested {
        plan_hash: before.plan_hashes().unwrap().0,
        expires_at: Timestamp::now() + time,
        needed: 1,
        body: None,
    }
}

fn told(table: &Table) -> Event {
    let question = table.incident().question.unwrap();
    Event::Notified {
        channel: "topic".into(),
        subject: "DECIDE".into(),
        message_id: "1".into(),
        body: None,
        about: About::Question,
        notice: Some(question.notice),
    }
}

fn denied() -> Event {
    let denied = json!({ "event": "denied", "by": "arn:aws:iam::123456789012:user/bob", "reason": null });
    serde_json::from_value(denied).unwrap()
}

fn expire() -> ApproveTask {
    ApproveTask::Expire { incident: id() }
}

fn unasked() -> ApproveTask {
    ApproveTask::Unasked {
        incident: id(),
        error: "Sandbox.Timedout".to_owned(),
        cause: "it took too long".to_owned(),
    }
}

fn approved() -> Event {
    let asked = Table::of(vec![planned(), asked()]).incident().question.unwrap();
    Event::Approved {
        by: "arn:aws:iam::123456789012:user/bob".to_owned(),
        person: None,
        reason: None,
        plan_hash: asked.plan_hash,
    }
}

fn remind() -> ApproveTask {
    ApproveTask::Remind {
        incident: id(),
        task_token: "the next token".to_owned(),
    }
}

fn ask() -> ApproveTask {
    ApproveTask::Ask {
        incident: id(),
        task_token: "token".to_owned(),
        expires_in_seconds: 3600,
    }
}

#[tokio::test]
async fn whom_nobody_could_ask_is_parked_once_with_why() {
    let table = Table::of(vec![planned()]);
    let approver = table.approver(ACCEPTED);
    for _ in 0..2 {
        approver.run(unasked()).await.unwrap();
    }
    let incident = table.incident();
    assert_eq!(incident.status(), Status::Stuck);
    let why = incident.stuck.unwrap();
    assert!(
        why.starts_with("NOBODY WAS ASKED") && why.contains("Sandbox.Timedout: it took too long"),
        "{why}"
    );
    assert_eq!((table.records(), table.shown()), (3, vec!["stuck".to_owned()]));
}

/// The function died after people had the question: what they said stands.
#[tokio::test]
async fn what_people_decided_all_the_same_is_not_parked() {
    for (task, answer) in [
        (unasked(), json!({ "asked": false })),
        (expire(), json!({ "answer": "denied" })),
    ] {
        let table = Table::of(vec![planned(), asked(), denied()]);
        assert_eq!(table.approver(ACCEPTED).run(task).await.unwrap(), answer);
        assert_eq!(table.incident().status(), Status::Denied);
        assert_eq!((table.records(), table.shown()), (4, vec![]));
    }
}

#[tokio::test]
async fn a_question_whose_time_is_over_before_it_was_written_is_parked_and_not_expired() {
    let table = Table::of(vec![planned()]);
    let answer = table.approver(ACCEPTED).run(expire()).await.unwrap();
    assert_eq!(answer, json!({ "answer": null }));
    assert_eq!(
        (table.incident().status(), table.shown()),
        (Status::Stuck, vec!["stuck".to_owned()])
    );
}

#[tokio::test]
async fn a_question_that_reached_nobody_doesnt_end_as_one_that_nobody_answered() {
    for (is_told, status) in [(true, Status::Expired), (false, Status::Unreached)] {
        let table = Table::of(vec![planned(), asked()]);
        if is_told {
            table.append(told(&table));
        }
        let answer = table.approver(ACCEPTED).run(expire()).await.unwrap();
        assert_eq!(answer, json!({ "answer": "expired" }));
        assert_eq!(table.incident().status(), status);
        assert_eq!(table.shown(), [status.as_str()], "lists show it");
    }
}

#[tokio::test]
async fn a_question_that_cant_be_handed_over_stands_and_its_log_says_so() {
    let table = Table::of(vec![planned()]);
    table.approver(DENIED).run(ask()).await.unwrap();
    let incident = table.incident();
    assert_eq!(incident.status(), Status::AwaitingApproval);
    let failing = incident.notices.failing();
    assert!(
        matches!(failing.as_slice(), [one] if one.channel == HAND_OVER && one.about == About::Question),
        "{failing:?}"
    );
    let written = table.0.lock().unwrap().written.clone();
    assert!(
        written.iter().any(|key| key.starts_with("NOTICE#question-")),
        "the sweep finds it: {written:?}"
    );
    assert!(incident.nobody_was_reached());
}

/// Whoever may invoke the function would take people's decision away.
#[tokio::test]
async fn no_question_ends_before_its_time() {
    let table = Table::of(vec![planned(), asked_for(SignedDuration::from_mins(5))]);
    let error = table.approver(ACCEPTED).run(expire()).await.unwrap_err();
    assert!(error.to_string().contains("people may decide until"), "{error}");
    assert_eq!(error.name(), backstop_core::ErrorName::Refused);
    assert_eq!(table.incident().status(), Status::AwaitingApproval);
    assert_eq!((table.records(), table.shown()), (3, vec![]));
}

/// The word of somebody who was faster counts, and the machine acts on it.
#[tokio::test]
async fn a_decision_that_is_written_while_the_question_expires_is_the_answer() {
    for (event, answer) in [(approved(), "approved"), (denied(), "denied")] {
        let table = Table::of(vec![planned(), asked()]);
        table.0.lock().unwrap().meanwhile = Some(event);
        let ended = table.approver(ACCEPTED).run(expire()).await.unwrap();
        assert_eq!((ended, table.records()), (json!({ "answer": answer }), 4));
        assert_eq!(table.shown(), [""; 0], "nothing expired");
    }
}

/// An attempt died after people had the question, and one of them decided: nobody is asked anew, and the machine goes on with
/// what the log says.
#[tokio::test]
async fn what_is_decided_while_the_machine_tries_again_isnt_asked_anew() {
    for (event, answer) in [(approved(), "approved"), (denied(), "denied")] {
        let before = Table::of(vec![planned(), asked(), event.clone()]);
        let meanwhile = Table::of(vec![planned(), asked()]);
        meanwhile.0.lock().unwrap().meanwhile = Some(event);
        for table in [before, meanwhile] {
            let error = table.approver(ACCEPTED).run(ask()).await.unwrap_err();
            assert_eq!(error.name(), backstop_core::ErrorName::Refused);
            assert_eq!((table.records(), table.shown()), (4, vec![]));
            let ended = table.approver(ACCEPTED).run(expire()).await.unwrap();
            assert_eq!((ended, table.records()), (json!({ "answer": answer }), 4));
        }
    }
}

#[tokio::test]
async fn where_no_step_could_be_planned_nothing_is_parked() {
    let table = Table::of(vec![]);
    let ended = table.approver(ACCEPTED).run(expire()).await.unwrap();
    assert_eq!(ended, json!({ "answer": null }));
    assert_eq!((table.records(), table.shown()), (1, vec![]));
}

/// The machine tries again, and people keep the question that they have.
#[tokio::test]
async fn a_question_is_asked_once_for_the_same_plan() {
    let table = Table::of(vec![planned()]);
    for _ in 0..2 {
        table.approver(ACCEPTED).run(ask()).await.unwrap();
    }
    assert_eq!(table.records(), 3);
    let nothing = Table::of(vec![]);
    let error = nothing.approver(ACCEPTED).run(ask()).await.unwrap_err();
    assert!(matches!(error, StepError::NotApplicable { .. }), "{error}");
}

#[tokio::test]
async fn whom_nobody_answers_people_are_reminded_of_while_there_is_time() {
    let table = Table::of(vec![planned(), asked()]);
    table.append(told(&table));
    table.approver(ACCEPTED).run(remind()).await.unwrap();
    let written = table.0.lock().unwrap().written.clone();
    assert!(
        matches!(written.as_slice(), [token, notice] if token == "APPROVAL" && notice.starts_with("NOTICE#reminder-")),
        "the token first: {written:?}"
    );
    assert_eq!(table.records(), 4, "notify writes down that it is told");
}

/// Of a decision that was made while nothing waited, the machine goes on with the answer that the log has.
#[tokio::test]
async fn nobody_is_reminded_of_what_is_decided_and_what_was_decided_counts() {
    for (event, answer) in [(denied(), "denied"), (approved(), "approved")] {
        let table = Table::of(vec![planned(), asked(), event]);
        let error = table.approver(ACCEPTED).run(remind()).await.unwrap_err();
        assert_eq!(error.name(), backstop_core::ErrorName::Refused);
        assert_eq!(table.0.lock().unwrap().written, ["APPROVAL"], "no notice");
        let ended = table.approver(ACCEPTED).run(expire()).await.unwrap();
        assert_eq!((ended, table.records()), (json!({ "answer": answer }), 4));
    }
}

#[tokio::test]
async fn a_reminder_that_comes_too_late_isnt_sent() {
    let mut late = asked();
    if let Event::ApprovalRequested { expires_at, .. } = &mut late {
        *expires_at = Timestamp::now() - SignedDuration::from_secs(1);
    }
    let table = Table::of(vec![planned(), late]);
    let error = table.approver(ACCEPTED).run(remind()).await.unwrap_err();
    assert!(matches!(error, StepError::NotApplicable { .. }), "{error}");
    let ended = table.approver(ACCEPTED).run(expire()).await.unwrap();
    assert_eq!(ended, json!({ "answer": "expired" }));
}

/// People were asked, and what they would say now reaches no machine.
#[tokio::test]
async fn a_machine_that_cant_wait_any_longer_says_so() {
    let table = Table::of(vec![planned(), asked()]);
    table.approver(ACCEPTED).run(unasked()).await.unwrap();
    let why = table.incident().stuck.unwrap();
    assert!(why.starts_with("NOBODY CAN DECIDE ANY MORE"), "{why}");
}
