//! The report as one self-contained page: no script, nothing loaded from elsewhere. The template escapes every text.

use askama::Template;

use crate::report::Report;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
}

/// The template couldn't be filled in.
#[derive(Debug, thiserror::Error)]
#[error("filling in the report's template")]
pub struct HtmlError(#[source] askama::Error);

impl Report {
    /// The report as one HTML file.
    pub fn html(&self) -> Result<String, HtmlError> {
        Page { report: self }.render().map_err(HtmlError)
    }
}
