//! One resource of the account's own is what exemptions are for: the finding still comes, and people still see it.

use super::{Criteria, Judged};
use crate::exemption::{command, patterns};

pub(super) fn check(name: &str, criteria: &Criteria<'_>, judged: &mut Judged) {
    let Some((field, patterns)) = patterns(&criteria.plain) else {
        return;
    };
    let file = criteria.file;
    let mut written = file.criteria.value.iter();
    let Some(condition) = written.find(|it| it.value.field.value == field) else {
        return;
    };
    let command = |pattern: &String| {
        command(
            pattern,
            &file.owner.value,
            &file.reason.value,
            &file.expires.value.to_string(),
        )
    };
    let (message, commands) = match patterns.as_slice() {
        [only] => ("it hides findings of one resource".to_owned(), command(only)),
        several => (
            format!("it hides findings of {} resources", several.len()),
            format!("backstop detections convert {name}"),
        ),
    };
    let help = format!("an exemption leaves it alone, and its findings still reach people:\n  {commands}");
    judged.warn(condition.value.place(), "exemption", message, help);
}
