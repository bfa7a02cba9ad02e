//! The parts of `template.yaml` and `member.yaml` that follow from the playbooks and from the contracts of actions and
//! functions.

mod functions;
mod machines;
mod member;
mod policy;
mod routes;
mod yaml;

use backstop_actions::functions::FUNCTIONS;

use crate::catalog::Catalog;

pub use machines::machine_logical_id;
pub(crate) use policy::resources;
pub use policy::{Stated, statements};

const FUNCTION_BLOCK: &str = "compiled functions";
const ROUTES: &str = "compiled routes";
const MACHINES: &str = "compiled machines";
const OUTPUTS: &str = "compiled outputs";
const MEMBER_ROLES: &str = "compiled roles";

/// The template hasn't the place for what is compiled.
#[derive(Debug, thiserror::Error)]
#[error("the template has no line `# {block}: {end}`; put both marker lines back, `begin` before `end`")]
pub struct NoSuchBlock {
    block: &'static str,
    end: &'static str,
}

/// The template with its compiled blocks made anew; all else stays as it is.
pub fn replace_block(template: &str, catalog: &Catalog) -> Result<String, NoSuchBlock> {
    let functions: Vec<String> = FUNCTIONS.iter().copied().map(functions::block).collect();
    let machines: Vec<String> = catalog
        .iter()
        .map(machines::of_playbook)
        .chain([machines::of_undo()])
        .collect();
    let outputs: String = catalog.iter().map(machines::output).collect();
    let template = replace(template, FUNCTION_BLOCK, &parted(&functions))?;
    let door: Vec<String> = routes::routes().into_iter().chain(routes::policies()).collect();
    let template = replace(&template, ROUTES, &parted(&door))?;
    let template = replace(&template, MACHINES, &parted(&machines))?;
    replace(&template, OUTPUTS, &outputs)
}

/// The template of a member account with its compiled block made anew.
pub fn replace_member_block(template: &str) -> Result<String, NoSuchBlock> {
    replace(template, MEMBER_ROLES, &parted(&member::roles()))
}

/// Blocks with an empty line behind each.
fn parted(blocks: &[String]) -> String {
    blocks.iter().map(|block| format!("{block}\n")).collect()
}

/// Keeps the marker lines and replaces what is between them.
fn replace(template: &str, block: &'static str, content: &str) -> Result<String, NoSuchBlock> {
    let (head, rest) = cut_behind(template, block, "begin")?;
    let at = line_start(rest, block, "end")?;
    let tail = rest.get(at..).unwrap_or_default();
    Ok(format!("{head}{content}{tail}"))
}

fn cut_behind<'a>(
    text: &'a str,
    block: &'static str,
    end: &'static str,
) -> Result<(&'a str, &'a str), NoSuchBlock> {
    let start = line_start(text, block, end)?;
    let length = text
        .get(start..)
        .and_then(|rest| rest.find('\n'))
        .map_or(0, |at| at + 1);
    text.split_at_checked(start + length)
        .ok_or(NoSuchBlock { block, end })
}

/// Where the marker's line starts.
fn line_start(text: &str, block: &'static str, end: &'static str) -> Result<usize, NoSuchBlock> {
    let marker = format!("# {block}: {end}");
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim() == marker {
            return Ok(at);
        }
        at += line.len();
    }
    Err(NoSuchBlock { block, end })
}
