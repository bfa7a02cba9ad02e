//! `backstop incidents`: what there is, and everything about one.

mod find;
mod list;
mod view;
mod watch;

use backstop_core::{incident::Status, log::OriginKind};
use backstop_terminal::{Exit, Printer};
use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};

use crate::{
    api::{ApiOptions, connect},
    command::{CliError, End as _},
};

pub(crate) use find::find;
use list::Wanted;
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
    #[arg(long, value_parser = one_of(&Status::ALL, Status::as_str), conflicts_with = "needs_me")]
    status: Option<Status>,
    /// Only those in which a person must decide, or finish something, and those of which a notice reached nobody
    #[arg(long)]
    needs_me: bool,
    /// Only those that this opened; without it, all but plans
    #[arg(long, value_parser = one_of(&OriginKind::ALL, OriginKind::as_str))]
    origin: Option<OriginKind>,
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

/// One of few words, which another is told.
fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    as_str: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.iter().copied().map(as_str)).try_map(move |word| {
        let found = all.iter().copied().find(|one| as_str(*one) == word);
        found.ok_or("no such word")
    })
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
    let wanted = Wanted {
        statuses: if arguments.needs_me {
            Status::ALL
                .into_iter()
                .filter(|status| status.needs_person())
                .collect()
        } else {
            arguments.status.into_iter().collect()
        },
        or_untold: arguments.needs_me,
        origin: arguments.origin,
        without_plans: arguments.origin.is_none(),
    };
    Ok(list::list(&api, wanted, arguments.most.into()).await?)
}

async fn show_one(api: &ApiOptions, arguments: &ShowArguments, printer: &Printer) -> Result<Exit, CliError> {
    let api = connect(api).await?;
    let id = find(&api, &arguments.incident).await?;
    if arguments.watch {
        return Ok(watch::watch(&api, &id, printer).await?);
    }
    Ok(printer.put(&View::read(&api, &id).await?))
}
