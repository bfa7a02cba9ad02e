//! `backstop playbook new`: writes the files that a playbook begins with.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use backstop_playbook::{NewError, new_playbook};
use backstop_terminal::Exit;
use serde::Serialize;

use crate::{
    command::{CliError, CommandError, CommandOutput},
    new_file::write,
};

#[derive(Serialize)]
pub(super) struct Created {
    playbook: String,
    files: Vec<PathBuf>,
}

impl CommandOutput for Created {}

impl fmt::Display for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "began playbook {}:", self.playbook)?;
        for file in &self.files {
            writeln!(f, "  {}", file.display())?;
        }
        write!(
            f,
            "\nedit them, then check: backstop playbook lint\ncompile it: backstop playbook compile\n\
             prove it: backstop drill {}",
            self.playbook
        )
    }
}

impl CommandError for NewError {
    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

pub(super) fn create(playbooks: &Path, name: &str) -> Result<Created, CliError> {
    let files = new_playbook(playbooks, name)?;
    for file in &files {
        write(&file.path, &file.text)?;
    }
    Ok(Created {
        playbook: name.to_owned(),
        files: files.into_iter().map(|file| file.path).collect(),
    })
}
