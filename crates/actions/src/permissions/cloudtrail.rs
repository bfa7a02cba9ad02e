//! Permissions of CloudTrail.

use crate::{Grant, Scope};

/// The event history.
static EVENT_HISTORY: Scope = Scope::everything(
    "ReadTheEventHistory",
    "CloudTrail defines no resource for it (Service Authorization Reference). It reaches the account's management events, in every Region: that of a finding isn't known before.",
);

pub const LOOKUP_EVENTS: Grant = Grant::on(&EVENT_HISTORY, "cloudtrail:LookupEvents");
