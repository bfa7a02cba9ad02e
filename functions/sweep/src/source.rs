//! Where findings are read from, one page after another, the oldest update first.

use backstop_core::ErrorName;
use backstop_runtime::CallError;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{Sweep, guardduty, security_hub};

/// One list of findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A detector of GuardDuty.
    Detector(String),
    /// The findings that one product has in Security Hub.
    Product(String),
}

/// A part of a source.
#[derive(Debug)]
pub(crate) struct Page {
    /// The findings, as AWS wrote them.
    pub(crate) findings: Vec<Value>,
    /// Where the next page begins; `None` after the last.
    pub(crate) next: Option<String>,
}

/// A source can't be read now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The service isn't switched on in this account and Region, so there is nothing to miss.
    #[error("{0} is off in this account and Region")]
    Off(&'static str),
    /// AWS refused or failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl ReadError {
    /// Whether the next run is time enough.
    pub(crate) fn is_throttled(&self) -> bool {
        matches!(self, Self::Call(error) if error.name == ErrorName::Throttled)
    }
}

impl Source {
    /// For logs, and for what one run tells the next.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Detector(id) => format!("GuardDuty detector {id}"),
            Self::Product(name) => format!("Security Hub, {name}"),
        }
    }

    /// A finding as an event that intake reads, told from one by its source.
    pub(crate) fn envelope(&self, finding: &Value) -> Value {
        let (detail_type, detail) = match self {
            Self::Detector(_) => (backstop_core::finding::GUARDDUTY_FINDING, finding.clone()),
            Self::Product(_) => (
                backstop_core::finding::SECURITY_HUB_IMPORTED,
                json!({ "findings": [finding] }),
            ),
        };
        json!({
            "source": backstop_core::finding::SWEEP_SOURCE,
            "detail-type": detail_type,
            "detail": detail,
        })
    }
}

/// Takes the objects of the list `name` out of an answer.
pub(crate) fn list(answer: &mut Value, name: &str) -> Vec<Value> {
    match answer.get_mut(name).map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// Where the next page begins. The last page's token is empty, or absent.
pub(crate) fn next(answer: &Value, name: &str) -> Option<String> {
    let token = answer.get(name)?.as_str()?;
    (!token.is_empty()).then(|| token.to_owned())
}

/// Asks for the page that a token begins; the first has none, not an empty one.
pub(crate) fn go_on(asked: &mut Value, name: &str, token: Option<String>) {
    if let (Some(token), Some(asked)) = (token, asked.as_object_mut()) {
        asked.insert(name.to_owned(), token.into());
    }
}

impl Sweep {
    /// Reads one page of what was updated since then.
    pub(crate) async fn page(
        &self,
        source: &Source,
        since: Timestamp,
        now: Timestamp,
        token: Option<String>,
    ) -> Result<Page, ReadError> {
        match source {
            Source::Detector(id) => guardduty::page(&self.config, id, since, token).await,
            Source::Product(name) => security_hub::page(&self.config, name, since, now, token).await,
        }
    }
}
