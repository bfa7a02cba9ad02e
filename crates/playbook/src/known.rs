//! What AWS can send: the names of GuardDuty's finding types and of the Security Hub controls about exposure.

use wildmatch::WildMatch;

/// A GuardDuty finding type (GuardDuty User Guide, "Finding types").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FindingType {
    /// `Purpose:Resource/Family.Detail`.
    pub name: &'static str,
    /// GuardDuty's `resourceType`, or several with `|`; `unknown` where AWS doesn't document it.
    pub resource: &'static str,
    /// The documented severity.
    pub severity: &'static str,
    /// AWS makes no new findings of it; old ones are replayed and kept for 90 days.
    pub retired: bool,
}

/// A Security Hub control (Security Hub User Guide, "Controls reference").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control {
    /// `S3.2`.
    pub id: &'static str,
    /// What it asks for.
    pub title: &'static str,
    /// The documented severity.
    pub severity: &'static str,
}

/// Every known GuardDuty finding type.
pub fn finding_types() -> impl Iterator<Item = FindingType> {
    rows(include_str!("guardduty_types.tsv")).filter_map(|row| match row.as_slice() {
        [name, resource, severity, retired] => Some(FindingType {
            name,
            resource,
            severity,
            retired: *retired == "yes",
        }),
        _ => None,
    })
}

/// Every known Security Hub control.
pub fn controls() -> impl Iterator<Item = Control> {
    rows(include_str!("securityhub_controls.tsv")).filter_map(|row| match row.as_slice() {
        [id, title, severity] => Some(Control { id, title, severity }),
        _ => None,
    })
}

/// The known finding types that a pattern with `*` matches.
pub fn matching(pattern: &str) -> Vec<FindingType> {
    let wild = WildMatch::new(pattern);
    finding_types().filter(|known| wild.matches(known.name)).collect()
}

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split('\t').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(finding_types().count(), 253);
        assert_eq!(controls().count(), 70);
    }

    #[test]
    fn wildcards_reach_retired_types() {
        let found = matching("*:IAMUser/*");
        assert_eq!(found.len(), 44);
        assert!(found.iter().any(|known| known.retired));
        assert!(found.iter().all(|known| known.resource == "AccessKey"));
        assert!(matching("Recon:IAMUser/Nothing*").is_empty());
    }
}
