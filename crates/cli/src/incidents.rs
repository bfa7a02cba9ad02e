//! `backstop incidents`: what there is, and everything about one.

mod find;
mod list;
mod next;
mod view;
mod watch;

use backstop_core::incident::Status;
use backstop_terminal::{Exit, Printer};
use clap::{Args, Subcommand};

use crate::{
    answer::{CliError, End as _},
    aws::{Deployment, StackOptions},
};

pub(crate) use find::{FindError, find};
pub(crate) use view::View;

/// Options of `backstop incidents`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    stack: StackOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List incidents, the newest first
    List(ListArguments),
    /// Show what happened, what was done, what is proven, and what to type next
    Show(ShowArguments),
}

#[derive(Debug, Args)]
struct ListArguments {
    /// Only those with this status, such as `awaiting-approval` or `partially-contained`
    #[arg(long, value_parser = status)]
    status: Option<Status>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    most: u16,
}

#[derive(Debug, Args)]
struct ShowArguments {
    /// The incident's id, or at least four characters of its beginning or end
    incident: String,
    /// Follow it until it is closed
    #[arg(long)]
    watch: bool,
}

/// The statuses have one spelling, that of the log.
fn status(text: &str) -> Result<Status, String> {
    serde_json::from_value(text.into())
        .map_err(|_unknown| "no such status; `backstop incidents list` shows some".to_owned())
}

/// Runs `backstop incidents`.
pub(crate) async fn run(arguments: Arguments, printer: &Printer) -> Exit {
    match arguments.command {
        Command::List(list) => printer.end(list_all(&arguments.stack, &list).await),
        Command::Show(show) => printer.close(show_one(&arguments.stack, &show, printer).await),
    }
}

async fn list_all(stack: &StackOptions, arguments: &ListArguments) -> Result<list::Listed, CliError> {
    let deployment = Deployment::find(stack).await?;
    Ok(list::list(&deployment.ledger, arguments.status, arguments.most.into()).await?)
}

async fn show_one(
    stack: &StackOptions,
    arguments: &ShowArguments,
    printer: &Printer,
) -> Result<Exit, CliError> {
    let deployment = Deployment::find(stack).await?;
    let id = find(&deployment.ledger, &arguments.incident).await?;
    if arguments.watch {
        return Ok(watch::watch(&deployment.ledger, &id, printer).await?);
    }
    Ok(printer.answer(&View::read(&deployment.ledger, &id).await?))
}
