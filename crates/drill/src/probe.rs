//! Probes: calls made with a planted credential, before and after, whose outcome is the proof.

use std::{fmt, time::Duration};

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use backstop_emulator::Account;
use backstop_playbook::drill::{ANYONE, Access, Drill, Probe, ProbeCall};
use serde::{Serialize, Serializer};
use tokio::time::{Instant, sleep};

use super::{DrillError, Fixtures, fixtures::Held};

/// IAM is eventually consistent: how long a probe may still see the old state. Once a role's sessions are revoked, new ones
/// fail for a minute too.
pub const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(500);

/// What a probe saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// AWS answered, one way or the other.
    Answered(Access),
    /// Something else went wrong, so it proves nothing.
    Error(String),
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(access) => access.fmt(f),
            Self::Error(error) => write!(f, "error: {error}"),
        }
    }
}

impl Serialize for Seen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A probe's two outcomes beside what was expected.
#[derive(Clone, Debug, Serialize)]
pub struct ProbeResult {
    /// What it shows.
    pub name: String,
    /// Who called.
    pub who: String,
    /// What was expected before.
    pub expected_before: Access,
    /// What was seen before.
    pub before: Option<Seen>,
    /// What was seen after.
    pub after: Option<Seen>,
    /// What was expected after, in this mode.
    pub expected_after: Access,
}

impl ProbeResult {
    /// Whether the state before was as the drill needs it.
    pub fn is_before_as_expected(&self) -> bool {
        self.before == Some(Seen::Answered(self.expected_before))
    }

    /// Whether the state after is as expected.
    pub fn is_after_as_expected(&self) -> bool {
        self.after == Some(Seen::Answered(self.expected_after))
    }
}

/// The probes of a drill that have not been run yet; in `observe` mode nothing may change.
pub fn planned(drill: &Drill, changes_nothing: bool) -> Vec<ProbeResult> {
    let result = |probe: &Probe| ProbeResult {
        name: probe.name.clone(),
        who: probe.who.to_string(),
        expected_before: probe.before,
        before: None,
        after: None,
        expected_after: if changes_nothing {
            probe.before
        } else {
            probe.after
        },
    };
    drill.probes.iter().map(result).collect()
}

/// Runs every probe, and those that differ from `expected` again until `patience` is over.
pub async fn run(
    account: &Account,
    fixtures: &Fixtures,
    probes: &[(Probe, Access)],
    patience: Duration,
) -> Result<Vec<Seen>, DrillError> {
    let until = Instant::now() + patience;
    let mut seen = Vec::new();
    for (probe, expected) in probes {
        loop {
            let mut outcome = one(account, fixtures, probe).await?;
            for _again in 1..probe.times {
                if outcome != Seen::Answered(*expected) {
                    break;
                }
                outcome = one(account, fixtures, probe).await?;
            }
            if outcome == Seen::Answered(*expected) || Instant::now() >= until {
                seen.push(outcome);
                break;
            }
            sleep(PAUSE).await;
        }
    }
    Ok(seen)
}

async fn one(account: &Account, fixtures: &Fixtures, probe: &Probe) -> Result<Seen, DrillError> {
    let s3 = if *probe.who == ANYONE {
        unsigned(account)
    } else {
        match fixtures.credentials(account, &probe.who).await? {
            Held::Credentials(credentials) => aws_sdk_s3::Client::new(&account.sdk_config(credentials)),
            Held::Refused(code) => return Ok(classify(Some(&code), &code)),
        }
    };
    Ok(match &probe.call {
        ProbeCall::ListBuckets => seen(s3.list_buckets().send().await),
        ProbeCall::GetObject { bucket } => {
            let object = s3
                .get_object()
                .bucket(fixtures.bucket(bucket)?)
                .key(super::fixtures::OBJECT);
            seen(object.send().await)
        }
    })
}

fn unsigned(account: &Account) -> aws_sdk_s3::Client {
    let mut nobody = account.sdk_config(account.root()).into_builder();
    nobody.set_credentials_provider(None);
    let config = aws_sdk_s3::config::Builder::from(&nobody.build()).allow_no_auth();
    aws_sdk_s3::Client::from_conf(config.build())
}

fn seen<T, E: ProvideErrorMetadata + std::error::Error>(answer: Result<T, SdkError<E>>) -> Seen {
    match answer {
        Ok(_) => Seen::Answered(Access::Allowed),
        Err(error) => classify(error.code(), &error.to_string()),
    }
}

/// The codes with which AWS refuses a caller: no permission, key off or gone, session ended (Service
/// Authorization Reference and "Common Errors" of S3 and STS). By code, never by message.
fn classify(code: Option<&str>, otherwise: &str) -> Seen {
    const REFUSALS: [&str; 7] = [
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
    ];
    match code {
        Some(code) if REFUSALS.contains(&code) => Seen::Answered(Access::Denied),
        Some(code) => Seen::Error(code.to_owned()),
        None => Seen::Error(otherwise.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_of_the_caller_is_a_denial() {
        assert_eq!(
            classify(Some("InvalidAccessKeyId"), ""),
            Seen::Answered(Access::Denied)
        );
        assert_eq!(classify(Some("AccessDenied"), ""), Seen::Answered(Access::Denied));
        assert_eq!(
            classify(Some("NoSuchBucket"), "").to_string(),
            "error: NoSuchBucket"
        );
        assert_eq!(classify(Some("SlowDown"), "").to_string(), "error: SlowDown");
        assert_eq!(
            classify(None, "dispatch failure").to_string(),
            "error: dispatch failure"
        );
    }
}
