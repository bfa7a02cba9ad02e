//! CloudTrail's event history of one Region at a time, page by page, at the pace that AWS allows.

use std::sync::Arc;

use aws_sdk_cloudtrail::{
    Client,
    config::{Builder, retry::RetryConfig},
    operation::lookup_events::LookupEventsOutput,
    primitives::DateTime,
    types::{LookupAttribute, LookupAttributeKey},
};
use backstop_actions::permissions;
use backstop_aws::{Access, SdkConfig, Service};
use backstop_core::{
    ErrorName,
    investigation::{Call, Lookup},
};
use backstop_runtime::CallError;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::pace::Pace;

/// `LookupEvents` gives 50 a page.
const PAGE: usize = 50;
/// Pages of one lookup in one Region; the newest come first, and people are told when there are more.
const MOST_PAGES: usize = 20;
/// Events of one lookup in one Region.
pub(crate) const MOST_EVENTS: usize = MOST_PAGES * PAGE;

/// The event history of an account in a Region.
pub(crate) struct Trail {
    client: Client,
    pace: Pace,
}

/// From when to when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

/// What one lookup in one Region gave.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The calls, the newest first.
    pub(crate) calls: Vec<Call>,
    /// Whether there are more than were read.
    pub(crate) rest: Rest,
    /// Events that couldn't be read.
    pub(crate) unreadable: usize,
}

/// Why there are more events than were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rest {
    /// There aren't.
    #[default]
    None,
    /// There are more than [`MOST_EVENTS`].
    Older,
    /// The time for it was over.
    OutOfTime,
    /// The call for the rest failed.
    Failed,
}

impl Trail {
    pub(crate) fn new(client: Client) -> Arc<Self> {
        Arc::new(Self {
            client,
            pace: Pace::default(),
        })
    }
}

/// CloudTrail, with one pace for each account and Region.
pub(crate) struct PacedTrail;

impl Service for PacedTrail {
    type Client = Arc<Trail>;

    /// The SDK's own retries know no pace, so there are none.
    fn connect(config: &SdkConfig) -> Self::Client {
        let config = Builder::from(config).retry_config(RetryConfig::disabled());
        Trail::new(Client::from_conf(config.build()))
    }
}

/// The calls that fit, in one Region, until then.
pub(crate) async fn look_up(
    aws: &Access<'_>,
    lookup: &Lookup,
    span: Span,
    until: Instant,
) -> Result<Found, CallError> {
    let (trail, region) = (aws.client::<PacedTrail>(), aws.region());
    let mut found = Found::default();
    let mut token = None;
    for page in 0..MOST_PAGES {
        let answer = match trail.page(lookup, span, token.take(), region, until).await {
            Ok(answer) => answer,
            // What was read is kept; with nothing in hand the machine tries again.
            Err(error) if page > 0 && error.name.is_retryable() => {
                tracing::warn!(%region, %error, "the rest of the event history wasn't read");
                found.rest = match error.name {
                    // Whoever is throttled waits as long as there is time.
                    ErrorName::Throttled => Rest::OutOfTime,
                    _ => Rest::Failed,
                };
                return Ok(found);
            }
            Err(error) => return Err(error),
        };
        for event in answer.events.unwrap_or_default() {
            match Call::read(event.cloud_trail_event().unwrap_or_default()) {
                Ok(call) => found.calls.push(call),
                Err(error) => {
                    tracing::warn!(%region, event = event.event_id(), %error, "an event can't be read");
                    found.unreadable += 1;
                }
            }
        }
        token = answer.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(found);
        }
        if Instant::now() >= until {
            found.rest = Rest::OutOfTime;
            return Ok(found);
        }
    }
    found.rest = Rest::Older;
    Ok(found)
}

impl Trail {
    /// One page. Others read the same account, two lookups a second for all of them: whoever is throttled waits, longer
    /// each time, as long as there is time.
    async fn page(
        &self,
        lookup: &Lookup,
        span: Span,
        token: Option<String>,
        region: &backstop_core::Region,
        until: Instant,
    ) -> Result<LookupEventsOutput, CallError> {
        loop {
            self.pace.turn().await;
            let asked = self
                .client
                .lookup_events()
                .lookup_attributes(attribute(lookup)?)
                .start_time(DateTime::from_secs(span.from.as_second()))
                // The last second began before its end: what happened in it is wanted, too.
                .end_time(DateTime::from_secs(span.to.as_second().saturating_add(1)))
                .set_next_token(token.clone());
            let on = format!("the event history of {region}");
            match asked
                .send()
                .await
                .map_err(CallError::of(permissions::cloudtrail::LOOKUP_EVENTS.action, on))
            {
                Err(error) if error.name == ErrorName::Throttled && self.pace.slow_down() < until => {}
                answer => {
                    self.pace.recover();
                    return answer;
                }
            }
        }
    }
}

fn attribute(lookup: &Lookup) -> Result<LookupAttribute, CallError> {
    let (key, value) = match lookup {
        Lookup::Key(id) => (LookupAttributeKey::AccessKeyId, id),
        Lookup::User(name) => (LookupAttributeKey::Username, name),
        Lookup::Resource(name) => (LookupAttributeKey::ResourceName, name),
        Lookup::Event(name) => (LookupAttributeKey::EventName, name),
    };
    LookupAttribute::builder()
        .attribute_key(key)
        .attribute_value(value)
        .build()
        .map_err(|error| CallError {
            name: ErrorName::Internal,
            call: permissions::cloudtrail::LOOKUP_EVENTS.action,
            on: "the event history".to_owned(),
            code: String::new(),
            message: error.to_string(),
        })
}
