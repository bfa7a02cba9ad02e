//! `docs/reference/permissions.md`: what each function's role may do, for which part of which action, and why.

use std::{collections::BTreeMap, fmt::Write as _};

use backstop_actions::{
    Condition, Effect, FunctionSpec, Grant, Part, Piece, Scope, actions_of, functions::FUNCTIONS, pieces,
};

use super::codes;
use crate::template::{self, Stated, statements};

const HEAD: &str = "\
# Permissions

Compiled from the contracts in `crates/actions` by `backstop playbook compile`; the roles in `template.yaml` are compiled
from the same. In a role, `<region>` is every Region and `<role_name>`, or another field of the target, everything; a
session policy made for one target has the target's own there. What begins with a capital is a parameter, or an attribute
of a resource, of the stack. Each function writes its own logs and traces besides.

In a member account ([organization](../organization.md)), `member.yaml` has a role `act-<power>` for each function
`respond-<power>`, with what stands below under its parts, and one role `read` with what any function reads to plan, to verify
and to undo. Neither has what a function has of its own.
";

/// The page.
pub(crate) fn permissions() -> String {
    let mut text = HEAD.to_owned();
    for function in FUNCTIONS.iter().copied() {
        // Writing to a text can't fail.
        write_function(&mut text, function).unwrap_or_default();
    }
    text
}

fn write_function(text: &mut String, function: &FunctionSpec) -> std::fmt::Result {
    writeln!(text, "\n## {}\n\n{}", function.name, function.description)?;
    let stated = statements(function);
    let own = function.statements.len();
    let denies = stated
        .iter()
        .skip(own)
        .filter(|stated| stated.effect == Effect::Deny);
    writeln!(text, "\n### Of its own\n")?;
    writeln!(text, "| | statement | permission | on | only if | why |")?;
    writeln!(text, "| --- | --- | --- | --- | --- | --- |")?;
    for stated in stated.iter().take(own).chain(denies) {
        write_stated(text, stated)?;
    }
    for part in Part::ALL {
        write_part(text, function, part)?;
    }
    Ok(())
}

fn write_stated(text: &mut String, stated: &Stated) -> std::fmt::Result {
    writeln!(
        text,
        "| {} | {} | {} | {} | {} | {} |",
        stated.effect.as_str().to_lowercase(),
        stated.scope.sid,
        codes(stated.actions.iter().copied()),
        resources(&stated.scope),
        conditions(&stated.scope),
        stated.scope.why
    )
}

/// What one part of the function's actions calls, and which of them do.
fn write_part(text: &mut String, function: &FunctionSpec, part: Part) -> std::fmt::Result {
    let mut needed: BTreeMap<(&str, &str), (&Grant, Vec<&str>)> = BTreeMap::new();
    for action in actions_of(function.name) {
        for grant in action.grants.of(part) {
            let entry = needed
                .entry((grant.action, grant.scope.sid))
                .or_insert((grant, Vec::new()));
            entry.1.push(action.id);
        }
    }
    if needed.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n### To {part}\n")?;
    writeln!(text, "| permission | on | only if | needed by | why |")?;
    writeln!(text, "| --- | --- | --- | --- | --- |")?;
    for (grant, actions) in needed.into_values() {
        writeln!(
            text,
            "| `{}` | {} | {} | {} | {} |",
            grant.action,
            resources(grant.scope),
            conditions(grant.scope),
            codes(actions),
            grant.scope.why
        )?;
    }
    Ok(())
}

fn resources(scope: &Scope) -> String {
    let resources: Vec<String> = template::resources(scope).iter().map(|one| worded(one)).collect();
    codes(resources.iter().map(String::as_str))
}

fn conditions(scope: &Scope) -> String {
    let stack = scope.only_if.map(|name| format!("the stack's `{name}`"));
    let conditions = scope.conditions.iter().map(|condition| {
        let Condition {
            operator,
            key,
            values,
        } = condition;
        let values: Vec<String> = values.iter().map(|one| worded(one)).collect();
        format!("`{key}` {operator} `{}`", values.join("`, `"))
    });
    stack
        .into_iter()
        .chain(conditions)
        .collect::<Vec<_>>()
        .join("<br>")
}

fn worded(template: &str) -> String {
    pieces(template)
        .into_iter()
        .map(|piece| match piece {
            Piece::Plain(text) => text.to_owned(),
            Piece::Partition => "<partition>".to_owned(),
            Piece::Account => "<account>".to_owned(),
            Piece::Region => "<region>".to_owned(),
            Piece::Target { field, .. } => format!("<{field}>"),
            Piece::Stack(name) => format!("<{name}>"),
        })
        .collect()
}
