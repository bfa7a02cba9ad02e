//! A table that holds one incident's log and does what DynamoDB does to it: for tests of what functions read and write.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use aws_sdk_dynamodb::{
    Client,
    operation::{
        put_item::{PutItemError, PutItemInput, PutItemOutput},
        query::{QueryInput, QueryOutput},
    },
    types::{AttributeValue, error::ConditionalCheckFailedException},
};
use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
use backstop_core::log::{Event, Log, Record};

use super::{Ledger, log::record_item};
use crate::{new_id, now};

type Item = HashMap<String, AttributeValue>;

#[derive(Debug, Default)]
struct Held {
    items: BTreeMap<String, Item>,
    lost: usize,
    queries: usize,
    /// Sort keys that the next reading of the whole log misses, since they were written while it went on.
    torn: Vec<String>,
}

/// The table.
#[derive(Clone, Debug)]
pub(crate) struct FakeTable {
    held: Arc<Mutex<Held>>,
}

impl FakeTable {
    /// With an incident whose first record is this.
    pub(crate) fn opened_with(first: &Record) -> Self {
        let table = Self { held: Arc::default() };
        table.put(first);
        table
    }

    pub(crate) fn ledger(&self) -> Ledger {
        let (querying, putting) = (self.clone(), self.clone());
        let query = mock!(Client::query).then_compute_output(move |input: &QueryInput| querying.query(input));
        let put = mock!(Client::put_item).then_compute_response(move |input: &PutItemInput| {
            let item = input.item().unwrap().clone();
            match putting.try_put(item) {
                None => MockResponse::Output(PutItemOutput::builder().build()),
                Some(taken) => MockResponse::Error(PutItemError::ConditionalCheckFailedException(
                    ConditionalCheckFailedException::builder()
                        .set_item(Some(taken))
                        .build(),
                )),
            }
        });
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&query, &put]);
        Ledger::new(client, "incidents")
    }

    /// What another function writes, which has read all there is.
    pub(crate) fn write(&self, event: Event) {
        let log = Log::read(self.records()).unwrap();
        self.put(&log.next(now(), new_id(), event).unwrap());
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        let read = |item: &Item| serde_json::from_str(text(item, "record")).unwrap();
        self.held().items.values().map(read).collect()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.held().items.keys().cloned().collect()
    }

    /// Writes that came too late.
    pub(crate) fn lost(&self) -> usize {
        self.held().lost
    }

    pub(crate) fn queries(&self) -> usize {
        self.held().queries
    }

    pub(crate) fn tear(&self, keys: &[&str]) {
        self.held().torn = keys.iter().map(|&key| key.to_owned()).collect();
    }

    pub(crate) fn remove(&self, key: &str) {
        self.held().items.remove(key).unwrap();
    }

    fn put(&self, record: &Record) {
        assert_eq!(self.try_put(record_item(&"01J".into(), record).unwrap()), None);
    }

    fn try_put(&self, item: Item) -> Option<Item> {
        let mut held = self.held();
        let key = text(&item, "sk").to_owned();
        if let Some(taken) = held.items.get(&key).cloned() {
            held.lost += 1;
            return Some(taken);
        }
        held.items.insert(key, item);
        None
    }

    fn query(&self, input: &QueryInput) -> QueryOutput {
        let mut held = self.held();
        held.queries += 1;
        let values = input.expression_attribute_values().unwrap();
        let value = |name: &str| values.get(name).map(|value| value.as_s().unwrap().clone());
        let torn = match value(":log") {
            Some(_) => std::mem::take(&mut held.torn),
            None => Vec::new(),
        };
        let is_asked = |key: &String| match (value(":log"), value(":from"), value(":to")) {
            (Some(prefix), _, _) => key.starts_with(&prefix) && !torn.contains(key),
            (None, Some(from), Some(to)) => *key >= from && *key <= to,
            // The guardrails: there are none.
            _ => false,
        };
        let items = held.items.iter().filter(|(key, _)| is_asked(key));
        QueryOutput::builder()
            .set_items(Some(items.map(|(_, item)| item.clone()).collect()))
            .build()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }
}

fn text<'item>(item: &'item Item, name: &str) -> &'item str {
    item.get(name).unwrap().as_s().unwrap()
}
