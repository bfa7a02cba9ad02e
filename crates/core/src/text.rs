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
