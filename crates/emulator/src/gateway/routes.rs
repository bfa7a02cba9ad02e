//! Which emulator answers which call: the whole routing table.

use crate::answers;
use crate::wire::AwsRequest;

/// Who answers a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Route {
    /// Ministack, the spine: IAM is enforced and functions run there.
    Ministack,
    /// Moto, after ministack admitted the caller.
    Moto,
    /// The gateway itself, after ministack admitted the caller.
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
mod tests {
    use super::*;
    use crate::wire::{Protocol, asked};

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
