//! `backstop detections new`: writes a suppression rule to start from.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use backstop_detections::{
    skeleton::{NewError, new_suppression},
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
    file: PathBuf,
    schema: PathBuf,
}

impl CommandOutput for Created {}

impl fmt::Display for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "began {}\n\nedit it, then check: backstop detections lint\nsee what it hides: backstop detections test",
            self.file.display()
        )
    }
}

impl CommandError for NewError {
    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

pub(super) fn create(project: &Path, name: &str) -> Result<Created, CliError> {
    let folder = super::folder(project);
    let (file, text) = new_suppression(&folder, name, super::today())?;
    let schema = folder.join("suppression.schema.json");
    write(&file, &text)?;
    // For editors: the rule's first line names it.
    write(&schema, &suppression::schema_text())?;
    Ok(Created { file, schema })
}
