//! Texts that attackers may have chosen, made harmless for a line of a report.

use backstop_core::text;

/// Longer texts are in the log.
const LONGEST: usize = 600;

/// One harmless line of bounded length.
pub(crate) fn clean(line: &str) -> String {
    text::bounded(&text::sanitize(line), LONGEST)
}

/// A command to copy, whole. One that can't be shown as it is says so.
pub(crate) fn command(line: &str) -> String {
    let shown = text::sanitize(line);
    if shown == line {
        shown
    } else {
        format!("{shown}   # some characters can't be shown: take this command from the log")
    }
}
