//! GuardDuty, which is on and whose malware scans end at once.

use std::sync::Arc;

use backstop_aws::{SdkConfig, answering_by};
use backstop_runtime::testing::forged::FakeAccount;
use serde_json::{Value, json};

use super::{all, write};

/// After the tests' incident was opened.
const STARTED: u64 = 1_800_000_000;

pub(super) fn answers(account: &FakeAccount) -> SdkConfig {
    let kept = Arc::clone(account);
    let (config, _requests) = answering_by("eu-west-1", move |_, asked| {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let answer = match asked.line.rsplit("amazonaws.com").next() {
            Some("/detector") => json!({ "detectorIds": ["d"] }),
            Some("/malware-scan/start") => {
                let arn = body["resourceArn"].as_str().unwrap();
                write(&kept, format!("malware scan of {arn}"), "ended");
                json!({ "scanId": "scan" })
            }
            Some("/malware-scan") => {
                let wanted = &body["filterCriteria"]["filterCriterion"][0]["filterCondition"]["equalsValue"];
                let scans = all(&kept, "malware scan of ", "").into_iter();
                let scans = scans.filter(|(arn, _)| arn == wanted).map(|(arn, _)| {
                    json!({ "scanId": "scan", "resourceArn": arn, "scanStatus": "COMPLETED", "scanStartedAt": STARTED })
                });
                json!({ "scans": scans.collect::<Vec<_>>() })
            }
            Some("/malware-scan/scan") => {
                json!({ "scanResultDetails": { "scanResultStatus": "NO_THREATS_FOUND" } })
            }
            other => unreachable!("no action of this function asks {other:?}"),
        };
        (200, answer.to_string())
    });
    config
}
