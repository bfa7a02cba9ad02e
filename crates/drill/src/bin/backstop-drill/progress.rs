//! Shows steps that take a while: a spinner on a terminal, plain lines elsewhere; always on stderr.

use std::{
    io::IsTerminal,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use backstop_emulator::Progress;
use backstop_terminal::Printer;
use indicatif::{ProgressBar, ProgressStyle};

/// Progress of one command.
#[derive(Debug)]
pub(crate) struct Steps {
    printer: Printer,
    is_terminal: bool,
    /// The step under way. Steps don't overlap.
    current: Mutex<Option<(ProgressBar, Instant)>>,
}

impl Steps {
    pub(crate) fn new(printer: Printer) -> Self {
        Self {
            printer,
            is_terminal: std::io::stderr().is_terminal(),
            current: Mutex::new(None),
        }
    }

    /// A line that stays, above the spinner if there is one.
    pub(crate) fn line(&self, text: &str) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match current.as_ref().filter(|_| self.is_terminal) {
            Some((bar, _)) => bar.suspend(|| self.printer.note(text)),
            None => self.printer.note(text),
        }
    }

    fn replace(&self, next: Option<(ProgressBar, Instant)>) -> Option<Duration> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = std::mem::replace(&mut *current, next);
        ended.map(|(bar, began)| {
            bar.finish_and_clear();
            began.elapsed()
        })
    }
}

impl Progress for Steps {
    fn started(&self, step: &str) {
        let bar = if self.is_terminal {
            spinner(step)
        } else {
            ProgressBar::hidden()
        };
        self.replace(Some((bar, Instant::now())));
    }

    fn detail(&self, text: &str) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((bar, _)) = current.as_ref() {
            bar.set_message(text.to_owned());
        }
    }

    fn note(&self, text: &str) {
        self.line(text);
    }

    fn finished(&self, step: &str) {
        let took = self.replace(None).unwrap_or_default();
        self.printer
            .note(&format!("✔ {step} ({:.1} s)", took.as_secs_f64()));
    }
}

impl Drop for Steps {
    /// After a failure nobody says that the step ended; the spinner must not outlive it.
    fn drop(&mut self) {
        self.replace(None);
    }
}

fn spinner(step: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_prefix(step.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} ({elapsed}) {wide_msg:.dim}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
