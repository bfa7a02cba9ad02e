//! `backstop completions`: what a shell needs to complete this program's commands.

use std::fmt;

use clap::{Args, Command};
use clap_complete::Shell;
use serde::Serialize;

use crate::command::CommandOutput;

/// Options of `backstop completions`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

/// A script for a shell to read.
#[derive(Debug, Serialize)]
pub(crate) struct Script {
    script: String,
}

impl CommandOutput for Script {}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.script)
    }
}

/// Makes the script for the commands as they are.
pub(crate) fn script(arguments: &Arguments, mut commands: Command) -> Script {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut commands, "backstop", &mut script);
    Script {
        script: String::from_utf8_lossy(&script).into_owned(),
    }
}
