//! `backstop context`: deployments by names of one's own, so that no address is typed twice.

mod file;

use std::fmt;

use backstop_client::{ApiUrl, WrongUrl};
use backstop_core::text::for_terminal;
use backstop_terminal::{Exit, Printer};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::command::{CliError, CommandError, CommandOutput, End as _};
pub(crate) use file::{Context, Contexts};

/// Options of `backstop context`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Name a deployment; the first one is in use at once
    Add(AddArguments),
    /// Use a context from now on
    Use {
        /// Its name
        name: String,
    },
    /// List the contexts
    List,
    /// Forget a context
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
struct AddArguments {
    /// A name of your own: letters, digits, `.`, `-` and `_`
    #[arg(value_parser = name)]
    name: String,
    /// Where it is: the stack's output `Api`
    #[arg(long, value_name = "URL")]
    api: String,
    /// Its Region, if the address doesn't name it
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// A profile of ~/.aws/config to ask it with
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
}

/// The contexts, and which is in use.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Listed(Contexts);

impl CommandOutput for Listed {}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Contexts { current, contexts } = &self.0;
        if contexts.is_empty() {
            return f.write_str("no contexts yet; name one: backstop context add NAME --api URL");
        }
        for (place, (name, context)) in contexts.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            let mark = if current.as_ref() == Some(name) { "*" } else { " " };
            write!(f, "{mark} {name}  {}", for_terminal(&context.api))?;
            for (what, value) in [("region", &context.region), ("profile", &context.profile)] {
                if let Some(value) = value {
                    write!(f, "  {what} {}", for_terminal(value))?;
                }
            }
        }
        Ok(())
    }
}

impl CommandError for WrongUrl {
    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

fn name(text: &str) -> Result<String, String> {
    let is_fine = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    is_fine
        .then(|| text.to_owned())
        .ok_or_else(|| "letters, digits, `.`, `-` and `_` only, at most 64".to_owned())
}

/// Runs `backstop context`.
pub(crate) fn run(arguments: Arguments, printer: &Printer) -> Exit {
    printer.end(changed(arguments.command))
}

fn changed(command: Command) -> Result<Listed, CliError> {
    let mut contexts = Contexts::read()?;
    match command {
        Command::List => return Ok(Listed(contexts)),
        Command::Add(AddArguments {
            name,
            api,
            region,
            profile,
        }) => {
            let url: ApiUrl = api.parse()?;
            let context = Context {
                api: url.to_string(),
                region,
                profile,
            };
            contexts.contexts.insert(name.clone(), context);
            contexts.current.get_or_insert(name);
        }
        Command::Use { name } => {
            contexts.named(&name)?;
            contexts.current = Some(name);
        }
        Command::Remove { name } => {
            contexts.named(&name)?;
            contexts.contexts.remove(&name);
            if contexts.current.as_ref() == Some(&name) {
                contexts.current = None;
            }
        }
    }
    contexts.write()?;
    Ok(Listed(contexts))
}
