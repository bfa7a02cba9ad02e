//! The one table of exit codes.

use std::process::ExitCode;

/// How the process ends. Scripts depend on the numbers: never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done as asked; a drill ended as expected.
    Done = 0,
    /// Something failed that the message names.
    Failed = 1,
    /// The stack, incident, playbook, pause, exemption or file that was named isn't there.
    NotFound = 3,
    /// Refused by a rule, or the person didn't say yes: nothing was changed.
    Refused = 4,
    /// Playbooks have mistakes, or compiled files differ from them.
    Invalid = 5,
    /// A replayed event, or one of its findings, can't be read.
    Unreadable = 6,
    /// Replayed events were read, and none of their findings would be answered.
    Unanswered = 7,
    /// A copy of evidence isn't as it was kept: something is altered, missing or added.
    Altered = 8,
    /// A drill ended `partially-contained`.
    PartiallyContained = 10,
    /// A drill ended `not-contained`.
    NotContained = 11,
    /// A drill ended `error`: it proves nothing.
    DrillError = 12,
    /// A drill ended `contained`, but its undo didn't bring back what was.
    NotRestored = 13,
    /// A drill ended `contained` and was restored, but the investigation proposed something else than it should.
    NotFoundOut = 14,
    /// Ended by Ctrl-C (128 + SIGINT), as shells have it.
    Interrupted = 130,
    /// Ended by SIGTERM (128 + 15).
    Terminated = 143,
}

/// The table as `--help` shows it; a test holds it to [`Exit`].
pub(crate) const TABLE: &str = "\
Exit codes:
    0  done as asked; a drill ended as expected
    1  failed; the message says what
    2  the command line can't be read
    3  what was named isn't there: stack, incident, playbook, pause, exemption, file
    4  refused, or you didn't say yes: nothing was changed
    5  playbooks have mistakes, or compiled files differ from them
    6  replay: an event, or a finding in it, can't be read
    7  replay: all was read, and no playbook would answer
    8  evidence: something is altered, missing or added
   10  drill: partially contained
   11  drill: not contained
   12  drill: ended by an error, so it proves nothing
   13  drill: contained, but the undo didn't bring everything back
   14  drill: contained, but the investigation didn't propose what it should
  130  ended by Ctrl-C
  143  ended by SIGTERM";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_code() {
        let all = [
            Exit::Done,
            Exit::Failed,
            Exit::NotFound,
            Exit::Refused,
            Exit::Invalid,
            Exit::Unreadable,
            Exit::Unanswered,
            Exit::Altered,
            Exit::PartiallyContained,
            Exit::NotContained,
            Exit::DrillError,
            Exit::NotRestored,
            Exit::NotFoundOut,
            Exit::Interrupted,
            Exit::Terminated,
        ];
        for exit in all {
            let code = (exit as u8).to_string();
            let named = TABLE
                .lines()
                .filter(|line| line.split_whitespace().next() == Some(&code));
            assert_eq!(named.count(), 1, "exit code {code}");
        }
    }
}
