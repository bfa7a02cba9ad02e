//! `other`: whatever Backstop has no kind for. A person looks at it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{super::credential, Arn, Kind, Location, Mistyped, Named, Precedence, Resource, Scope, Target};

/// Anything Backstop has no containment for yet; goes to triage.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Other {
    /// GuardDuty's `resourceType` or the CloudFormation type, such as `AWS::EKS::Cluster`.
    pub resource_type: String,
    /// ARN or id.
    pub id: String,
}

impl Kind for Other {
    fn name() -> &'static str {
        "other"
    }

    fn example() -> Self {
        Self {
            resource_type: "AWS::EKS::Cluster".to_owned(),
            id: "example".to_owned(),
        }
    }

    /// Unknown, so that the Region counts, unless the ARN says that there is none.
    fn scope(&self) -> Scope {
        match Arn::read(&self.id) {
            Some(arn) if arn.region.is_empty() => Scope::Global,
            Some(_) | None => Scope::Regional,
        }
    }

    fn precedence(&self) -> Precedence {
        Precedence::Other
    }

    fn id(&self) -> String {
        format!("{}/{}", self.resource_type, self.id)
    }

    /// Hostile text isn't compared with patterns of ARNs.
    fn arn(&self, _at: &Location) -> Option<String> {
        None
    }

    fn is_well_formed(&self) -> bool {
        false
    }

    fn typed(&self, _at: &Location) -> Option<String> {
        None
    }

    fn typed_form() -> Option<&'static str> {
        None
    }

    fn read_typed(_text: &str, _at: &Location) -> Option<Result<Target, Mistyped>> {
        None
    }

    fn read_arn(_arn: &Arn<'_>) -> Option<Result<Resource, Mistyped>> {
        None
    }

    /// It is what is left when no kind takes a resource, so that it takes none.
    fn read_named(_named: &Named<'_>) -> Option<Result<Resource, &'static str>> {
        None
    }

    fn guardduty_types() -> &'static [&'static str] {
        &[]
    }

    fn once_contained(&self) -> &'static [&'static str] {
        &["find out how it came to this, and whether other resources are in reach of it"]
    }

    fn how_it_began(&self) -> &'static str {
        credential::HOW_IT_BEGAN
    }
}

impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.resource_type, self.id)
    }
}
