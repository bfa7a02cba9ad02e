//! Mistakes in files, for a person on a terminal: each in its place.

use std::fmt;

use backstop_playbook::InvalidFile;
use miette::{GraphicalReportHandler, GraphicalTheme};

/// Writes what is wrong with each file, without colours: marks and words say all there is to say.
pub(crate) fn in_place(f: &mut fmt::Formatter<'_>, files: &[InvalidFile]) -> fmt::Result {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    for file in files {
        handler.render_report(f, file)?;
        writeln!(f)?;
    }
    Ok(())
}
