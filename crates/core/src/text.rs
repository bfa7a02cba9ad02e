//! Finding text is hostile: attackers choose names that end up in titles. Here it is bounded.

/// The first `max` characters.
pub fn prefix(text: &str, max: usize) -> &str {
    text.char_indices()
        .nth(max)
        .and_then(|(end, _)| text.get(..end))
        .unwrap_or(text)
}

/// At most `max` characters; what is cut shows as `…`.
pub fn bounded(text: &str, max: usize) -> String {
    if text.chars().nth(max).is_none() {
        return text.to_owned();
    }
    format!("{}…", prefix(text, max.saturating_sub(1)))
}

/// One line without control characters.
pub fn sanitize(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .collect()
}

/// A subject for Amazon SNS: one line of printable ASCII, at most 100 characters (Amazon SNS API Reference,
/// "Publish").
pub fn for_subject(text: &str) -> String {
    let ascii: String = sanitize(text)
        .chars()
        .map(|c| {
            if c.is_ascii() && !c.is_ascii_control() {
                c
            } else {
                '?'
            }
        })
        .collect();
    prefix(&ascii, 100).trim_end().to_owned()
}

/// A line of a plain-text e-mail, in which no link can be clicked.
pub fn for_plain_email(text: &str) -> String {
    sanitize(text).replace("://", "[:]//").replace("www.", "www[.]")
}
