//! Reasons not to act that all products share.

use super::Standing;
use crate::ids::AccountId;

pub(super) fn inactive(reason: impl Into<String>) -> Standing {
    Standing::Inactive {
        reason: reason.into(),
    }
}

/// Account ids that aren't twelve digits are masked or made up: there is nothing to act in.
pub(super) fn of_account(account: &AccountId) -> Standing {
    if account.is_well_formed() {
        Standing::Active
    } else {
        inactive("its account id isn't twelve digits")
    }
}

/// Ids that only GuardDuty's sample findings carry.
pub(super) fn sample_id<'a>(mut ids: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    ids.find_map(|id| match id {
        "i-99999999" => Some("the instance id of samples"),
        _ if id.contains("GeneratedFindingAccessKeyId") => Some("the access key id of samples"),
        _ => None,
    })
}
