//! `backstop release`: nobody needs to look any more whether what an incident did holds.

use std::fmt;

use backstop_core::{
    api::{ReleaseAnswer, ReleaseRequest},
    text::for_terminal,
};
use clap::Args;
use serde::Serialize;

use crate::{
    api::{ApiOptions, connect},
    command::{CliError, CommandOutput},
    incidents::find,
};

/// Options of `backstop release`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The incident's id, or at least four characters of its beginning or end
    incident: String,
    /// Why, for the log and for whoever is on call next
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    api: ApiOptions,
}

/// An incident that is released.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Released(ReleaseAnswer);

impl CommandOutput for Released {}

impl fmt::Display for Released {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReleaseAnswer { incident, by, .. } = &self.0;
        write!(
            f,
            "released incident {incident} as {}: nothing is undone, and nobody looks any more whether what was done holds\n\n\
             undo it: backstop undo {incident}",
            for_terminal(by)
        )
    }
}

/// Runs `backstop release`. It changes no account: nothing is asked.
pub(crate) async fn run(arguments: Arguments) -> Result<Released, CliError> {
    let api = connect(&arguments.api).await?;
    let incident = find(&api, &arguments.incident).await?;
    let request = ReleaseRequest {
        reason: arguments.reason,
    };
    let path = ["incidents", incident.as_str(), "release"];
    Ok(Released(api.post(&path, &request).await?))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn it_says_what_stays_and_json_has_who_and_why() {
        let json = serde_json::json!({
            "incident": "01JDXQ6T8R7M5V9N2K4H3G1FZB", "status": "released",
            "by": "arn:aws:iam::123456789012:user/alice", "reason": "the key was rotated", "at": "2026-01-01T00:00:00Z",
        });
        let released = Released(serde_json::from_value(json.clone()).unwrap());
        assert_eq!(
            released.to_string(),
            "released incident 01JDXQ6T8R7M5V9N2K4H3G1FZB as arn:aws:iam::123456789012:user/alice: nothing is undone, and \
             nobody looks any more whether what was done holds\n\nundo it: backstop undo 01JDXQ6T8R7M5V9N2K4H3G1FZB"
        );
        assert_eq!(serde_json::to_value(&released).unwrap(), json);
    }
}
