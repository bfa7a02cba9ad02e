//! A notice as plain text with a subject, as Amazon SNS takes it and mails it.

use super::{Entry, Line, Notice, Point, Section};
use crate::text;

/// SNS takes 256 KiB, a log record 400 KB, and nobody reads as much as this (Amazon SNS API Reference, "Publish").
const MOST_BYTES: usize = 128 * 1024;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// ASCII, at most 100 characters (Amazon SNS API Reference, "Publish").
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// Renders the notice.
pub fn mail(notice: &Notice) -> Mail {
    let mut body: String = notice.lead.iter().map(|line| shown(line) + "\n").collect();
    body.push('\n');
    for section in &notice.sections {
        body.push_str(&section_text(section));
    }
    let next = Section::of("What to do next", notice.next.iter().cloned());
    let next = next.map(|next| section_text(&next)).unwrap_or_default();
    Mail {
        subject: text::for_subject(&format!("[Backstop] {}", shown(&notice.title))),
        body: bounded(body, next, notice),
    }
}

fn shown(line: &Line) -> String {
    line.shown(text::for_plain_email)
}

fn point(point: &Point) -> String {
    point.shown(text::for_plain_email)
}

fn section_text(section: &Section) -> String {
    let heading = shown(&section.heading);
    let mut lines = String::new();
    if !heading.is_empty() {
        lines.push_str(&heading);
        lines.push('\n');
    }
    for entry in &section.entries {
        match entry {
            Entry::Text(line) => lines.push_str(&format!("  {}\n", shown(line))),
            Entry::Point(it) => lines.push_str(&format!("  - {}\n", point(it))),
            Entry::Step { line, changes } => {
                lines.push_str(&format!("  - {}\n", shown(line)));
                for change in changes {
                    let [what, now, after, api] = [&change.what, &change.now, &change.after, &change.api]
                        .map(|value| value.shown(text::for_plain_email));
                    lines.push_str(&format!("      {what}: {now} -> {after}   ({api})\n"));
                }
            }
        }
    }
    lines.push('\n');
    lines
}

/// Both, or as much of the first as fits: what to do stands in every mail, however much somebody else had to say.
fn bounded(body: String, next: String, notice: &Notice) -> String {
    if body.len() + next.len() <= MOST_BYTES {
        return body + &next;
    }
    let whole = match &notice.incident {
        Some(incident) => point(&super::Command::show(incident).into()),
        None => "backstop incidents list".to_owned(),
    };
    let next = whole_lines(&next, MOST_BYTES / 2);
    let body = whole_lines(&body, MOST_BYTES.saturating_sub(next.len()));
    format!("{body}\nThis notice was too long and is cut here. See everything: {whole}\n\n{next}")
}

/// Whole lines only: what is cut must not read as something else.
fn whole_lines(text: &str, most: usize) -> &str {
    let mut kept = 0;
    for line in text.split_inclusive('\n') {
        if kept + line.len() > most {
            break;
        }
        kept += line.len();
    }
    text.get(..kept).unwrap_or_default()
}
