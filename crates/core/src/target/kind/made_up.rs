//! A kind that doesn't exist, in test builds only: this file and its line in the list of kinds are all that there is of
//! it, and the tests show that everything else knows it by them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{super::name, Arn, Kind, Location, Mistyped, Named, Precedence, Resource, Scope, Target};

/// A volume of one Availability Zone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MadeUp {
    /// `m-…`
    pub volume_id: String,
    /// `eu-west-1a`
    pub zone: String,
}

impl MadeUp {
    fn read(id: &str) -> Option<Self> {
        (id.starts_with("m-") && name::is_iam_name(id)).then(|| Self {
            volume_id: id.to_owned(),
            zone: "eu-west-1a".to_owned(),
        })
    }
}

impl Kind for MadeUp {
    fn name() -> &'static str {
        "made-up"
    }

    fn example() -> Self {
        Self {
            volume_id: "m-0123456789abcdef0".to_owned(),
            zone: "eu-west-1a".to_owned(),
        }
    }

    fn scope(&self) -> Scope {
        Scope::Zonal(self.zone.clone())
    }

    fn precedence(&self) -> Precedence {
        Precedence::Other
    }

    fn id(&self) -> String {
        self.volume_id.clone()
    }

    fn arn(&self, at: &Location) -> Option<String> {
        let Location {
            account,
            region,
            partition,
        } = at;
        Some(format!(
            "arn:{partition}:made:{region}:{account}:volume/{}",
            self.volume_id
        ))
    }

    fn is_well_formed(&self) -> bool {
        Self::read(&self.volume_id).is_some()
    }

    fn typed(&self, at: &Location) -> Option<String> {
        self.arn(at)
    }

    fn typed_form() -> Option<&'static str> {
        Some("a made-up volume's id (m-…)")
    }

    fn read_typed(text: &str, at: &Location) -> Option<Result<Target, Mistyped>> {
        Self::read(text).map(|volume| Ok(at.target(volume)))
    }

    fn read_arn(arn: &Arn<'_>) -> Option<Result<Resource, Mistyped>> {
        Self::read(arn.name_of("made", "volume")?).map(|volume| Ok(volume.into()))
    }

    fn read_named(named: &Named<'_>) -> Option<Result<Resource, &'static str>> {
        (named.resource_type == "AWS::Made::Volume")
            .then(|| Self::read(named.name).map(Resource::from).ok_or("a volume's id"))
    }

    fn guardduty_types() -> &'static [&'static str] {
        &["MadeVolume"]
    }

    fn once_contained(&self) -> &'static [&'static str] {
        &["tell the owner of the volume"]
    }

    fn how_it_began(&self) -> &'static str {
        "Who made the volume up?"
    }
}

impl fmt::Display for MadeUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "made-up volume {}", self.volume_id)
    }
}
