//! Session Manager sessions: who has a shell on which instance. Nothing flows in them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use ulid::Ulid;

use crate::wire::{Exchange, Reply, error};

#[derive(Clone, Debug)]
struct Session {
    id: String,
    target: String,
    owner: String,
    started: Timestamp,
    is_live: bool,
}

/// All sessions.
#[derive(Debug, Default)]
pub(super) struct SsmSessions {
    all: Mutex<Vec<Session>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Query {
    state: String,
    #[serde(default)]
    filters: Vec<Filter>,
}

#[derive(Debug, Deserialize)]
struct Filter {
    key: String,
    value: String,
}

impl SsmSessions {
    pub(super) fn answer(&self, exchange: &Exchange) -> Reply {
        match exchange.asked.action.as_str() {
            "StartSession" => self.start(exchange),
            "TerminateSession" => self.terminate(exchange),
            _ => self.describe(exchange),
        }
    }

    fn start(&self, exchange: &Exchange) -> Reply {
        let owner = exchange.principal.to_string();
        let name = owner.rsplit('/').next().unwrap_or_default();
        let session = Session {
            id: format!("{name}-{}", Ulid::generate().to_string().to_lowercase()),
            target: exchange
                .asked
                .parameters
                .get("Target")
                .cloned()
                .unwrap_or_default(),
            owner: owner.clone(),
            started: Timestamp::now(),
            is_live: true,
        };
        let answer = json!({ "SessionId": session.id, "TokenValue": "only-in-the-disposable-account" });
        self.all().push(session);
        json_reply(&answer)
    }

    fn terminate(&self, exchange: &Exchange) -> Reply {
        let id = exchange.asked.parameters.get("SessionId");
        let mut all = self.all();
        let found = all.iter_mut().find(|session| Some(&session.id) == id);
        let Some(session) = found else {
            let message = "The specified session doesn't exist.";
            let code = "DoesNotExistException";
            return error(&exchange.asked, StatusCode::BAD_REQUEST, code, message);
        };
        session.is_live = false;
        json_reply(&json!({ "SessionId": session.id }))
    }

    fn describe(&self, exchange: &Exchange) -> Reply {
        let query: Query = match serde_json::from_slice(&exchange.body) {
            Ok(query) => query,
            Err(unreadable) => {
                let message = unreadable.to_string();
                let code = "ValidationException";
                return error(&exchange.asked, StatusCode::BAD_REQUEST, code, &message);
            }
        };
        let sessions: Vec<Value> = self
            .all()
            .iter()
            .filter(|session| query.wants(session))
            .map(in_full)
            .collect();
        json_reply(&json!({ "Sessions": sessions }))
    }

    fn all(&self) -> MutexGuard<'_, Vec<Session>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Query {
    fn wants(&self, session: &Session) -> bool {
        let is_in_time = session.is_live == (self.state == "Active");
        let fits = |filter: &Filter| match filter.key.as_str() {
            "Target" => session.target == filter.value,
            "Owner" => session.owner == filter.value,
            "SessionId" => session.id == filter.value,
            _ => false,
        };
        is_in_time && self.filters.iter().all(fits)
    }
}

fn in_full(session: &Session) -> Value {
    json!({
        "SessionId": session.id,
        "Target": session.target,
        "Status": if session.is_live { "Connected" } else { "Terminated" },
        "StartDate": session.started.as_second(),
        "Owner": session.owner,
    })
}

fn json_reply(answer: &Value) -> Reply {
    Reply::new(StatusCode::OK, "application/x-amz-json-1.1", answer.to_string())
}
