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
