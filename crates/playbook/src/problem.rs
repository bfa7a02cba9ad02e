//! What is wrong with a playbook file: where, why, and what to write instead.

use std::{fmt, sync::Arc};

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};
use serde::Serialize;
use serde_saphyr::Location;

/// One mistake in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A fixed name, such as `unknown-action`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The line, from 1; 0 where the mistake has no place.
    pub line: u64,
    /// The column, from 1.
    pub column: u64,
    #[serde(skip)]
    bytes: Option<(usize, usize)>,
    #[serde(skip)]
    is_warning: bool,
}

impl Problem {
    /// A mistake at a place.
    pub fn at(place: Location, code: &'static str, message: impl Into<String>) -> Self {
        let span = place.span();
        let bytes = span
            .byte_offset()
            .zip(span.byte_len())
            .and_then(|(start, len)| Some((usize::try_from(start).ok()?, usize::try_from(len).ok()?)));
        Self {
            code,
            message: message.into(),
            help: None,
            line: place.line(),
            column: place.column(),
            bytes,
            is_warning: false,
        }
    }

    /// A mistake of the file as a whole.
    pub fn of_file(code: &'static str, message: impl Into<String>) -> Self {
        Self::at(Location::UNKNOWN, code, message)
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Something to think about, rather than a mistake.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.is_warning = true;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn severity(&self) -> Option<Severity> {
        Some(if self.is_warning {
            Severity::Warning
        } else {
            Severity::Error
        })
    }

    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (start, len) = self.bytes?;
        Some(Box::new(std::iter::once(LabeledSpan::new(
            Some("here".to_owned()),
            start,
            len,
        ))))
    }
}

/// All mistakes of one file, with the file's text, so that a person sees each in its place.
#[derive(Clone, Debug, Serialize)]
pub struct InvalidFile {
    /// The file, as the caller named it.
    pub file: String,
    /// The mistakes, in the order of the file; never empty.
    pub problems: Vec<Problem>,
    #[serde(skip)]
    source: Arc<NamedSource<String>>,
}

impl InvalidFile {
    /// Puts the mistakes into the order of the file.
    pub fn new(file: &str, text: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| (problem.line, problem.column));
        Self {
            file: file.to_owned(),
            problems,
            source: Arc::new(NamedSource::new(file, text.to_owned())),
        }
    }

    /// The file, and where in it the mistake is, as editors understand it: `file:line:column`.
    pub fn place(&self, problem: &Problem) -> String {
        match problem.line {
            0 => self.file.clone(),
            line => format!("{}:{line}:{}", self.file, problem.column),
        }
    }
}

impl fmt::Display for InvalidFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_warned = self.problems.iter().all(|problem| problem.is_warning);
        let what = if is_warned { "warning" } else { "problem" };
        match self.problems.len() {
            1 => write!(f, "`{}` has a {what}", self.file),
            count => write!(f, "`{}` has {count} {what}s", self.file),
        }
    }
}

impl std::error::Error for InvalidFile {}

impl Diagnostic for InvalidFile {
    fn severity(&self) -> Option<Severity> {
        self.problems.iter().filter_map(Diagnostic::severity).max()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source.as_ref())
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(
            self.problems.iter().map(|problem| problem as &dyn Diagnostic),
        ))
    }
}
