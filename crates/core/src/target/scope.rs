//! How far a name reaches: whether the same name elsewhere is another resource.

use crate::ids::Region;

/// Where a resource's id is unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A service without Regions, or a name that is unique in a partition: the Region of a finding only tells where
    /// it was made.
    Global,
    /// A setting of the account as a whole, which every Region shows.
    Account,
    /// One Region: the same id in another is another resource.
    Regional,
    /// One Availability Zone, which is named.
    Zonal(String),
}

impl Scope {
    /// What stands in a target's key for the place. Settings of the account have no place either.
    pub(super) fn in_key<'a>(&'a self, region: &'a Region) -> &'a str {
        match self {
            Self::Global | Self::Account => "global",
            Self::Regional => region.as_str(),
            Self::Zonal(zone) => zone,
        }
    }
}
