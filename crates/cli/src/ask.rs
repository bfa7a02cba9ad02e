//! Asks yes or no on a terminal. Whatever isn't a clear yes is a no.

use backstop_terminal::Printer;
use std::io::{self, BufRead, IsTerminal};

/// Whether there is somebody to ask: they must see the question and be able to answer.
pub(crate) fn has_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks.
pub(crate) fn yes(printer: &Printer, question: &str) -> io::Result<bool> {
    Ok(is_yes(&line(
        printer,
        &format!("{question} Type `yes` or `no`:"),
    )?))
}

/// Asks for a line.
pub(crate) fn line(printer: &Printer, question: &str) -> io::Result<String> {
    printer.note(question);
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

fn is_yes(line: &str) -> bool {
    matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for line in ["y\n", "Y", "yes\r\n", " YES "] {
            assert!(is_yes(line), "{line:?}");
        }
        for line in ["", "\n", "n", "no", "yes please", "ye", "true", "1"] {
            assert!(!is_yes(line), "{line:?}");
        }
    }
}
