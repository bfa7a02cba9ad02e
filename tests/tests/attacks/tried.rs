//! How an attack ended.

use std::fmt::Debug;

use aws_sdk_iam::error::ProvideErrorMetadata;

/// One attack, and how it ended.
#[derive(Debug)]
pub(crate) struct Tried {
    attack: String,
    right: String,
    ended: Ended,
    seen: String,
    /// The line of `docs/threat-model.md` that it proves, as its first cell begins.
    row: Option<&'static str>,
}

/// The three endings that are no success.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ended {
    /// AWS or Backstop said no, and nothing has changed.
    Refused,
    /// People were told.
    Noticed,
    /// It went through, and what it does takes away at most what the attacker had.
    Harmless,
}

impl Tried {
    pub(crate) fn new(
        attack: impl Into<String>,
        right: impl Into<String>,
        ended: Ended,
        seen: impl Into<String>,
    ) -> Self {
        Self {
            attack: attack.into(),
            right: right.into(),
            ended,
            seen: seen.into(),
            row: None,
        }
    }

    pub(crate) fn in_row(self, row: &'static str) -> Self {
        Self {
            row: Some(row),
            ..self
        }
    }

    pub(crate) fn row(&self) -> Option<&'static str> {
        self.row
    }

    pub(crate) fn attack(&self) -> &str {
        &self.attack
    }

    pub(crate) fn right(&self) -> &str {
        &self.right
    }

    pub(crate) fn ended(&self) -> String {
        format!("{:?}", self.ended).to_lowercase()
    }

    pub(crate) fn refused(attack: &str, right: &str, seen: String) -> Self {
        Self::new(attack, right, Ended::Refused, seen)
    }
}

/// All of these prove one line.
pub(crate) fn in_row(row: &'static str, all: Vec<Tried>) -> Vec<Tried> {
    all.into_iter().map(|one| one.in_row(row)).collect()
}

/// The code of a refusal; anything else, a success included, fails the test.
pub(crate) fn refusal<T: Debug, E: ProvideErrorMetadata + Debug>(what: &str, answer: Result<T, E>) -> String {
    match code_of(&answer) {
        Some(code) if is_refusal(&code) => code,
        _ => panic!("{what} wasn't refused: {answer:?}"),
    }
}

/// Whether the caller had the right, whatever else came of the call.
pub(crate) fn is_allowed<T, E: ProvideErrorMetadata>(answer: &Result<T, E>) -> bool {
    code_of(answer).is_none_or(|code| !is_refusal(&code))
}

fn code_of<T, E: ProvideErrorMetadata>(answer: &Result<T, E>) -> Option<String> {
    let error = answer.as_ref().err()?;
    Some(error.code().unwrap_or("an error without a code").to_owned())
}

fn is_refusal(code: &str) -> bool {
    [
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "UnauthorizedOperation",
    ]
    .contains(&code)
}

/// The table for whoever reads the test's output.
pub(crate) fn print(all: &[Tried]) {
    println!("\n| attack | with the right | outcome | seen |\n| --- | --- | --- | --- |");
    for Tried {
        attack,
        right,
        ended,
        seen,
        row: _,
    } in all
    {
        println!("| {attack} | {right} | {ended:?} | {seen} |");
    }
    println!("{} attacks", all.len());
}
