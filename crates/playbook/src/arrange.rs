//! The order of steps, from their `after` lists: what may run at the same time runs at the same time.

use std::collections::BTreeSet;

use backstop_core::StepId;

use crate::playbook::Step;

/// Steps in the order in which they run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Arrangement<'a> {
    /// One step.
    Step(&'a Step),
    /// Each part when the one before has ended.
    Sequence(Vec<Arrangement<'a>>),
    /// All at the same time.
    Together(Vec<Arrangement<'a>>),
}

/// Arranges the steps of a phase; `None` if there are none. Groups that don't wait for one another run side
/// by side; in a group, the steps that wait for nothing come first and the rest is arranged behind them.
pub(crate) fn arrange<'a>(steps: &[&'a Step]) -> Option<Arrangement<'a>> {
    if let [only] = steps {
        return Some(Arrangement::Step(only));
    }
    let mut groups = groups(steps);
    if groups.len() > 1 {
        return Some(Arrangement::Together(
            groups.iter().filter_map(|group| arrange(group)).collect(),
        ));
    }
    let group = groups.pop()?;
    let names: BTreeSet<&StepId> = group.iter().map(|step| &step.step).collect();
    let (first, rest): (Vec<&Step>, Vec<&Step>) = group
        .iter()
        .copied()
        .partition(|step| !step.after.iter().any(|after| names.contains(after)));
    // A circle has no first step; the parser refuses circles, and the file's order does as well as any.
    if first.is_empty() {
        return Some(Arrangement::Sequence(
            group.into_iter().map(Arrangement::Step).collect(),
        ));
    }
    let mut parts: Vec<Arrangement<'a>> = arrange(&first).into_iter().collect();
    match arrange(&rest) {
        Some(Arrangement::Sequence(more)) => parts.extend(more),
        Some(other) => parts.push(other),
        None => {}
    }
    Some(Arrangement::Sequence(parts))
}

/// Splits steps into groups of which none waits for a step of another, in the file's order.
fn groups<'a>(steps: &[&'a Step]) -> Vec<Vec<&'a Step>> {
    let mut groups: Vec<Vec<&'a Step>> = Vec::new();
    for step in steps {
        let (mut joined, apart): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .partition(|group| group.iter().any(|other| are_tied(step, other)));
        joined.push(vec![*step]);
        groups = apart;
        groups.push(joined.concat());
    }
    let place = |step: &Step| steps.iter().position(|other| other.step == step.step);
    for group in &mut groups {
        group.sort_by_key(|step| place(step));
    }
    groups.sort_by_key(|group| group.first().and_then(|step| place(step)));
    groups
}

fn are_tied(a: &Step, b: &Step) -> bool {
    a.after.contains(&b.step) || b.after.contains(&a.step)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn step(name: &str, after: &[&str]) -> Step {
        Step {
            step: name.into(),
            action: "iam.deny-user".into(),
            title: name.to_owned(),
            after: after.iter().map(|name| StepId::from(*name)).collect(),
            high_impact: false,
            at_once: false,
            with: serde_json::Map::new(),
        }
    }

    fn shape(arrangement: &Arrangement<'_>) -> String {
        let all = |parts: &[Arrangement<'_>], between: &str| {
            parts.iter().map(shape).collect::<Vec<_>>().join(between)
        };
        match arrangement {
            Arrangement::Step(step) => step.step.to_string(),
            Arrangement::Sequence(parts) => format!("({})", all(parts, " > ")),
            Arrangement::Together(parts) => format!("[{}]", all(parts, " | ")),
        }
    }

    fn arranged(steps: &[(&str, &[&str])]) -> String {
        let steps: Vec<Step> = steps.iter().map(|(name, after)| step(name, after)).collect();
        shape(&arrange(&steps.iter().collect::<Vec<_>>()).unwrap())
    }

    #[test]
    fn what_does_not_wait_runs_together() {
        assert_eq!(arranged(&[("a", &[])]), "a");
        assert_eq!(arranged(&[("a", &[]), ("b", &[])]), "[a | b]");
        assert_eq!(arranged(&[("b", &["a"]), ("a", &[])]), "(a > b)");
        assert_eq!(
            arranged(&[("a", &[]), ("b", &["a"]), ("c", &[])]),
            "[(a > b) | c]"
        );
        assert_eq!(
            arranged(&[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["b", "c"])]),
            "(a > [b | c] > d)"
        );
        assert_eq!(
            arranged(&[("a", &[]), ("b", &[]), ("c", &["a", "b"])]),
            "([a | b] > c)"
        );
        assert!(arrange(&[]).is_none());
    }
}
