//! A page for a terminal: whatever it holds is made harmless here, in one place.

use backstop_core::text::for_terminal;

/// Lines under headings.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// One line; whatever hostile text is in it can neither break out of it nor steer the terminal.
    pub(super) fn line(&mut self, indent: usize, text: &str) {
        self.0.extend(std::iter::repeat_n(' ', indent));
        self.0.push_str(&for_terminal(text));
        self.0.push('\n');
    }

    /// A heading, set off by an empty line.
    pub(super) fn heading(&mut self, text: &str) {
        self.0.push('\n');
        self.line(0, text);
    }

    /// A heading and its lines; nothing at all if there are no lines.
    pub(super) fn list(&mut self, heading: &str, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        self.heading(heading);
        for line in lines {
            self.line(2, &format!("- {line}"));
        }
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}
