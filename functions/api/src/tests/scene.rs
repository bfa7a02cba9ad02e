//! A deployment of mocks: a table that holds one incident's log and what is written to it, machines that take anything.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use aws_sdk_dynamodb::{
    operation::{
        delete_item::DeleteItemOutput,
        get_item::GetItemOutput,
        put_item::PutItemOutput,
        query::{QueryInput, QueryOutput},
        transact_write_items::TransactWriteItemsOutput,
        update_item::UpdateItemOutput,
    },
    types::AttributeValue,
};
use aws_sdk_iam::{
    operation::get_role::{GetRoleError, GetRoleOutput},
    types::{Role, error::NoSuchEntityException},
};
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_sfn::{
    operation::{send_task_success::SendTaskSuccessOutput, start_execution::StartExecutionOutput},
    primitives::DateTime,
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use backstop_core::{
    Mode, canonical,
    guardrail::Protection,
    log::{Event, Record},
};
use backstop_playbook::Catalog;
use backstop_runtime::{
    Ledger, evidence::EvidenceBucket, machines::Machines, manual_run::Limits, new_id, now, outbox::Outbox,
    topic::AlertsTopic,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::described::is_described;
use crate::{Api, CATALOG, answer::HttpAnswer};

pub(super) const INCIDENT: &str = "01JDXQ6T8R7M5V9N2K4H3G1FZB";
pub(super) const ALICE: (&str, &str) = ("arn:aws:iam::123456789012:user/alice", "AIDAALICE00000001");
pub(super) const BOB: (&str, &str) = ("arn:aws:iam::123456789012:user/bob", "AIDABOB0000000001");
/// Whoever made the session chose its name.
pub(super) const NOBODY: (&str, &str) = (
    "arn:aws:sts::123456789012:federated-user/alice",
    "123456789012:alice",
);

type Items = Arc<Mutex<Vec<(String, String)>>>;

pub(super) struct Scene {
    pub(super) api: Api,
    /// What was written beside the log: `pk`, and what was written.
    pub(super) written: Items,
    pub(super) log: Arc<Mutex<Vec<Record>>>,
    pub(super) machine: Rule,
    pub(super) told: Rule,
    pub(super) removed: Rule,
    /// Notices.
    pub(super) handed_over: Rule,
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn pk(request: &QueryInput) -> Option<&str> {
    let values = request.expression_attribute_values()?;
    values.get(":pk")?.as_s().ok().map(String::as_str)
}

/// The row of the list that the incident was opened with.
fn row(first: &Record) -> HashMap<String, AttributeValue> {
    let fields = [
        ("list", "incident"),
        ("incident", INCIDENT),
        ("playbook", "compromised-role"),
        ("target", "role build"),
        ("severity", "high"),
        ("title", "a role was used from afar"),
        ("status", "open"),
    ];
    let mut row: HashMap<_, _> = fields.map(|(name, value)| (name.to_owned(), text(value))).into();
    row.insert("opened_at".to_owned(), text(first.at.to_string()));
    row
}

/// The log as it would be after these events.
pub(super) fn log_of(events: Vec<Event>) -> Vec<Record> {
    let mut log: Vec<Record> = Vec::new();
    for event in events {
        let record = Record::next(log.last(), now(), new_id(), event).unwrap();
        log.push(record);
    }
    log
}

impl Scene {
    /// An account whose table holds this log.
    pub(super) fn of(events: Vec<Event>) -> Self {
        let log = Arc::new(Mutex::new(log_of(events)));
        let written: Items = Items::default();
        let guards = mock!(aws_sdk_dynamodb::Client::query)
            .match_requests(|request| pk(request) == Some("GUARD"))
            .then_output(|| QueryOutput::builder().set_items(Some(Vec::new())).build());
        let findings = mock!(aws_sdk_dynamodb::Client::query)
            .match_requests(|request| {
                let keys = request.key_condition_expression().unwrap_or_default();
                keys.contains(":finding")
            })
            .then_output(|| QueryOutput::builder().set_items(Some(Vec::new())).build());
        let shown = Arc::clone(&log);
        let listed = mock!(aws_sdk_dynamodb::Client::query)
            .match_requests(|request| request.index_name() == Some("by_opened"))
            .then_output(move || {
                let items = shown.lock().unwrap();
                QueryOutput::builder()
                    .set_items(Some(items.first().map(row).into_iter().collect()))
                    .build()
            });
        let read = Arc::clone(&log);
        let records = mock!(aws_sdk_dynamodb::Client::query).then_output(move || {
            let items = read.lock().unwrap();
            let item = |record: &Record| {
                [("record".to_owned(), text(serde_json::to_string(record).unwrap()))].into()
            };
            QueryOutput::builder()
                .set_items(Some(items.iter().map(item).collect()))
                .build()
        });
        let (appended, noted) = (Arc::clone(&log), Arc::clone(&written));
        let put = mock!(aws_sdk_dynamodb::Client::put_item)
            .match_requests(move |request| {
                let item = request.item().unwrap();
                let field = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
                match field("record") {
                    Some(record) => appended
                        .lock()
                        .unwrap()
                        .push(serde_json::from_str(&record).unwrap()),
                    None => noted.lock().unwrap().push((
                        field("pk").unwrap_or_default(),
                        field("guard").unwrap_or_default(),
                    )),
                }
                true
            })
            .then_output(|| PutItemOutput::builder().build());
        let get = mock!(aws_sdk_dynamodb::Client::get_item).then_output(|| {
            let pending = json!({ "plan_hash": plan(), "task_token": "token-1" }).to_string();
            GetItemOutput::builder().item("approval", text(pending)).build()
        });
        let update =
            mock!(aws_sdk_dynamodb::Client::update_item).then_output(|| UpdateItemOutput::builder().build());
        let opened = Arc::clone(&log);
        let transact = mock!(aws_sdk_dynamodb::Client::transact_write_items)
            .match_requests(move |request| {
                for put in request.transact_items().iter().filter_map(|item| item.put()) {
                    if let Some(record) = put.item().get("record").and_then(|value| value.as_s().ok()) {
                        *opened.lock().unwrap() = vec![serde_json::from_str(record).unwrap()];
                    }
                }
                true
            })
            .then_output(|| TransactWriteItemsOutput::builder().build());
        let delete =
            mock!(aws_sdk_dynamodb::Client::delete_item).then_output(|| DeleteItemOutput::builder().build());
        let dynamodb = mock_client!(
            aws_sdk_dynamodb,
            RuleMode::MatchAny,
            [
                &guards, &findings, &listed, &records, &put, &get, &update, &transact, &delete
            ]
        );
        let machine = mock!(aws_sdk_sfn::Client::start_execution).then_output(|| {
            let started = StartExecutionOutput::builder().execution_arn("arn");
            started.start_date(DateTime::from_secs(0)).build().unwrap()
        });
        let told = mock!(aws_sdk_sfn::Client::send_task_success)
            .then_output(|| SendTaskSuccessOutput::builder().build());
        let sfn = mock_client!(aws_sdk_sfn, RuleMode::MatchAny, [&machine, &told]);
        let handed_over = mock!(aws_sdk_lambda::Client::invoke)
            .then_output(|| InvokeOutput::builder().status_code(202).build());
        let lambda = mock_client!(aws_sdk_lambda, RuleMode::MatchAny, [&handed_over]);
        Self {
            api: Api {
                outbox: Outbox::new(lambda, "notify".to_owned()),
                ..api(dynamodb, sfn)
            },
            handed_over,
            written,
            log,
            machine,
            told,
            removed: delete,
        }
    }

    pub(super) async fn ask(&self, route: &str, caller: (&str, &str), more: Value) -> HttpAnswer {
        let answer = self.api.answer(event(route, caller, more)).await;
        is_described(route, &answer);
        answer
    }

    pub(super) fn records(&self) -> usize {
        self.log.lock().unwrap().len()
    }
}

/// A role of IAM Identity Center is where AWS makes them; any other name is nobody's role.
fn roles() -> aws_sdk_iam::Client {
    let reserved = mock!(aws_sdk_iam::Client::get_role)
        .match_requests(|request| request.role_name() == Some("AWSReservedSSO_OnCall_0123456789abcdef"))
        .then_output(|| {
            let role = Role::builder()
                .path("/aws-reserved/sso.amazonaws.com/")
                .role_name("AWSReservedSSO_OnCall_0123456789abcdef")
                .role_id("AROASSO0000000001")
                .arn("arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_OnCall_0123456789abcdef")
                .create_date(aws_sdk_iam::primitives::DateTime::from_secs(0));
            GetRoleOutput::builder().role(role.build().unwrap()).build()
        });
    let other =
        mock!(aws_sdk_iam::Client::get_role).then_error(|| GetRoleError::NoSuchEntityException(no_role()));
    mock_client!(aws_sdk_iam, RuleMode::MatchAny, [&reserved, &other])
}

/// As IAM answers it: with its code.
fn no_role() -> NoSuchEntityException {
    let code = ErrorMetadata::builder().code("NoSuchEntity").build();
    NoSuchEntityException::builder().meta(code).build()
}

pub(super) fn api(dynamodb: aws_sdk_dynamodb::Client, sfn: aws_sdk_sfn::Client) -> Api {
    let listed = mock!(aws_sdk_s3::Client::list_object_versions).then_output(|| {
        aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput::builder().build()
    });
    let nobody_subscribed = mock!(aws_sdk_sns::Client::get_topic_attributes).then_output(|| {
        aws_sdk_sns::operation::get_topic_attributes::GetTopicAttributesOutput::builder()
            .attributes("SubscriptionsConfirmed", "0")
            .build()
    });
    Api {
        catalog: Catalog::from_json(CATALOG).unwrap(),
        ledger: Ledger::new(dynamodb, "incidents"),
        machines: Machines::new(
            sfn.clone(),
            "arn:aws:states:eu-west-1:123456789012:stateMachine:backstop_".to_owned(),
        ),
        sfn,
        evidence: EvidenceBucket::new(
            mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&listed]),
            "evidence",
        ),
        iam: roles(),
        limits: Limits {
            maximum: Mode::Approve,
            hourly: 20,
            protection: Protection::of_stack("backstop", "123456789012", ""),
        },
        person_roles: Vec::new(),
        region: "eu-west-1".into(),
        topic: AlertsTopic::new(
            mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&nobody_subscribed]),
            "arn:aws:sns:eu-west-1:123456789012:alerts".to_owned(),
        ),
        outbox: Outbox::new(
            mock_client!(aws_sdk_lambda, RuleMode::MatchAny, []),
            "notify".to_owned(),
        ),
        sweeps_every: SignedDuration::from_mins(30),
    }
}

pub(super) fn plan() -> backstop_core::Hash {
    canonical::sha256(b"the plan")
}

/// What API Gateway hands over; `more` overwrites what it has.
pub(super) fn event(route: &str, (arn, user_id): (&str, &str), more: Value) -> Value {
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "headers": {},
        "pathParameters": { "incident": INCIDENT },
        "requestContext": {
            "requestId": "r-1",
            "authorizer": { "iam": { "accessKey": "AKIAIOSFODNN7EXAMPLE", "userArn": arn, "userId": user_id } },
        },
        "isBase64Encoded": false,
    });
    for (name, value) in more.as_object().unwrap() {
        event.as_object_mut().unwrap().insert(name.clone(), value.clone());
    }
    event
}

pub(super) fn body(answer: &HttpAnswer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

pub(super) fn code(answer: &HttpAnswer) -> String {
    let body = body(answer);
    body.pointer("/error/code")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// An incident about a role, whose one step has high impact.
pub(super) fn opened() -> Event {
    let opened = json!({
        "event": "opened", "playbook": "compromised-role",
        "target": { "account": "123456789012", "region": "eu-west-1", "partition": "aws",
            "resource": { "kind": "role", "role_name": "build", "role_id": "AROABUILD00000001" } },
        "mode": "approve",
        "steps": [{ "step": "revoke-sessions", "action": "iam.revoke-role-sessions", "title": "Revoke sessions",
            "phase": "contain", "high_impact": true, "with": {} }],
        "origin": { "origin": "finding" },
        "finding": { "key": "123456789012/eu-west-1/0a1b", "finding_type": "t", "route": "guard-duty-event",
            "severity": { "score": 8.0, "label": "high" }, "count": 1, "first_seen": null, "last_seen": null,
            "created_at": null, "updated_at": null, "message": null },
        "title": "a role was used from afar", "linked": null, "guardrails": [],
    });
    serde_json::from_value(opened).unwrap()
}

pub(super) fn asked(needed: u8) -> Event {
    Event::ApprovalRequested {
        plan_hash: plan(),
        expires_at: "9999-01-01T00:00:00Z".parse().unwrap(),
        needed,
        body: None,
    }
}

/// An incident about the session of one user of IAM Identity Center, and a plan that names its role.
pub(super) fn opened_about(user: &str) -> Vec<Event> {
    const ROLE: &str = "AWSReservedSSO_OnCall_0123456789abcdef";
    let mut about = serde_json::to_value(opened()).unwrap();
    about["target"]["resource"] = json!({ "kind": "role-session", "key_id": "ASIAI44QH8DHBEXAMPLE", "role_name": ROLE,
        "role_id": "AROASSO0000000001", "session_name": user });
    let planned = json!({ "event": "planned", "hash": plan(), "plan": { "step": "revoke-sessions", "action": "iam.revoke-role-sessions",
        "principal": format!("arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/{ROLE}"),
        "changes": [{ "api": "iam:PutRolePolicy", "what": "w", "now": "n", "after": "a" }],
        "blast_radius": [], "receipt": null } });
    [about, planned]
        .map(|event| serde_json::from_value(event).unwrap())
        .into()
}

/// A user of IAM Identity Center, as API Gateway names the caller.
pub(super) fn identity_center(user: &str) -> (String, String) {
    (
        format!("arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_OnCall_0123456789abcdef/{user}"),
        format!("AROASSO0000000001:{user}"),
    )
}
