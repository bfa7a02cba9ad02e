//! Errors as programs read them: a code of one fixed list, what happened, and what to type next.

use serde::{Deserialize, Serialize};

use crate::text;

macro_rules! codes {
    ($($(#[$doc:meta])+ $Code:ident = $status:literal,)+) => {
        /// What went wrong. Programs depend on the names: none is renamed or given another meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum ErrorCode {
            $($(#[$doc])+ $Code,)+
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$Code,)+];

            /// The status of the HTTP answer.
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$Code => $status,)+
                }
            }
        }
    };
}

codes! {
    /// The request can't be read: its body, a parameter, or a header.
    BadRequest = 400,
    /// The body is longer than any request needs.
    BodyTooLarge = 413,
    /// API Gateway proved nobody.
    Unauthenticated = 401,
    /// The caller can't be told from others.
    UnknownPerson = 403,
    /// The incident is about the caller.
    CompromisedPrincipal = 403,
    /// There is no such route.
    NoSuchRoute = 404,
    /// There is no such incident.
    NoSuchIncident = 404,
    /// There is no such playbook.
    NoSuchPlaybook = 404,
    /// The incident has no such step.
    NoSuchStep = 404,
    /// Nothing is paused there.
    NoSuchPause = 404,
    /// There is no such exemption.
    NoSuchExemption = 404,
    /// Nothing is kept of the incident, or not yet.
    NoEvidence = 404,
    /// What was typed means no target.
    UnreadableTarget = 422,
    /// The playbook doesn't answer this kind of target.
    WrongKind = 422,
    /// The playbook goes less far.
    BeyondPlaybook = 422,
    /// The deployment goes less far.
    BeyondDeployment = 422,
    /// A pause or an exemption would cover too much, or last too long.
    WrongGuard = 422,
    /// An approval must name the plan that was seen.
    PlanRequired = 409,
    /// Too few digits to name a plan.
    PlanTooShort = 409,
    /// Another plan waits than the one that was seen.
    PlanChanged = 409,
    /// The incident is being planned anew.
    AskedAnew = 409,
    /// The incident is closed.
    Closed = 409,
    /// No plan waits.
    NotWaiting = 409,
    /// The plan was decided on.
    AlreadyDecided = 409,
    /// This person has approved; another must.
    AlreadyApprovedByYou = 409,
    /// Too late.
    Expired = 409,
    /// Written down, but the machine has gone on or given up.
    NoLongerWaits = 409,
    /// Only what is closed is undone.
    NotClosed = 409,
    /// Nothing is left to undo.
    NothingToUndo = 409,
    /// Only what is contained is released.
    NotContained = 409,
    /// It is released already.
    AlreadyReleased = 409,
    /// A leaked key isn't switched on again.
    LeakedKey = 409,
    /// The step was made by a version that had another list of actions.
    UnknownAction = 409,
    /// Too many others write at the same time.
    Contended = 409,
    /// Written down, but not carried out yet: ask for the same again.
    Unfinished = 503,
    /// A service that Backstop needs fails.
    Unavailable = 503,
    /// The answer is longer than API Gateway carries.
    AnswerTooLarge = 501,
    /// A fault of Backstop's.
    Internal = 500,
}

impl ErrorCode {
    /// As JSON has it.
    pub fn as_str(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(name)) => name,
            // A unit variant is a text.
            _ => String::new(),
        }
    }
}

/// One error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// Its name.
    pub code: ErrorCode,
    /// What happened, for people.
    pub message: String,
    /// What to type next.
    #[serde(default)]
    pub next: Vec<String>,
}

/// The body of an answer that is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The error.
    pub error: ApiError,
}

/// More than any message of Backstop's has.
const MOST_CHARS: usize = 2_000;

impl ApiError {
    /// The message's commands, which stand in it in backticks, are what to type next.
    pub fn new(code: ErrorCode, message: &str) -> Self {
        let lines: Vec<String> = message.lines().map(text::sanitize).collect();
        let message = text::bounded(&lines.join("\n"), MOST_CHARS);
        Self {
            code,
            next: commands(&message),
            message,
        }
    }
}

fn commands(message: &str) -> Vec<String> {
    let quoted = message.split('`').skip(1).step_by(2);
    quoted
        .filter(|text| text.starts_with("backstop "))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_a_message_are_what_to_type_next() {
        let error = ApiError::new(
            ErrorCode::NotWaiting,
            "incident `01K` is `open`; follow it with `backstop incidents show 01K --watch`\u{1b}[2J",
        );
        assert_eq!(error.next, ["backstop incidents show 01K --watch"]);
        assert!(!error.message.contains('\u{1b}'));
        let json = serde_json::to_string(&ErrorBody { error }).unwrap_or_default();
        assert!(
            json.starts_with(r#"{"error":{"code":"not-waiting","message":"incident"#),
            "{json}"
        );
    }

    #[test]
    fn every_code_has_a_name_and_a_status_of_an_error() {
        for code in ErrorCode::ALL {
            assert!(!code.as_str().is_empty());
            assert!((400..600).contains(&code.status()), "{code:?}");
        }
    }
}
