//! `backstop incidents`: what there is, and everything about one.

mod find;
mod list;
mod view;
mod watch;

use backstop_core::incident::Status;
use backstop_terminal::{Exit, Printer};
use clap::{Args, Subcommand};

use crate::{
    api::{ApiOptions, connect},
    command::{CliError, End as _},
};

pub(crate) use find::find;
pub(crate) use view::View;

/// Options of `backstop incidents`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    api: ApiOptions,
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
        Command::List(list) => printer.end(list_all(&arguments.api, &list).await),
        Command::Show(show) => printer.close(show_one(&arguments.api, &show, printer).await),
    }
}

async fn list_all(api: &ApiOptions, arguments: &ListArguments) -> Result<list::Listed, CliError> {
    let api = connect(api).await?;
    Ok(list::list(&api, arguments.status, arguments.most.into()).await?)
}

async fn show_one(api: &ApiOptions, arguments: &ShowArguments, printer: &Printer) -> Result<Exit, CliError> {
    let api = connect(api).await?;
    let id = find(&api, &arguments.incident).await?;
    if arguments.watch {
        return Ok(watch::watch(&api, &id, printer).await?);
    }
    Ok(printer.put(&View::read(&api, &id).await?))
}
