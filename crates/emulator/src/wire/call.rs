//! The record of calls: who called what, when, and how it ended; never a body, never a secret.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use serde::Serialize;

use super::{AwsRequest, Principal, RequestUnits, Resource};

/// One AWS call as the gateway saw it.
#[derive(Clone, Debug, Serialize)]
pub struct RecordedCall {
    /// Counts calls in the order in which they began, from 0.
    pub seq: u64,
    /// When its request was complete, by the wall clock.
    pub started_at: Timestamp,
    /// The same, in microseconds since the gateway began, by a clock that never goes back.
    pub started_us: u64,
    /// When its answer was complete, by the same clock.
    pub ended_us: u64,
    /// The service of the credential scope: `iam`, `dynamodb`, `states`, …
    pub service: String,
    /// The operation, such as `UpdateAccessKey`; `METHOD /path` for REST services whose operations we don't tell apart.
    pub action: String,
    /// The region of the credential scope.
    pub region: Option<String>,
    /// What it was about, where that is cheap to see.
    pub resource: Option<Resource>,
    /// The id of what it made, where later calls are known by it: an access key's, never its secret.
    pub made: Option<Resource>,
    /// The access key id it was signed with.
    pub access_key_id: Option<String>,
    /// Whose key that is.
    pub principal: Principal,
    /// What the caller says it is.
    pub user_agent: Option<String>,
    /// The X-Ray trace header: what tells a function's invocations apart, since they share a role's credentials.
    pub trace: Option<String>,
    /// The HTTP status, or none where the connection was dropped on purpose.
    pub status: Option<u16>,
    /// The AWS error code of a call that failed.
    pub error_code: Option<String>,
    /// The id in the answer.
    pub request_id: Option<String>,
    /// The fault that was injected.
    pub fault: Option<&'static str>,
    /// What DynamoDB would bill for it.
    pub units: Option<RequestUnits>,
}

impl RecordedCall {
    /// Whether AWS would have answered this with success.
    pub fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status < 400)
    }
}

/// How a call ended.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    pub(crate) status: Option<u16>,
    pub(crate) error_code: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) made: Option<Resource>,
    pub(crate) fault: Option<&'static str>,
    pub(crate) units: Option<RequestUnits>,
}

/// A call under way.
#[derive(Debug)]
pub(crate) struct Begun {
    seq: u64,
    started_at: Timestamp,
    started_us: u64,
}

#[derive(Debug)]
pub(crate) struct Record {
    began: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    calls: Vec<RecordedCall>,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            inner: Mutex::default(),
        }
    }
}

impl Record {
    pub(crate) fn calls(&self) -> Vec<RecordedCall> {
        self.since(0)
    }

    /// How the next call will be counted.
    pub(crate) fn mark(&self) -> u64 {
        self.inner().next
    }

    /// The calls that began at this mark or later.
    pub(crate) fn since(&self, mark: u64) -> Vec<RecordedCall> {
        let inner = self.inner();
        let began_since = inner.calls.iter().filter(|call| call.seq >= mark);
        let mut calls: Vec<RecordedCall> = began_since.cloned().collect();
        drop(inner);
        calls.sort_by_key(|call| call.seq);
        calls
    }

    pub(crate) fn begin(&self) -> Begun {
        let mut inner = self.inner();
        let seq = inner.next;
        inner.next = seq.saturating_add(1);
        Begun {
            seq,
            started_at: Timestamp::now(),
            started_us: self.elapsed_us(),
        }
    }

    pub(crate) fn end(&self, begun: Begun, asked: &AwsRequest, principal: Principal, ending: Ending) {
        let Begun {
            seq,
            started_at,
            started_us,
        } = begun;
        let call = RecordedCall {
            seq,
            started_at,
            started_us,
            ended_us: self.elapsed_us(),
            service: asked.service.clone(),
            action: asked.action.clone(),
            region: asked.region.clone(),
            resource: asked.resource.clone(),
            made: ending.made,
            access_key_id: asked.access_key_id.clone(),
            principal,
            user_agent: asked.user_agent.clone(),
            trace: asked.trace.clone(),
            status: ending.status,
            error_code: ending.error_code,
            request_id: ending.request_id,
            fault: ending.fault,
            units: ending.units,
        };
        self.inner().calls.push(call);
    }

    fn elapsed_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here is left half-done by a panic, so a poisoned lock is as good as a clean one.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
