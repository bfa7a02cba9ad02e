//! The calls that neither emulator has, each with its reason; everything else is an emulator's to answer.
//!
//! Ministack first checks the caller's signature, key and policies for each of them (see the gateway's
//! `admission`), so a permission taken away is refused here as anywhere.
//!
//! | differs from AWS | why it is harmless in a drill |
//! | --- | --- |
//! | `LookupEvents` knows a call at once, AWS within about 15 minutes | what is slower in AWS is not promised by a drill |
//! | its events have no request parameters but the one that names the resource | bodies are never recorded |
//! | its events have no answer but the id of a key that was made | secrets are never recorded |
//! | it has only calls that went through the gateway, not those a service makes by itself | an attacker's calls do |
//! | nothing flows in a Session Manager session | only whether it is live matters |
//! | certificates and public keys are stored unread | only their status matters |
//! | GuardDuty, Security Hub and Health have only what was planted, and know only intake's, the sweep's and the investigation's criteria and order | nothing else asks them |
//! | Security Hub is off until something is planted there | it is a switch in AWS, too |
//! | Health refuses until something is planted there | in AWS it answers only with a support plan |

mod findings;
mod hub_findings;
mod iam_credentials;
mod lookup_events;
mod ssm_sessions;

use crate::wire::{Backend, Exchange, Reply};
pub use findings::Findings;
use iam_credentials::IamCredentials;
use ssm_sessions::SsmSessions;

/// One call that the gateway answers by itself.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// The service of its credential scope.
    pub service: &'static str,
    /// The operation.
    pub action: &'static str,
    /// Why no emulator answers it.
    pub reason: &'static str,
}

const NO_CERTIFICATES: &str = "ministack has no signing certificates of users";
const NO_SERVICE_CREDENTIALS: &str = "ministack has no service-specific credentials";
const NO_SESSIONS: &str = "ministack has no Session Manager, and moto answers 500";
const NO_FINDINGS: &str = "moto has detectors, but no findings";
const NO_SSH_KEYS: &str = "ministack has no SSH public keys of users";

/// The whole list.
pub const ANSWERED: [Answered; 21] = [
    of_iam("UploadSigningCertificate", NO_CERTIFICATES),
    of_iam("UpdateSigningCertificate", NO_CERTIFICATES),
    of_iam("DeleteSigningCertificate", NO_CERTIFICATES),
    of_iam("ListSigningCertificates", NO_CERTIFICATES),
    of_iam("CreateServiceSpecificCredential", NO_SERVICE_CREDENTIALS),
    of_iam("UpdateServiceSpecificCredential", NO_SERVICE_CREDENTIALS),
    of_iam("DeleteServiceSpecificCredential", NO_SERVICE_CREDENTIALS),
    of_iam("ListServiceSpecificCredentials", NO_SERVICE_CREDENTIALS),
    of_iam("UploadSSHPublicKey", NO_SSH_KEYS),
    of_iam("UpdateSSHPublicKey", NO_SSH_KEYS),
    of_iam("DeleteSSHPublicKey", NO_SSH_KEYS),
    of_iam("ListSSHPublicKeys", NO_SSH_KEYS),
    Answered {
        service: "cloudtrail",
        action: "LookupEvents",
        reason: "ministack's events lack the names of IAM calls and whose they are; the gateway has both",
    },
    of_ssm("DescribeSessions"),
    of_ssm("StartSession"),
    of_ssm("TerminateSession"),
    Answered {
        service: "guardduty",
        action: "ListFindings",
        reason: NO_FINDINGS,
    },
    Answered {
        service: "guardduty",
        action: "GetFindings",
        reason: NO_FINDINGS,
    },
    Answered {
        service: "health",
        action: "DescribeAffectedEntities",
        reason: "neither emulator has AWS Health",
    },
    Answered {
        service: "securityhub",
        action: "GetFindings",
        reason: "moto has the call, but neither its filters nor its order",
    },
    Answered {
        service: "securityhub",
        action: hub_findings::ACTION,
        reason: "moto imports findings and lists them, but has no `BatchUpdateFindings`; the update is made in moto's own",
    },
];

const fn of_ssm(action: &'static str) -> Answered {
    Answered {
        service: "ssm",
        action,
        reason: NO_SESSIONS,
    }
}

const fn of_iam(action: &'static str, reason: &'static str) -> Answered {
    Answered {
        service: "iam",
        action,
        reason,
    }
}

/// Whether the gateway answers this call.
pub fn lists(service: &str, action: &str) -> bool {
    ANSWERED
        .iter()
        .any(|answered| answered.service == service && answered.action == action)
}

/// What the answers remember.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    iam: IamCredentials,
    ssm: SsmSessions,
    findings: Findings,
}

impl Answers {
    pub(crate) fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Called only for what [`lists`] names.
    pub(crate) async fn answer(&self, backend: &Backend, exchange: &Exchange) -> Reply {
        match exchange.asked.service.as_str() {
            "cloudtrail" => {
                lookup_events::answer(&backend.record.calls(), &exchange.body, &backend.account_id)
            }
            "guardduty" | "health" => self.findings.answer(&exchange.asked, &exchange.body),
            "securityhub" if exchange.asked.action == hub_findings::ACTION => {
                hub_findings::answer(backend, exchange).await
            }
            "securityhub" if hub_findings::asks_for_all(exchange) => {
                hub_findings::imported(backend, exchange).await
            }
            "securityhub" => self.findings.answer(&exchange.asked, &exchange.body),
            "ssm" => self.ssm.answer(exchange),
            _ => self.iam.answer(backend, exchange).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn nothing_else_is_answered_here() {
        let names: BTreeSet<String> = ANSWERED
            .iter()
            .map(|answered| format!("{}:{}", answered.service, answered.action))
            .collect();
        let expected = [
            "cloudtrail:LookupEvents",
            "guardduty:GetFindings",
            "guardduty:ListFindings",
            "health:DescribeAffectedEntities",
            "iam:CreateServiceSpecificCredential",
            "iam:DeleteSSHPublicKey",
            "iam:DeleteServiceSpecificCredential",
            "iam:DeleteSigningCertificate",
            "iam:ListSSHPublicKeys",
            "iam:ListServiceSpecificCredentials",
            "iam:ListSigningCertificates",
            "iam:UpdateSSHPublicKey",
            "iam:UpdateServiceSpecificCredential",
            "iam:UpdateSigningCertificate",
            "iam:UploadSSHPublicKey",
            "iam:UploadSigningCertificate",
            "securityhub:GetFindings",
            "securityhub:PATCH /findings/batchupdate",
            "ssm:DescribeSessions",
            "ssm:StartSession",
            "ssm:TerminateSession",
        ];
        assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), expected);
        assert!(ANSWERED.iter().all(|answered| !answered.reason.is_empty()));
        assert!(!lists("iam", "UpdateAccessKey"));
    }
}
