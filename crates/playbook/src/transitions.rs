//! How many state transitions an execution takes when nothing goes wrong: what Step Functions bills.

use backstop_core::Mode;

use crate::machine::{Choice, Machine, State, States, Then};

/// Transitions of the happy path in a mode: every state entered counts, in every branch. In `approve` mode the
/// plan is approved at once.
pub fn transitions(machine: &Machine, mode: Mode) -> usize {
    walk(&machine.states, &machine.start_at, mode)
}

fn walk(states: &States, start: &str, mode: Mode) -> usize {
    let mut count = 0;
    let mut name = Some(start);
    // No happy path enters a state twice: the bound only keeps a miscompiled circle from running for ever.
    while let Some(state) = name.and_then(|name| states.get(name)).filter(|_| count < 1000) {
        count += 1;
        name = match state {
            State::Choice(choice) => Some(chosen(choice, mode)),
            State::Task(task) => next(&task.then),
            State::Pass(pass) => next(&pass.then),
            State::Wait(wait) => next(&wait.then),
            State::Parallel(parallel) => {
                count += parallel
                    .branches
                    .iter()
                    .map(|branch| walk(&branch.states, &branch.start_at, mode))
                    .sum::<usize>();
                next(&parallel.then)
            }
            // Once: how many items there are isn't known here.
            State::Map(map) => {
                let branch = &map.item_processor.branch;
                count += walk(&branch.states, &branch.start_at, mode);
                next(&map.then)
            }
        };
    }
    count
}

fn chosen(choice: &Choice, mode: Mode) -> &str {
    // What acts is contained, and then read a second time.
    let is_contained = mode != Mode::Observe;
    let is_true = |condition: &str| {
        condition.contains(&format!(".mode = '{mode}'"))
            || condition.contains(".answer = 'approved'")
            || (is_contained && condition.contains(".look_again_at"))
    };
    choice
        .choices
        .iter()
        .find(|rule| is_true(&rule.condition))
        .map_or(choice.default.as_str(), |rule| rule.next.as_str())
}

fn next(then: &Then) -> Option<&str> {
    match then {
        Then::Next(name) => Some(name),
        Then::End => None,
    }
}
