//! What AWS can send: the names of GuardDuty's finding types and of the Security Hub controls about exposure.

use backstop_core::TargetKind;
use serde::Serialize;
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
    /// Who can bring it about.
    pub provoked_by: Provoker,
}

/// Who can bring a finding about: what only an intruder can deserves an answer unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provoker {
    /// Only who has a credential that was never theirs, or runs programs where they have no business.
    Intruder,
    /// Nobody in particular: what was found is a state, such as a bucket open to the world, and the state is the harm.
    State,
    /// Anybody from outside, without a credential: by asking, uploading, mailing, or naming a host.
    Outsider,
    /// People, pipelines and applications of the account at their normal work, or whoever keeps a list of theirs.
    Administrator,
}

impl Provoker {
    /// The word, as the table of finding types has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intruder => "intruder",
            Self::State => "state",
            Self::Outsider => "outsider",
            Self::Administrator => "administrator",
        }
    }

    /// Whether a playbook may answer it unasked.
    pub const fn deserves_auto(self) -> bool {
        matches!(self, Self::Intruder | Self::State)
    }

    fn named(word: &str) -> Option<Self> {
        [Self::Intruder, Self::State, Self::Outsider, Self::Administrator]
            .into_iter()
            .find(|known| known.as_str() == word)
    }
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
    /// The kind of target that its findings name.
    pub target: TargetKind,
}

/// Every known GuardDuty finding type.
pub fn finding_types() -> impl Iterator<Item = FindingType> {
    rows(include_str!("guardduty_types.tsv")).filter_map(|row| match row.as_slice() {
        [name, resource, severity, retired, provoked_by] => Some(FindingType {
            name,
            resource,
            severity,
            retired: *retired == "yes",
            provoked_by: Provoker::named(provoked_by)?,
        }),
        _ => None,
    })
}

/// Finding types of other products that a playbook answers, each with its product (Macie User Guide, "Types of Macie
/// findings"). IAM Access Analyzer has no types: a finding about access for everybody is told apart as it is read.
const PRODUCT_TYPES: [(&str, &str); 3] = [
    ("IAM Access Analyzer", "aws/access-analyzer/public"),
    ("Macie", "Policy:IAMUser/S3BlockPublicAccessDisabled"),
    ("Macie", "Policy:IAMUser/S3BucketPublic"),
];

/// Finding types of other products than GuardDuty that can be named, each with its product.
pub fn product_types() -> impl Iterator<Item = (&'static str, &'static str)> {
    PRODUCT_TYPES.into_iter()
}

/// Every known Security Hub control.
pub fn controls() -> impl Iterator<Item = Control> {
    rows(include_str!("securityhub_controls.tsv")).filter_map(|row| match row.as_slice() {
        [id, title, severity, target] => Some(Control {
            id,
            title,
            severity,
            target: TargetKind::named(target)?,
        }),
        _ => None,
    })
}

/// The known finding types that a pattern with `*` matches.
pub fn matching(pattern: &str) -> Vec<FindingType> {
    let wild = WildMatch::new(pattern);
    finding_types().filter(|known| wild.matches(known.name)).collect()
}

/// The known finding type of this name; `None` for one that AWS added since.
pub fn finding_type(name: &str) -> Option<FindingType> {
    finding_types().find(|known| known.name == name)
}

/// The known control of this id. Case doesn't count: products and years differ in it.
pub fn control(id: &str) -> Option<Control> {
    controls().find(|known| known.id.eq_ignore_ascii_case(id))
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
    fn controls_are_known_in_any_case() {
        assert_eq!(
            control("opensearch.2").map(|known| known.id),
            Some("Opensearch.2")
        );
        assert_eq!(control("PCI.S3.1"), None);
        assert_eq!(
            control("S3.2").map(|known| known.target),
            Some(TargetKind::Bucket)
        );
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
