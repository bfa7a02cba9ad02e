//! Permissions of GuardDuty.

use crate::{Grant, Scope};

/// What GuardDuty found in the account and Region.
static FINDINGS: Scope = Scope::everything(
    "ReadGuardDuty",
    "None of these takes a resource (Service Authorization Reference).",
);

pub const GET_FINDINGS: Grant = Grant::on(&FINDINGS, "guardduty:GetFindings");
pub const LIST_DETECTORS: Grant = Grant::on(&FINDINGS, "guardduty:ListDetectors");
pub const LIST_FINDINGS: Grant = Grant::on(&FINDINGS, "guardduty:ListFindings");
pub const GET_MALWARE_SCAN: Grant = Grant::on(&FINDINGS, "guardduty:GetMalwareScan");
pub const LIST_MALWARE_SCANS: Grant = Grant::on(&FINDINGS, "guardduty:ListMalwareScans");

/// Malware scans, started.
static SCANS: Scope = Scope::everything(
    "ScanForMalware",
    "It takes no resource (Service Authorization Reference): it reaches every instance of the account. GuardDuty scans by a service-linked role of its own.",
);

pub const START_MALWARE_SCAN: Grant = Grant::on(&SCANS, "guardduty:StartMalwareScan");
