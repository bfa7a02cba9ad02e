//! The case that an incident belongs to: what one finding, or findings on one resource within some hours, opened.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    ids::IncidentId,
    target::{Precedence, Target, kind},
};

/// What follows on the same resource within this time is one case with what was before.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(6);
/// An incident lists this many resources; the raw finding, which is kept as evidence, has the rest.
const MOST_NAMED: usize = 500;
/// And this many bytes of them: a log record is an item of the incidents table, of at most 400 KB.
const MOST_BYTES: usize = 128 * 1024;

const OBJECT: &str = "AWS::S3::Object";

/// What an incident's first event says of its case. Left out where there is nothing to say, since older records have no
/// such field and keep their hash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The incident that opened the case; nothing where this one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<IncidentId>,
    /// What the finding names besides the target, and what no other incident answers: this one tells of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<Target>,
    /// How many more it names than fit.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Case {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The case of one that tells of these as well: each once, and the target not again.
    pub fn telling_of<'a>(target: &Target, others: impl IntoIterator<Item = &'a Target>) -> Self {
        let mut seen = std::collections::BTreeSet::from([target.key()]);
        let mut case = Self::default();
        let mut bytes = 0;
        for other in others {
            if !seen.insert(other.key()) {
                continue;
            }
            bytes += size_of_record(other);
            if case.named.len() < MOST_NAMED && bytes <= MOST_BYTES {
                case.named.push(other.clone());
            } else {
                case.more += 1;
            }
        }
        case
    }

    /// How many resources the incident tells of besides its target.
    pub fn others(&self) -> u64 {
        u64::try_from(self.named.len())
            .unwrap_or(u64::MAX)
            .saturating_add(self.more)
    }

    /// The incident under which people have the whole case, for an incident of this id.
    pub fn id<'a>(&'a self, incident: &'a IncidentId) -> &'a IncidentId {
        self.first.as_ref().unwrap_or(incident)
    }
}

/// About what it takes in the log: names are the long part.
fn size_of_record(target: &Target) -> usize {
    const FRAME: usize = 160;
    FRAME + target.key().len()
}

/// Whether what happens at this time is one case with what ended, or was opened, at that.
pub fn is_within(before: Timestamp, now: Timestamp) -> bool {
    now.duration_since(before) < WINDOW
}

/// What people are told of in place of this target: an object is told by its bucket, since twenty infected ones are one
/// matter. Only for what nothing but telling is done about.
pub fn subject_of(target: &Target) -> Target {
    bucket_of(target).unwrap_or_else(|| target.clone())
}

fn bucket_of(target: &Target) -> Option<Target> {
    let object = kind::Other::of(&target.resource).filter(|other| other.resource_type == OBJECT)?;
    // `arn:aws:s3:::bucket/any/key`
    let (_, name) = object.id.split_once(":::")?;
    let (bucket, _) = name.split_once('/')?;
    let bucket = kind::Bucket::found(bucket);
    let told = Target {
        resource: bucket,
        ..target.clone()
    };
    told.resource.is_well_formed().then_some(told)
}

/// Whether findings of this kind about one bucket say the same again: each is about one more object of it.
pub fn is_of_object(finding_type: &str) -> bool {
    finding_type.starts_with("Object:S3/")
}

/// The order in which a finding's targets are answered: credentials, then instances, then the rest.
pub fn rank(target: &Target) -> u8 {
    match target.resource.precedence() {
        Precedence::Credential => 0,
        Precedence::Compute => 1,
        Precedence::Data | Precedence::Other => 2,
    }
}

#[cfg(test)]
mod tests;
