//! What a function's role may do: one statement for each scope of its actions' grants, beside the function's own, and
//! the denies that hold even if the guardrails are wrong.

use backstop_actions::{
    Condition, Effect, FunctionSpec, Grant, Scope, Statement, actions_of,
    functions::{EVERY_RESPONDER, responders},
    is_reading,
};

use super::yaml::{Lines, filled, scalar};
use crate::compile::pascal_case;

/// One statement of a role's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// Whether it allows or denies.
    pub effect: Effect,
    /// IAM's names, sorted.
    pub actions: Vec<&'static str>,
    /// On what, and under which conditions.
    pub scope: Scope,
}

/// Roles that nothing changes: the stack's own, and those that belong to AWS. By their whole paths, with the slash
/// behind: nobody can name themselves out of reach.
const OWN_AND_AWS_ROLES: &[&str] = &[
    "arn:{partition}:iam::{account}:role/{AWS::StackName}/*",
    "arn:{partition}:iam::{account}:role/aws-service-role/*",
    "arn:{partition}:iam::{account}:role/aws-reserved/sso.amazonaws.com/*",
];

/// Why a Deny stands where guardrails refuse.
pub(super) const EVEN_IF_GUARDRAILS_ARE_WRONG: &str =
    "The guardrails refuse these as well; this holds even if they are wrong.";

/// What the role of a function may do and may not.
pub fn statements(function: &FunctionSpec) -> Vec<Stated> {
    let grants: Vec<&Grant> = actions_of(function.name)
        .flat_map(|action| action.grants.all())
        .collect();
    let mut statements: Vec<Stated> = function.statements.iter().map(own).collect();
    statements.extend(allowed(&grants));
    statements.extend(never_roles(
        &grants,
        Scope {
            why: EVEN_IF_GUARDRAILS_ARE_WRONG,
            ..Scope::of("NeverItsOwnNorAwsRoles", OWN_AND_AWS_ROLES)
        },
    ));
    statements.extend(never_break_glass(&grants));
    statements.extend(only_inside(function, &statements));
    statements
}

/// A statement of a contract.
pub(super) fn own(statement: &Statement) -> Stated {
    Stated {
        effect: statement.effect,
        actions: sorted(statement.actions.iter().copied()),
        scope: statement.scope,
    }
}

/// What the grants allow: first what only reads.
pub(super) fn allowed(grants: &[&Grant]) -> impl Iterator<Item = Stated> {
    let (reading, changing): (Vec<Stated>, Vec<Stated>) = by_scope(grants)
        .into_iter()
        .partition(|stated| stated.actions.iter().all(|action| is_reading(action)));
    reading.into_iter().chain(changing)
}

/// A statement for each scope, in the order in which they are met.
fn by_scope(grants: &[&Grant]) -> Vec<Stated> {
    let mut statements: Vec<Stated> = Vec::new();
    for grant in grants {
        let found = statements.iter_mut().find(|stated| stated.scope == *grant.scope);
        match found {
            Some(stated) => {
                stated.actions.push(grant.action);
                stated.actions = sorted(stated.actions.drain(..));
            }
            None => statements.push(Stated {
                effect: Effect::Allow,
                actions: vec![grant.action],
                scope: *grant.scope,
            }),
        }
    }
    statements
}

/// What changes roles is denied on those of the scope.
pub(super) fn never_roles(grants: &[&Grant], scope: Scope) -> Option<Stated> {
    let reaches_roles = |grant: &&&Grant| {
        let mut resources = grant.scope.resources.iter();
        resources.any(|resource| resource.starts_with("arn:{partition}:iam::{account}:role/"))
    };
    let changing = grants
        .iter()
        .filter(reaches_roles)
        .filter(|grant| !grant.only_reads());
    denied(sorted(changing.map(|grant| grant.action)), scope)
}

/// Whatever it may change; what it may only read is left out, so that a guardrail can say whom it protects.
pub(super) fn never_break_glass(grants: &[&Grant]) -> Option<Stated> {
    let changing = grants
        .iter()
        .filter(|grant| !grant.only_reads() && grant.scope.resources != ["*"]);
    denied(
        sorted(changing.map(|grant| shortened(grant.action))),
        Scope {
            only_if: Some("HasBreakGlass"),
            ..Scope::of("NeverBreakGlass", &["{BreakGlassArns}"])
        },
    )
}

/// Where no call that only reads is about a resource which a guardrail protects, the whole service in one word: a role's
/// policy has no room for each call twice.
fn shortened(action: &'static str) -> &'static str {
    match action.split_once(':') {
        Some(("autoscaling", _)) => "autoscaling:*",
        Some(("ec2", _)) => "ec2:*",
        Some(("ecs", _)) => "ecs:*",
        Some(("elasticloadbalancing", _)) => "elasticloadbalancing:*",
        _ => action,
    }
}

/// What may grant something, the role does from inside of its function alone: passed to another one, or assumed by
/// somebody, it writes no policy, no trust, no record and no proof. Left out is `iam:PassRole`, which AWS's services check
/// in the role's name while they do what the function asked for: AWS doesn't say that they know the function.
fn only_inside(function: &FunctionSpec, statements: &[Stated]) -> Option<Stated> {
    let allowed = statements.iter().filter(|stated| stated.effect == Effect::Allow);
    let granting = allowed
        .flat_map(|stated| stated.actions.iter().copied())
        .filter(|action| may_grant(action) && !is_reading(action));
    let actions = if function.outside.is_empty() {
        Vec::new()
    } else {
        sorted(granting)
    };
    denied(
        actions,
        Scope {
            conditions: function.outside,
            ..Scope::everything(
                "OnlyInsideItsFunction",
                "Whoever passes the role to a function of their own, or gets to assume it, grants nothing with it.",
            )
        },
    )
}

/// Changes of identities, of who may reach what is in a bucket, of the log, of proofs, and of an instance's role. Not all
/// changes: those of `respond-ec2` don't fit twice into the 10,240 characters that IAM takes of a role's policies.
fn may_grant(action: &str) -> bool {
    match action.split_once(':') {
        Some(("iam", "PassRole") | ("dynamodb", "Query")) => false,
        Some(("dynamodb" | "iam" | "s3", _) | ("ec2", "AssociateIamInstanceProfile")) => true,
        _ => false,
    }
}

fn denied(actions: Vec<&'static str>, scope: Scope) -> Option<Stated> {
    (!actions.is_empty()).then_some(Stated {
        effect: Effect::Deny,
        actions,
        scope,
    })
}

fn sorted(actions: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut actions: Vec<&str> = actions.collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}

/// The templates of a scope's resources, each responder's for all of them.
pub(crate) fn resources(scope: &Scope) -> Vec<String> {
    let of = |function: &FunctionSpec| format!("{{{}Function.Arn}}", pascal_case(function.name));
    let each = |template: &&str| match *template {
        EVERY_RESPONDER => responders().map(of).collect(),
        one => vec![one.to_owned()],
    };
    scope.resources.iter().flat_map(each).collect()
}

/// Writes a statement as an entry of a list.
pub(super) fn write(lines: &mut Lines, indent: usize, stated: &Stated) {
    lines.comment(indent, stated.scope.why);
    let Some(only_if) = stated.scope.only_if else {
        return write_entry(lines, indent, stated);
    };
    lines.add(indent, "- !If");
    lines.add(indent + 2, &format!("- {only_if}"));
    write_entry(lines, indent + 2, stated);
    lines.add(indent + 2, "- !Ref AWS::NoValue");
}

fn write_entry(lines: &mut Lines, indent: usize, stated: &Stated) {
    let filled = |templates: &[&str]| templates.iter().map(|one| filled(one)).collect::<Vec<_>>();
    let named = resources(&stated.scope);
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    let actions: Vec<String> = stated.actions.iter().map(|action| scalar(action)).collect();
    lines.add(indent, &format!("- Sid: {}", stated.scope.sid));
    lines.add(indent + 2, &format!("Effect: {}", stated.effect.as_str()));
    lines.list(indent + 2, "Action", &actions);
    lines.list(indent + 2, "Resource", &filled(&named));
    if stated.scope.conditions.is_empty() {
        return;
    }
    lines.add(indent + 2, "Condition:");
    let mut operator = "";
    for condition in stated.scope.conditions {
        if operator != condition.operator {
            operator = condition.operator;
            lines.add(indent + 4, &format!("{}:", scalar(operator)));
        }
        let Condition { key, values, .. } = condition;
        lines.list(indent + 6, key, &filled(values));
    }
}
