//! `backstop evidence`: gets what is kept of an incident, and checks a copy of it without AWS.

mod fetch;
mod folder;
mod words;

use backstop_terminal::{Exit, Printer};
use clap::{Args, Subcommand};

use crate::{api::ApiOptions, command::End as _};

/// Options of `backstop evidence`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Download an incident's evidence, check it, and say what is there
    Fetch(FetchArguments),
    /// Check a folder of evidence, without AWS: names what is altered, missing or added
    Verify(VerifyArguments),
}

#[derive(Debug, Args)]
struct FetchArguments {
    /// The incident's id, or at least four characters of its beginning or end
    incident: String,
    /// Into this folder, which must be empty or not there yet [default: evidence-<incident>]
    #[arg(long, value_name = "FOLDER")]
    to: Option<std::path::PathBuf>,
    #[command(flatten)]
    api: ApiOptions,
}

#[derive(Debug, Args)]
struct VerifyArguments {
    /// The folder that holds `manifest.json`
    folder: std::path::PathBuf,
    /// The log's head as the closing notice names it: names a log that was written anew since
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
}

/// Runs `backstop evidence`.
pub(crate) async fn run(arguments: Arguments, printer: &Printer) -> Exit {
    match arguments.command {
        Command::Fetch(arguments) => printer.end(fetch::fetch(arguments).await),
        Command::Verify(arguments) => {
            printer.end(folder::verify(&arguments.folder, arguments.head.as_deref()))
        }
    }
}
