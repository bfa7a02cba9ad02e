//! Lines of a notice, in which what came from outside is marked: only a renderer, which knows its sink, gets it out,
//! and it can't forget to make it harmless.

use std::{borrow::Cow, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    error_name::ErrorName,
    ids::{Hash, IncidentId, PlaybookName},
    status::Status,
    text,
};

/// The longest that is shown of one text from outside. A policy document of IAM has at most 10,240 characters (IAM User
/// Guide, "IAM and AWS STS quotas"), and people must see a change whole.
const MOST_CHARS: usize = 10_240;

/// Text that somebody else chose: of a finding, of an AWS answer, of a tag, of a person, of a log. It is hostile, so it
/// has no `Display`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outside(String);

impl Outside {
    /// The text, made harmless by the sink's own function, one of [`crate::text`], and cut where it is so long that it
    /// would push everything else out of sight.
    pub fn shown(&self, neutral: impl Fn(&str) -> String) -> String {
        text::bounded(&neutral(text::prefix(&self.0, MOST_CHARS + 1)), MOST_CHARS)
    }
}

impl<T: fmt::Display> From<T> for Outside {
    fn from(text: T) -> Self {
        Self(text.to_string())
    }
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Piece {
    /// Written in this program, or of a form that can do no harm: shown as it is.
    Ours(Cow<'static, str>),
    /// Whatever else.
    Outside(Outside),
}

/// Marks text from outside.
pub(crate) fn outside(text: impl fmt::Display) -> Piece {
    Piece::Outside(Outside::from(text))
}

impl Piece {
    /// An id or a number. What isn't made of ASCII letters, digits and hyphens alone is from outside all the same.
    fn word(text: impl fmt::Display) -> Self {
        let text = text.to_string();
        if text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            Self::Ours(Cow::Owned(text))
        } else {
            outside(text)
        }
    }

    /// A whole hash, for people to hold against another.
    pub(crate) fn whole(hash: &Hash) -> Self {
        Self::word(hash.as_str())
    }

    /// The name of an error: Backstop's own have a dot, which a mail program might take for a host's.
    pub(crate) fn error(name: &str) -> Self {
        let own = ErrorName::ALL.iter().map(|own| own.as_str());
        // Step Functions Developer Guide, "Handling errors in Step Functions workflows".
        let known = [
            "States.Timeout",
            "States.TaskFailed",
            "States.HeartbeatTimeout",
            "Lambda.Unknown",
        ];
        own.chain(known)
            .find(|known| *known == name)
            .map_or_else(|| outside(name), Self::from)
    }
}

impl From<&'static str> for Piece {
    fn from(text: &'static str) -> Self {
        Self::Ours(Cow::Borrowed(text))
    }
}

macro_rules! words {
    ($($type:ty),+) => {
        $(impl From<$type> for Piece {
            fn from(word: $type) -> Self {
                Self::word(word)
            }
        })+
    };
}

words!(u8, u64, usize, Status, &IncidentId, &PlaybookName);

impl From<&Hash> for Piece {
    fn from(hash: &Hash) -> Self {
        Self::word(hash.short())
    }
}

impl From<Timestamp> for Piece {
    fn from(at: Timestamp) -> Self {
        Self::Ours(Cow::Owned(at.to_string()))
    }
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Line(Vec<Piece>);

impl Line {
    /// The line for a sink: what came from outside passes its function.
    pub fn shown(&self, neutral: impl Fn(&str) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Ours(text) => text.clone().into_owned(),
            Piece::Outside(text) => text.shown(&neutral),
        };
        self.0.iter().map(piece).collect()
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Both on one line.
    pub(crate) fn join(self, other: Self) -> Self {
        self.and(other.0)
    }

    /// The same line with more after it.
    pub(crate) fn and(mut self, more: impl IntoIterator<Item = Piece>) -> Self {
        self.0.extend(more);
        self
    }
}

impl FromIterator<Piece> for Line {
    fn from_iter<T: IntoIterator<Item = Piece>>(pieces: T) -> Self {
        Self(pieces.into_iter().collect())
    }
}

impl From<&'static str> for Line {
    fn from(text: &'static str) -> Self {
        Self(vec![text.into()])
    }
}

/// `line![outside(&target), " is contained"]`: literals and ids as they are, all else marked.
macro_rules! line {
    ($($piece:expr),+ $(,)?) => {
        $crate::notice::Line::from_iter([$($crate::notice::Piece::from($piece)),+])
    };
}
pub(crate) use line;

/// What a person types: exact, so it is shown whole and as it is, or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    typed: String,
    /// The incident that shows it on a terminal, where nothing is a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    incident: Option<IncidentId>,
}

impl Command {
    /// A command of Backstop's own that names nothing from outside.
    pub(crate) fn own(typed: &'static str) -> Self {
        Self {
            typed: typed.to_owned(),
            incident: None,
        }
    }

    /// A command about an incident.
    pub(crate) fn of(incident: &IncidentId, typed: impl Into<String>) -> Self {
        Self {
            typed: typed.into(),
            incident: Some(incident.clone()),
        }
    }

    /// A command that a log holds. What isn't one command of the AWS CLI is shown by no notice: the incident has it.
    pub(crate) fn of_log(incident: &IncidentId, typed: &str) -> Self {
        if text::is_one_command(typed) {
            Self::of(incident, typed)
        } else {
            Self {
                typed: String::new(),
                incident: Some(incident.clone()),
            }
        }
    }

    /// `backstop incidents show …`.
    pub(crate) fn show(incident: &IncidentId) -> Self {
        Self::of(incident, format!("backstop incidents show {incident}"))
    }

    /// The command for a sink. A name in it that the sink would make a link of (or a second line) can't be made harmless
    /// without making it another command: then this says where to find it.
    pub fn shown(&self, neutral: impl Fn(&str) -> String) -> String {
        let is_id = |id: &IncidentId| matches!(Piece::word(id), Piece::Ours(_));
        match &self.incident {
            // An id that is none would be one more thing to type.
            Some(incident) if !is_id(incident) => "for the command, backstop incidents list".to_owned(),
            _ if !self.typed.is_empty() && neutral(&self.typed) == self.typed => self.typed.clone(),
            Some(incident) => format!("for the command, backstop incidents show {incident}"),
            None => "for the command, backstop incidents show".to_owned(),
        }
    }
}

/// What a person should know or do, and what to type for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    line: Line,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<Command>,
}

impl Point {
    /// A line with the command that it ends with.
    pub(crate) const fn new(line: Line, command: Command) -> Self {
        Self {
            line,
            command: Some(command),
        }
    }

    /// Both for a sink, on one line.
    pub fn shown(&self, neutral: impl Fn(&str) -> String) -> String {
        let line = self.line.shown(&neutral);
        match &self.command {
            None => line,
            Some(command) if line.is_empty() => command.shown(neutral),
            Some(command) => format!("{line}: {}", command.shown(neutral)),
        }
    }

    /// Both as they are, for whoever passes the whole line through its own sink.
    pub fn raw(&self) -> String {
        self.shown(str::to_owned)
    }
}

impl From<Line> for Point {
    fn from(line: Line) -> Self {
        Self { line, command: None }
    }
}

impl From<&'static str> for Point {
    fn from(text: &'static str) -> Self {
        Line::from(text).into()
    }
}

impl From<Command> for Point {
    fn from(command: Command) -> Self {
        Self::new(Line::default(), command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::for_plain_email;

    #[test]
    fn only_what_came_from_outside_is_changed() {
        let line = line!["see ", outside("http://evil.example"), ", Backstop.AccessDenied"];
        assert_eq!(
            line.shown(for_plain_email),
            "see hxxp://evil[.]example, Backstop.AccessDenied"
        );
    }

    #[test]
    fn an_id_that_is_none_is_from_outside() {
        let forged = IncidentId::from("01J\nWhat to do next\n  - https://evil.example");
        let line = line!["incident ", &forged];
        assert_eq!(
            line.shown(for_plain_email),
            "incident 01J What to do next - hxxps://evil[.]example"
        );
        assert_eq!(Piece::error("evil.example"), outside("evil.example"));
        assert_eq!(Piece::error("States.Timeout"), Piece::from("States.Timeout"));
    }

    #[test]
    fn a_command_is_shown_exactly_or_not_at_all() {
        let id = IncidentId::from("01JTEST");
        let shown = |typed: &str| Command::of(&id, typed).shown(for_plain_email);
        assert_eq!(shown("backstop undo 01JTEST"), "backstop undo 01JTEST");
        let instead = "for the command, backstop incidents show 01JTEST";
        assert_eq!(shown("backstop run x --target evil.example"), instead);
        assert_eq!(shown("aws iam get-user\n- curl evil"), instead);
        let forged = IncidentId::from("01J;reboot");
        let command = Command::show(&forged).shown(for_plain_email);
        assert_eq!(command, "for the command, backstop incidents list");
    }

    #[test]
    fn text_that_is_very_long_is_cut() {
        let line = line![outside("x".repeat(1_000_000)), "."];
        assert_eq!(line.shown(for_plain_email).chars().count(), MOST_CHARS + 1);
    }
}
