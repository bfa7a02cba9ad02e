//! `docs/reference/actions.md`: what each action does, on what, whom it affects, and which options it takes.

use std::fmt::Write as _;

use backstop_actions::{ActionSpec, OptionSpec, Part};

use super::codes;
use crate::check::phase_name;

const HEAD: &str = "\
# Actions

Compiled from the contracts in `crates/actions` by `backstop playbook compile`. A playbook names an action in a step, and
gives it options under `with`. What each may call on which resources, and why, is in [permissions](permissions.md).
";

/// The page.
pub(crate) fn actions() -> String {
    let mut text = HEAD.to_owned();
    for action in backstop_actions::actions() {
        // Writing to a text can't fail.
        write_action(&mut text, action).unwrap_or_default();
    }
    text
}

fn write_action(text: &mut String, action: &ActionSpec) -> std::fmt::Result {
    let join = |words: Vec<&str>| words.join(", ");
    writeln!(text, "\n## {}\n\n{}.\n", action.id, action.sentence)?;
    writeln!(text, "| | |\n| --- | --- |")?;
    writeln!(text, "| function | `{}` |", action.function)?;
    let phases = action.phases.iter().copied().map(phase_name).collect();
    writeln!(text, "| phases | {} |", join(phases))?;
    let targets = action.targets.iter().map(|kind| kind.as_str()).collect();
    writeln!(text, "| acts on | {} |", join(targets))?;
    writeln!(text, "| affects | {} |", action.impact)?;
    writeln!(text, "| furthest mode | {} |", action.impact.maximum_mode())?;
    for part in Part::ALL {
        let names = action.grants.names(part);
        if !names.is_empty() {
            writeln!(text, "| {part} calls | {} |", codes(names))?;
        }
    }
    write_options(text, action.options)
}

fn write_options(text: &mut String, options: &[OptionSpec]) -> std::fmt::Result {
    if options.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n| option | what it may be | default | what it does |")?;
    writeln!(text, "| --- | --- | --- | --- |")?;
    for option in options {
        writeln!(
            text,
            "| `{}` | {} | `{}` | {} |",
            option.name(),
            option.wanted(),
            option.default(),
            option.sentence()
        )?;
    }
    Ok(())
}
