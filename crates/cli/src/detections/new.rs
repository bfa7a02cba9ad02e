//! `backstop detections new`: writes files to start from, and the schemas that editors check them by.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use backstop_detections::{
    skeleton::{NewError, new_suppression},
    starter::{Begun, starter},
    suppression,
};
use backstop_terminal::Exit;
use serde::Serialize;

use crate::{
    command::{CliError, CommandError, CommandOutput},
    new_file::write,
};

#[derive(Serialize)]
pub(super) struct Created {
    files: Vec<PathBuf>,
    #[serde(skip)]
    is_rule: bool,
}

impl CommandOutput for Created {}

impl fmt::Display for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            writeln!(f, "wrote {}", file.display())?;
        }
        let next = match self.is_rule {
            true => {
                "edit it, then check: backstop detections lint\nsee what it hides: backstop detections test"
            }
            false => {
                "say in each who answers for it, then check: backstop detections lint\nmake the template: \
                      backstop detections compile"
            }
        };
        write!(f, "\n{next}")
    }
}

impl CommandError for NewError {
    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

impl CommandError for Begun {
    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

pub(super) fn create(project: &Path, name: Option<&str>) -> Result<Created, CliError> {
    let folder = super::folder(project);
    let files = match name {
        Some(name) => vec![
            new_suppression(&folder, name, super::today())?,
            // The rule's first line names it.
            (folder.join("suppression.schema.json"), suppression::schema_text()),
        ],
        None => starter(&folder)?,
    };
    for (path, text) in &files {
        write(path, text)?;
    }
    Ok(Created {
        files: files.into_iter().map(|(path, _)| path).collect(),
        is_rule: name.is_some(),
    })
}
