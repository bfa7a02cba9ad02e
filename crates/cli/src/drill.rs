//! `backstop drill`: hands over to `backstop-drill`, which reads the options.

use std::ffi::OsString;

use backstop_terminal::{Exit, Format};
use clap::{Args, ValueEnum as _};

use crate::{command::CliError, hand_over::become_it};

/// Options of `backstop drill`, as they were typed.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// A drill's name, or its playbook's, and options: `backstop drill --help` lists them
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "NAME|OPTION"
    )]
    typed: Vec<OsString>,
}

/// Comes back only with an error.
pub(crate) fn run(arguments: Arguments, output: Format) -> Result<Exit, CliError> {
    let mut typed = arguments.typed;
    // What stood before the first of them was read here.
    if output != Format::Text
        && let Some(value) = output.to_possible_value()
    {
        typed.push("--output".into());
        typed.push(value.get_name().into());
    }
    Err(become_it(typed).into())
}
