//! `backstop-drill`, behind `cargo drill`: replays a playbook's finding against a disposable account and shows what
//! came of it. This file only wires.

mod drills;
mod error;
mod options;
mod plans;
mod progress;
mod reports;
mod text;

use std::process::ExitCode;

use backstop_core::words::with_causes;
use backstop_terminal::{Format, Printer};
use clap::{CommandFactory as _, Parser as _, error::ErrorKind};

use crate::options::Options;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    if options.output == Format::Markdown {
        let message = "a drill has no markdown: type `--output text` or `--output json`";
        Options::command().error(ErrorKind::InvalidValue, message).exit();
    }
    let printer = Printer::new(options.output);
    let ended = if options.log_of_plan.is_empty() {
        drills::run(options, &printer).await
    } else {
        plans::run(&options.log_of_plan, &printer).await
    };
    let exit = ended.unwrap_or_else(|error| printer.fail(&with_causes(&error), error.exit()));
    exit.into()
}
