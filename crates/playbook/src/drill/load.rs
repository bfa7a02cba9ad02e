//! Reading drills from the playbooks' folders.

use std::path::Path;

use backstop_core::PlaybookName;

use super::{Drill, parse, rules};
use crate::{
    load::{self, LoadError},
    suggest,
};

/// The file's name in a playbook's folder.
pub const FILE: &str = "drill.yaml";

/// Every drill of every playbook.
#[derive(Clone, Debug, Default)]
pub struct Drills(Vec<Drill>);

/// A drill can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DrillsError {
    /// The files can't be read, or have mistakes.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// There is none of that name.
    #[error("there is no drill `{wanted}`; there are {known}{hint}")]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: String,
        /// The nearest, if one is near.
        hint: String,
    },
}

impl Drills {
    /// Reads the `drill.yaml` of every playbook's folder below `playbooks`, in the order of their names. All mistakes
    /// are reported together.
    pub fn read(playbooks: &Path) -> Result<Self, DrillsError> {
        let mut files = Vec::new();
        let mut invalid = Vec::new();
        for folder in load::folders(playbooks)? {
            match read_file(&folder) {
                Ok(read) => files.extend(read),
                Err(LoadError::Invalid(broken)) => invalid.extend(broken),
                Err(error) => return Err(error.into()),
            }
        }
        invalid.extend(rules::check_twins(&files));
        if invalid.is_empty() {
            Ok(Self(files.into_iter().flat_map(|file| file.drills).collect()))
        } else {
            Err(LoadError::Invalid(invalid).into())
        }
    }

    /// Every drill.
    pub fn all(&self) -> &[Drill] {
        &self.0
    }

    /// The drill of this name, else the first of the playbook of this name.
    pub fn find(&self, wanted: &str) -> Result<&Drill, DrillsError> {
        let by_name = self.0.iter().find(|drill| *drill.name == wanted);
        by_name
            .or_else(|| self.0.iter().find(|drill| drill.playbook == wanted))
            .ok_or_else(|| self.unknown(wanted))
    }

    fn unknown(&self, wanted: &str) -> DrillsError {
        let names: Vec<&str> = self.0.iter().map(|drill| drill.name.as_str()).collect();
        DrillsError::Unknown {
            wanted: wanted.to_owned(),
            known: format!("`{}`", names.join("`, `")),
            hint: suggest::did_you_mean(wanted, names.iter().copied()),
        }
    }
}

/// A file that is in order by itself.
pub(crate) struct ReadFile {
    pub(crate) playbook: PlaybookName,
    pub(crate) label: String,
    pub(crate) text: String,
    pub(crate) drills: Vec<Drill>,
}

/// The drills in a playbook's folder; none if it has no file.
pub(crate) fn read_file(folder: &Path) -> Result<Option<ReadFile>, LoadError> {
    let path = folder.join(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let text = load::read(&path)?;
    let label = path.to_string_lossy().into_owned();
    let playbook = PlaybookName::new(
        folder
            .file_name()
            .map(|name| name.to_string_lossy())
            .unwrap_or_default(),
    );
    let mut drills = parse(&playbook, &label, &text).map_err(|invalid| LoadError::Invalid(vec![invalid]))?;
    for drill in &mut drills {
        folder.clone_into(&mut drill.folder);
    }
    Ok(Some(ReadFile {
        playbook,
        label,
        text,
        drills,
    }))
}
