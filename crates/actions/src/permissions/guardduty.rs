//! Permissions of GuardDuty.

use super::NO_RESOURCE;
use crate::{Grant, Scope};

pub const GET_FINDINGS: Grant = Grant::on(&NO_RESOURCE, "guardduty:GetFindings");
pub const LIST_DETECTORS: Grant = Grant::on(&NO_RESOURCE, "guardduty:ListDetectors");
pub const LIST_FINDINGS: Grant = Grant::on(&NO_RESOURCE, "guardduty:ListFindings");
pub const GET_MALWARE_SCAN: Grant = Grant::on(&NO_RESOURCE, "guardduty:GetMalwareScan");
pub const LIST_MALWARE_SCANS: Grant = Grant::on(&NO_RESOURCE, "guardduty:ListMalwareScans");

/// Malware scans, started.
static SCANS: Scope = Scope::everything(
    "ScanForMalware",
    "It takes no resource (Service Authorization Reference): it reaches every instance of the account. GuardDuty scans by a service-linked role of its own.",
);

pub const START_MALWARE_SCAN: Grant = Grant::on(&SCANS, "guardduty:StartMalwareScan");
