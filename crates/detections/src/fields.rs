//! The fields of a finding that a GuardDuty filter may name. CloudFormation and the API accept any other as well, and
//! such a filter never matches. `fields.py` writes the list from AWS's service model.

use std::sync::LazyLock;

use serde::Serialize;

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its path in the finding, such as `resource.instanceDetails.imageId`.
    pub name: &'static str,
    /// What stands in it.
    pub holds: Holds,
}

/// What stands in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A time; filters compare it in milliseconds since 1970.
    Time,
    /// True or false.
    Flag,
}

impl Holds {
    /// Whether more and less mean something.
    pub const fn is_ordered(self) -> bool {
        matches!(self, Self::Number | Self::Time)
    }
}

/// Sorted by name, as the script writes them.
static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let lines = include_str!("fields.tsv").lines().skip(1);
    let field = |line: &'static str| {
        let (name, holds) = line.split_once('\t')?;
        let holds = match holds {
            "text" => Holds::Text,
            "number" => Holds::Number,
            "time" => Holds::Time,
            "flag" => Holds::Flag,
            _ => return None,
        };
        Some(Field { name, holds })
    };
    lines.filter_map(field).collect()
});

/// All of them, sorted by name.
pub fn all() -> impl Iterator<Item = Field> {
    FIELDS.iter().copied()
}

/// The field of this name.
pub fn named(name: &str) -> Option<Field> {
    let found = FIELDS.binary_search_by(|field| field.name.cmp(name)).ok()?;
    FIELDS.get(found).copied()
}

/// What a person or program with stolen credentials, or inside of a workload, may choose at will: a rule that asks for
/// nothing else is obeyed by whoever reads it. Names of resources, users, sessions and processes, tags, paths, user
/// agents.
pub fn is_chosen_by_attackers(name: &str) -> bool {
    const ENDS: [&str; 24] = [
        ".userAgent",
        ".fullUserAgent",
        ".userAgentCategory",
        ".tags.key",
        ".tags.value",
        ".userName",
        ".username",
        ".sessionName",
        ".user.name",
        ".image",
        ".imagePrefix",
        ".imageDescription",
        ".executablePath",
        ".path",
        ".mountPath",
        ".filePath",
        ".fileName",
        ".scriptPath",
        ".commandLineExample",
        ".groupName",
        ".portName",
        ".functionName",
        ".resourceName",
        ".pwd",
    ];
    // A bucket's name is its own in the whole world; a cluster's, a workload's or a process's is whatever one likes.
    const NAMES: [&str; 8] = [
        "containerDetails.name",
        "containers.name",
        "volumes.name",
        "volumeMounts.name",
        "kubernetesWorkloadDetails.name",
        "process.name",
        "lineage.name",
        "resources.name",
    ];
    ENDS.iter().chain(&NAMES).any(|end| name.ends_with(end))
}

/// What says next to nothing of one finding: how bad, where, when, or of what product.
pub fn is_broad(name: &str) -> bool {
    const BROAD: [&str; 16] = [
        "accountId",
        "arn",
        "associatedAttackSequenceArn",
        "confidence",
        "createdAt",
        "id",
        "partition",
        "region",
        "resource.resourceType",
        "service.archived",
        "service.count",
        "service.eventFirstSeen",
        "service.eventLastSeen",
        "service.resourceRole",
        "severity",
        "updatedAt",
    ];
    const ENDS: [&str; 7] = [
        ".actionType",
        ".countryCode",
        ".countryName",
        ".location.country",
        ".cityName",
        ".geoLocation.lat",
        ".geoLocation.lon",
    ];
    BROAD.contains(&name)
        || ENDS.iter().any(|end| name.ends_with(end))
        || matches!(
            name,
            "title" | "description" | "service.serviceName" | "service.detectorId" | "service.featureName"
        )
}

/// An address of version 4, for which a filter also takes a range.
pub fn is_address(name: &str) -> bool {
    name.ends_with(".ipAddressV4")
        || name.ends_with(".privateIpAddress")
        || name.ends_with(".publicIp")
        || name.ends_with("endpoints.ip")
}

/// Who owns the network that an address is in.
pub fn is_network_owner(name: &str) -> bool {
    name.contains(".organization.") || name.contains(".autonomousSystem.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_every_rule_of_thumb_meets_a_field() {
        assert_eq!(all().count(), include_str!("fields.tsv").lines().count() - 1);
        assert_eq!(all().count(), 623);
        assert!(all().all(|field| named(field.name) == Some(field)), "sorted");
        let met = |is: fn(&str) -> bool| all().filter(|field| is(field.name)).count();
        assert!(
            met(is_chosen_by_attackers) > 40,
            "{}",
            met(is_chosen_by_attackers)
        );
        assert!(met(is_address) > 5);
        assert!(met(is_network_owner) > 10);
        assert_eq!(named("severity").map(|it| it.holds), Some(Holds::Number));
        assert_eq!(named("updatedAt").map(|it| it.holds), Some(Holds::Time));
        assert_eq!(named("resource.instanceDetails.imageID"), None);
    }
}
