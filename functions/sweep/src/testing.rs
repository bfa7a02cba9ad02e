//! One incident's part of the table, and a sweep that works with it: for tests of what one run leaves to the next.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use aws_sdk_dynamodb::{
    Client,
    operation::{
        get_item::GetItemOutput,
        put_item::{PutItemError, PutItemOutput},
        query::{QueryInput, QueryOutput},
        update_item::UpdateItemOutput,
    },
    types::{AttributeValue, error::ResourceNotFoundException},
};
use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
use backstop_aws::{Requests, SdkConfig, answering};
use backstop_core::{
    IncidentId, Mode,
    guardrail::Protection,
    incident::{Incident, Status},
    log::{Event, Log, Record},
    sweep::WatchTimes,
};
use backstop_playbook::Catalog;
use backstop_runtime::{
    Ledger, functions::Functions, machines::Machines, new_id, now, outbox::Outbox, topic::AlertsTopic,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{CATALOG, Sweep, closer::Closer, integrity::Mapping, watch};

type Item = HashMap<String, AttributeValue>;

/// The days that [`sweep`] watches.
pub(crate) const WATCH_DAYS: u32 = 30;

/// A sweep of this table, for which all other services are of this configuration.
pub(crate) fn sweep(table: Client, config: SdkConfig) -> Sweep {
    Sweep {
        catalog: Catalog::from_json(CATALOG).unwrap(),
        protection: Protection::default(),
        maximum_mode: Mode::Auto,
        ledger: Ledger::new(table, "incidents"),
        machines: Machines::new(
            aws_sdk_sfn::Client::new(&config),
            "arn:aws:states:eu-west-1:123456789012:stateMachine:backstop_".to_owned(),
        ),
        sqs: aws_sdk_sqs::Client::new(&config),
        queue_url: "https://sqs.eu-west-1.amazonaws.com/123456789012/intake".to_owned(),
        dead_letters_url: "https://sqs.eu-west-1.amazonaws.com/123456789012/dead".to_owned(),
        topic: AlertsTopic::new(
            aws_sdk_sns::Client::new(&config),
            "arn:aws:sns:eu-west-1:123456789012:alerts".to_owned(),
        ),
        outbox: Outbox::new(aws_sdk_lambda::Client::new(&config), "notify".to_owned()),
        closer: Closer::new(aws_sdk_lambda::Client::new(&config), "close".to_owned()),
        functions: Functions::new(&config, "close|close".parse().unwrap(), watch::PATIENCE),
        watch: WatchTimes {
            confirm_after: SignedDuration::from_mins(15),
            days: WATCH_DAYS,
        },
        rules: Vec::new(),
        mapping: Mapping::read(
            aws_sdk_lambda::Client::new(&config),
            "intake|arn:aws:sqs:eu-west-1:123456789012:intake",
        )
        .unwrap(),
        window: SignedDuration::from_hours(24),
        config,
    }
}

/// Services of which each says yes, and Step Functions that the execution is so.
pub(crate) fn willing(execution: &str) -> (SdkConfig, Requests) {
    let yes = json!({
        "MessageId": "m", "status": execution, "startDate": 0,
        "executionArn": "arn:execution", "stateMachineArn": "arn:machine",
    });
    answering("eu-west-1", &[(200, &yes.to_string())])
}

/// A client of Lambda that may not invoke anything.
pub(crate) fn denied() -> aws_sdk_lambda::Client {
    let (config, _) = answering("eu-west-1", &[(403, r#"{"__type":"AccessDeniedException"}"#)]);
    aws_sdk_lambda::Client::new(&config)
}

/// What the function was asked for: the bodies of the requests that invoked it.
pub(crate) fn asked_of(function: &str, requests: &Requests) -> Vec<String> {
    let path = format!("/functions/{function}/");
    let all = requests.all().into_iter();
    all.filter(|request| request.line.contains(&path))
        .map(|request| request.body)
        .collect()
}

/// The table.
#[derive(Clone)]
pub(crate) struct Table(Arc<Mutex<Held>>);

struct Held {
    log: Vec<Record>,
    row: Item,
    written: Vec<String>,
    refused: Option<&'static str>,
}

impl Table {
    /// The incident, opened at this time and with these events right after; lists show this status.
    pub(crate) fn of(opened_at: Timestamp, first: Event, events: Vec<Event>, shown: Status) -> Self {
        let mut log = vec![Record::first(opened_at, new_id(), first).unwrap()];
        for event in events {
            let next = Log::read(log.clone()).unwrap().next(opened_at, new_id(), event);
            log.push(next.unwrap());
        }
        let (at, id) = (opened_at.to_string(), id());
        let row = [
            ("list", "incident"),
            ("opened_at", at.as_str()),
            ("incident", id.as_str()),
            ("playbook", "leaked-access-key"),
            ("target", "t"),
            ("severity", "high"),
            ("title", "t"),
            ("status", shown.as_str()),
        ];
        let row = row.map(|(name, value)| (name.to_owned(), text(value))).into();
        Self(Arc::new(Mutex::new(Held {
            log,
            row,
            written: Vec::new(),
            refused: None,
        })))
    }

    /// The same, hours later.
    pub(crate) fn aged(&self) -> Self {
        let held = self.held();
        let mut events = held.log.iter().map(|record| record.event.clone());
        let first = events.next().unwrap();
        let shown = held.row.get("status").unwrap().as_s().unwrap();
        let shown = serde_json::from_value(shown.as_str().into()).unwrap();
        Self::of(hours_ago(3), first, events.collect(), shown)
    }

    pub(crate) fn incident(&self) -> Incident {
        Incident::replay(&self.held().log).unwrap()
    }

    /// What the incident's row says.
    pub(crate) fn shown(&self, name: &str) -> Option<String> {
        self.held()
            .row
            .get(name)
            .map(|value| value.as_s().unwrap().clone())
    }

    /// The sort keys of what was written beside the log.
    pub(crate) fn written(&self) -> Vec<String> {
        self.held().written.clone()
    }

    /// Items whose sort key begins so can't be written.
    pub(crate) fn refuse(&self, prefix: Option<&'static str>) {
        self.held().refused = prefix;
    }

    pub(crate) fn client(&self) -> Client {
        let (queries, puts, updates) = (self.clone(), self.clone(), self.clone());
        let query = mock!(Client::query).then_compute_output(move |request: &QueryInput| {
            let items = queries.items(request);
            QueryOutput::builder().set_items(Some(items)).build()
        });
        let get = mock!(Client::get_item).then_output(|| GetItemOutput::builder().build());
        let put = mock!(Client::put_item).then_compute_response(move |request| {
            let item = request.item().unwrap();
            let key = item.get("sk").unwrap().as_s().unwrap();
            let mut held = puts.held();
            if held.refused.is_some_and(|prefix| key.starts_with(prefix)) {
                let gone = ResourceNotFoundException::builder().build();
                return MockResponse::Error(PutItemError::ResourceNotFoundException(gone));
            }
            match item.get("record") {
                Some(record) => held
                    .log
                    .push(serde_json::from_str(record.as_s().unwrap()).unwrap()),
                None => held.written.push(key.clone()),
            }
            MockResponse::Output(PutItemOutput::builder().build())
        });
        let update = mock!(Client::update_item).then_compute_output(move |request| {
            let names = request.expression_attribute_names().unwrap();
            let values = request.expression_attribute_values().unwrap();
            let (name, value) = (names.get("#attribute").unwrap(), values.get(":value").unwrap());
            updates.held().row.insert(name.clone(), value.clone());
            UpdateItemOutput::builder().build()
        });
        mock_client!(
            aws_sdk_dynamodb,
            RuleMode::MatchAny,
            [&query, &get, &put, &update]
        )
    }

    /// The log, or the row if the index's filter lets it through.
    fn items(&self, request: &QueryInput) -> Vec<Item> {
        let held = self.held();
        let values = request.expression_attribute_values().unwrap();
        let Some(filter) = request.filter_expression() else {
            let records = held.log.iter();
            return records
                .map(|record| [("record".to_owned(), text(serde_json::to_string(record).unwrap()))].into())
                .collect();
        };
        let row = |name: &str| held.row.get(name).map(|value| value.as_s().unwrap());
        let status = row("status").unwrap();
        let mut asked = values.iter().filter(|(name, _)| name.starts_with(":status"));
        let is_asked = asked.any(|(_, value)| value.as_s().unwrap() == status);
        let since = values.get(":since").map(|value| value.as_s().unwrap());
        let is_recent = since.is_none_or(|since| row("opened_at").unwrap() >= since);
        let mark = filter
            .split_once("attribute_not_exists(")
            .and_then(|(_, rest)| rest.split_once(')'))
            .and_then(|(name, _)| row(name));
        let is_unmarked = mark.is_none_or(|mark| filter.contains("<> #status") && mark != status);
        let is_listed = is_asked && is_recent && is_unmarked;
        is_listed.then(|| held.row.clone()).into_iter().collect()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap()
    }
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// The incident.
pub(crate) fn id() -> IncidentId {
    "01J".into()
}

/// Its first event: of a leaked key that one step deactivates.
pub(crate) fn opened(mode: Mode) -> Event {
    serde_json::from_value(json!({
        "event": "opened", "playbook": "leaked-access-key", "mode": mode,
        "steps": [{ "step": "deactivate-key", "action": "iam.deactivate-access-key", "title": "Deactivate the key",
                    "phase": "contain" }],
        "target": { "account": "123456789012", "region": "eu-west-1", "partition": "aws",
                    "resource": { "kind": "bucket", "name": "logs" } },
        "origin": { "origin": "finding" }, "title": "t", "linked": null, "guardrails": [],
        "finding": { "key": "k", "finding_type": "T", "route": "guard-duty-event", "count": 1,
                     "severity": { "score": 8.0, "label": "high" }, "first_seen": null, "last_seen": null,
                     "created_at": null, "updated_at": null },
    }))
    .unwrap()
}

/// It is over.
pub(crate) const fn closed(status: Status) -> Event {
    Event::Closed { status }
}

/// A question whose time is over.
pub(crate) fn asked() -> Event {
    Event::ApprovalRequested {
        plan_hash: backstop_core::Hash::default(),
        expires_at: now() - SignedDuration::from_mins(1),
        needed: 1,
        body: None,
    }
}

/// So many hours ago.
pub(crate) fn hours_ago(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}
