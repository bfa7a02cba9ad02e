//! `backstop`, the command line of the engineer on call and of the drill leader: this file only wires.

mod answer;
mod cli;
mod drill;
mod exit;
mod printer;
mod progress;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    cli::{Cli, Command},
    printer::Printer,
};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let printer = Printer::new(cli.output);
    let exit = match cli.command {
        Command::Drill(arguments) => printer.end(drill::run(arguments, &printer).await),
    };
    exit.into()
}
