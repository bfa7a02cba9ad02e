//! Why a message or one of its findings can't be read: where, and what was expected. Never echoes values
//! of the payload beyond the names it is dispatched by, and those only cleaned and shortened.

use crate::text;

/// Why a message, or one finding of it, can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// The bytes, or the text inside an SNS or SQS wrapper, aren't JSON.
    #[error("reading `{path}` as JSON")]
    NotJson {
        /// Where the text stood.
        path: String,
        /// Line and column of the fault.
        source: serde_json::Error,
    },
    /// Wrappers inside wrappers, deeper than any delivery chain.
    #[error("more than {limit} wrappers around the event at `{path}`")]
    TooManyWrappers {
        /// Where it went on.
        path: String,
        /// How many are opened.
        limit: usize,
    },
    /// A Kinesis record: base64, not read here.
    #[error(
        "a Kinesis record at `{path}` can't be read: send the EventBridge event itself, or through SNS or SQS"
    )]
    KinesisRecord {
        /// Where it stood.
        path: String,
    },
    /// A wrapper that holds no event.
    #[error("nothing to read at `{path}`: expected at least one record")]
    NoRecords {
        /// Where it stood.
        path: String,
    },
    /// Records of one message differ in being a drill, so that one answer can't hold for all.
    #[error("the record at `{path}` mixes drills and real events: send them as separate messages")]
    MixedDrill {
        /// The first record that differs.
        path: String,
    },
    /// A finding without the envelope of an event, on the queue.
    #[error(
        "`{path}` is a finding without an event's envelope (`source`, `detail-type`, `detail`): nothing says what sent it"
    )]
    NoEnvelope {
        /// Where it stood.
        path: String,
    },
    /// An event envelope without `detail`.
    #[error("the event at `{path}` has no `detail`")]
    NoDetail {
        /// Where the envelope stood.
        path: String,
    },
    /// No envelope, and not the shape of any finding that is known.
    #[error("`{path}` is no event and no finding of GuardDuty or Security Hub (ASFF or OCSF)")]
    UnknownShape {
        /// Where it stood.
        path: String,
    },
    /// An event of another service.
    #[error("events of source `{event_source}` aren't answered: check the EventBridge rule")]
    UnknownSource {
        /// The envelope's `source`.
        event_source: String,
    },
    /// A detail-type that the source didn't have when this was written.
    #[error("detail-type `{detail_type}` of source `{event_source}` isn't known: check the EventBridge rule")]
    UnknownDetailType {
        /// The envelope's `source`.
        event_source: String,
        /// The envelope's `detail-type`.
        detail_type: String,
    },
    /// An OCSF class that isn't a finding's.
    #[error("OCSF class {class_uid} at `{path}` isn't a detection, compliance or vulnerability finding")]
    UnknownClass {
        /// Where it stood.
        path: String,
        /// OCSF's `class_uid`.
        class_uid: u64,
    },
    /// A field that this kind of finding always has is missing or null.
    #[error("`{path}` is missing in a finding of type `{finding_type}`")]
    MissingField {
        /// The field.
        path: String,
        /// The finding's type, or what is known of it so far.
        finding_type: String,
    },
    /// A field that is needed has another shape.
    #[error("`{path}` isn't {expected}")]
    WrongShape {
        /// The field.
        path: String,
        /// What it should be, such as `a list`.
        expected: &'static str,
    },
    /// A name or id that AWS would never give, and that therefore names nothing.
    #[error("`{path}` isn't {expected} that AWS would allow, in a finding of type `{finding_type}`")]
    NotAllowed {
        /// The field.
        path: String,
        /// What it should be, such as `a bucket's name`.
        expected: &'static str,
        /// The finding's type.
        finding_type: String,
    },
    /// The id of an access key that can't be one.
    #[error(
        "`{path}` isn't an access key id (expected `AKIA…` or `ASIA…`) in a finding of type `{finding_type}`"
    )]
    NotAKeyId {
        /// The field.
        path: String,
        /// The finding's type.
        finding_type: String,
    },
}

impl ParseError {
    /// The variant's name: for metrics, tables and dead-letter reasons.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotJson { .. } => "NotJson",
            Self::TooManyWrappers { .. } => "TooManyWrappers",
            Self::KinesisRecord { .. } => "KinesisRecord",
            Self::NoRecords { .. } => "NoRecords",
            Self::MixedDrill { .. } => "MixedDrill",
            Self::NoDetail { .. } => "NoDetail",
            Self::NoEnvelope { .. } => "NoEnvelope",
            Self::UnknownShape { .. } => "UnknownShape",
            Self::UnknownSource { .. } => "UnknownSource",
            Self::UnknownDetailType { .. } => "UnknownDetailType",
            Self::UnknownClass { .. } => "UnknownClass",
            Self::MissingField { .. } => "MissingField",
            Self::WrongShape { .. } => "WrongShape",
            Self::NotAllowed { .. } => "NotAllowed",
            Self::NotAKeyId { .. } => "NotAKeyId",
        }
    }

    pub(super) fn missing(path: String, finding_type: &str) -> Self {
        Self::MissingField {
            path,
            finding_type: shown(finding_type),
        }
    }

    pub(super) fn not_allowed(path: String, expected: &'static str, finding_type: &str) -> Self {
        Self::NotAllowed {
            path,
            expected,
            finding_type: shown(finding_type),
        }
    }

    pub(super) fn not_a_key_id(path: String, finding_type: &str) -> Self {
        Self::NotAKeyId {
            path,
            finding_type: shown(finding_type),
        }
    }
}

/// A name out of the payload, fit for a log line.
pub(super) fn shown(name: &str) -> String {
    text::bounded(&text::sanitize(text::prefix(name, 512)), 128)
}
