//! Which emulator answers which call: the whole routing table.

use super::AwsRequest;
use crate::answers;

/// Who answers a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Route {
    /// Ministack, the spine: IAM is enforced and functions run there.
    Ministack,
    /// Moto, after ministack admitted the caller.
    Moto,
    /// The sandbox itself, after ministack admitted the caller.
    Answered,
}

/// Services whose every call moto answers. `launch.py` takes the same ones away from ministack.
const MOTO_SERVICES: [&str; 7] = [
    "autoscaling",
    "ec2",
    "elasticloadbalancing",
    "guardduty",
    "macie2",
    "rds",
    "securityhub",
];

/// Systems Manager is split: parameters are ministack's, commands need the instances that moto has.
const MOTO_SSM_ACTIONS: [&str; 5] = [
    "CancelCommand",
    "GetCommandInvocation",
    "ListCommandInvocations",
    "ListCommands",
    "SendCommand",
];

pub(super) fn route(asked: &AwsRequest) -> Route {
    let (service, action) = (asked.service.as_str(), asked.action.as_str());
    if answers::lists(service, action) {
        return Route::Answered;
    }
    if MOTO_SERVICES.contains(&service) || (service == "ssm" && MOTO_SSM_ACTIONS.contains(&action)) {
        return Route::Moto;
    }
    Route::Ministack
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::super::request::Protocol;
    use super::*;

    pub(in super::super) fn asked(service: &str, action: &str, protocol: Protocol) -> AwsRequest {
        AwsRequest {
            service: service.to_owned(),
            action: action.to_owned(),
            protocol,
            region: None,
            access_key_id: None,
            resource: None,
            user_agent: None,
            trace: None,
            parameters: BTreeMap::new(),
        }
    }

    #[test]
    fn each_call_goes_where_it_is_known() {
        let expected = [
            ("iam", "UpdateAccessKey", Route::Ministack),
            ("s3", "GetObject", Route::Ministack),
            ("ec2", "CreateSnapshots", Route::Moto),
            ("guardduty", "GET /detector", Route::Moto),
            ("ssm", "GetParameter", Route::Ministack),
            ("ssm", "SendCommand", Route::Moto),
            ("iam", "ListSSHPublicKeys", Route::Answered),
            ("cloudtrail", "LookupEvents", Route::Answered),
            ("cloudtrail", "CreateTrail", Route::Ministack),
        ];
        for (service, action, to) in expected {
            assert_eq!(
                route(&asked(service, action, Protocol::Json)),
                to,
                "{service}:{action}"
            );
        }
    }

    #[test]
    fn the_launcher_takes_moto_services_away_from_ministack() {
        let launcher = include_str!("../../python/launch.py");
        for service in MOTO_SERVICES {
            assert!(
                launcher.contains(&format!("\"{service}\"")),
                "{service} is not in launch.py"
            );
        }
    }
}
