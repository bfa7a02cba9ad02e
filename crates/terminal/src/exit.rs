//! The one table of exit codes.

use std::process::ExitCode;

/// How the process ends. Scripts depend on the numbers: never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
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

/// The table as `--help` of either command shows it; a test holds it to [`Exit`].
pub const EXIT_CODES: &str = "\
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

impl Exit {
    /// Every code of the table, in its order; what can't be read on the command line is `clap`'s (2).
    pub const ALL: [Self; 15] = [
        Self::Done,
        Self::Failed,
        Self::NotFound,
        Self::Refused,
        Self::Invalid,
        Self::Unreadable,
        Self::Unanswered,
        Self::Altered,
        Self::PartiallyContained,
        Self::NotContained,
        Self::DrillError,
        Self::NotRestored,
        Self::NotFoundOut,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number that the process ends with.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What the other command of this project ended with; none if that is in no table.
    pub fn of_code(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|exit| i32::from(exit.code()) == code)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_code_and_no_other() {
        let named: Vec<&str> = EXIT_CODES
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        let mut codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        codes.push(2);
        codes.sort_unstable();
        let codes: Vec<String> = codes.iter().map(u8::to_string).collect();
        assert_eq!(named, codes);
    }

    #[test]
    fn a_code_is_read_back_as_what_it_was() {
        for exit in Exit::ALL {
            assert_eq!(Exit::of_code(i32::from(exit.code())), Some(exit));
        }
        assert_eq!(Exit::of_code(2), None);
        assert_eq!(Exit::of_code(101), None);
    }
}
