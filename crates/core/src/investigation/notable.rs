//! What a person must know of, a line for each. What was done a hundred times over in the same way is one line.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    call::{self, Call},
    meaning::Meaning,
    subject::Subject,
};
use crate::text;

/// A line names no more than this many things, and is no longer than this.
const MOST_NAMES: usize = 5;
const LINE_CHARS: usize = 200;

/// The lines so far, in the order of the first call of each.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: Vec<Line>,
    by_what: BTreeMap<String, usize>,
}

#[derive(Debug)]
struct Line {
    text: String,
    repeated: u32,
    last: Timestamp,
}

impl Lines {
    /// Takes in one more call.
    pub(super) fn add(&mut self, what: String, call: &Call) {
        if let Some(line) = self.by_what.get(&what).and_then(|at| self.lines.get_mut(*at)) {
            line.repeated += 1;
            line.last = call.seen.at;
            return;
        }
        self.lines.push(Line {
            text: line(&what, call),
            repeated: 0,
            last: call.seen.at,
        });
        self.by_what.insert(what, self.lines.len() - 1);
    }

    /// The lines, with how often each came again.
    pub(super) fn finish(self) -> Vec<String> {
        let lines = self.lines.into_iter();
        lines
            .map(|line| match line.repeated {
                0 => line.text,
                times => format!("{}, and {times} more until {}", line.text, line.last),
            })
            .collect()
    }
}

/// What was done to what, and how it ended. A failed call left nothing behind, but that it was tried is worth knowing.
pub(super) fn what(meaning: &Meaning, subjects: &[Subject], call: &Call) -> String {
    let mut names: Vec<String> = subjects.iter().take(MOST_NAMES).filter_map(words).collect();
    if subjects.len() > MOST_NAMES {
        names.push(format!("{} more", subjects.len() - MOST_NAMES));
    }
    let (says, outcome) = match (&call.seen.error, meaning.in_vain) {
        (None, _) => (meaning.says, String::new()),
        (Some(error), Some(in_vain)) => (in_vain, format!(" ({error})")),
        (Some(error), None) => (meaning.says, format!(", which failed ({error})")),
    };
    if names.is_empty() {
        format!("{says}{outcome}")
    } else {
        format!("{says} {}{outcome}", names.join(", "))
    }
}

/// When it was done, what, and from where.
pub(super) fn line(what: &str, call: &Call) -> String {
    let from = call.seen.ip.as_deref().unwrap_or("an unknown address");
    let line = format!("{} {what}, from {from} ({})", call.seen.at, call.seen.name);
    text::bounded(&line, LINE_CHARS)
}

fn words(subject: &Subject) -> Option<String> {
    match subject {
        Subject::User(name) => Some(call::clean(name)),
        Subject::Key { id, user } => Some(match user {
            Some(user) => format!("access key {} for user {}", call::clean(id), call::clean(user)),
            None => format!("access key {}", call::clean(id)),
        }),
        Subject::Role { name, account } => Some(match account {
            Some(account) => format!(
                "{} of account {}",
                call::clean(name),
                call::clean(account.as_str())
            ),
            None => call::clean(name),
        }),
        Subject::Session { name } => name.as_deref().map(call::clean),
        Subject::Instance(id) => Some(format!("instance {}", call::clean(id))),
        Subject::Left { name, .. } | Subject::Other(name) => name.as_deref().map(call::clean),
    }
}
