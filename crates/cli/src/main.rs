//! `backstop`, the command line of the engineer on call and of the drill leader: this file only wires.

mod api;
mod ask;
mod cli;
mod command;
mod completions;
mod context;
mod coverage;
mod decide;
mod detections;
mod doctor;
mod drill;
mod evidence;
mod exempt;
mod hand_over;
mod incidents;
mod mistakes;
mod new_file;
mod pause;
mod playbook;
mod release;
mod replay;
mod report;
mod run;
mod sign_in;
mod span;
mod undo;

use std::process::ExitCode;

use backstop_terminal::{Format, Printer};
use clap::{CommandFactory, Parser, error::ErrorKind};

use crate::{
    cli::{Cli, Command},
    command::End as _,
};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.output == Format::Markdown && !cli.command.has_markdown() {
        let message = "only `backstop coverage` has markdown: type `--output text` or `--output json`";
        Cli::command().error(ErrorKind::InvalidValue, message).exit();
    }
    let printer = Printer::new(cli.output);
    let exit = match cli.command {
        Command::Incidents(arguments) => incidents::run(arguments, &printer).await,
        Command::Approve(arguments) => printer.end(decide::approve(arguments, &printer).await),
        Command::Deny(arguments) => printer.end(decide::deny(arguments).await),
        Command::Undo(arguments) => printer.end(undo::run(arguments, &printer).await),
        Command::Release(arguments) => printer.end(release::run(arguments).await),
        Command::Report(arguments) => printer.end(report::run(arguments).await),
        Command::Evidence(arguments) => evidence::run(arguments, &printer).await,
        Command::Run(arguments) => printer.end(run::run(arguments, &printer).await),
        Command::Pause(arguments) => pause::pause(arguments, &printer).await,
        Command::Resume(arguments) => printer.end(pause::resume(arguments).await),
        Command::Exempt(arguments) => exempt::run(arguments, &printer).await,
        Command::Doctor(arguments) => printer.end(doctor::run(arguments).await),
        Command::Context(arguments) => context::run(arguments, &printer),
        Command::Playbook(arguments) => playbook::run(arguments, &printer),
        Command::Detections(arguments) => detections::run(arguments, &printer).await,
        Command::Replay(arguments) => printer.end(replay::run(&arguments).await),
        Command::Coverage(arguments) => printer.end(coverage::run(&arguments)),
        Command::Completions(arguments) => printer.end(Ok(completions::script(&arguments, Cli::command()))),
        Command::Drill(arguments) => printer.close(drill::run(arguments, cli.output)),
    };
    exit.into()
}
