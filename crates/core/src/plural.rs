//! A number with its noun.

/// "1 call", "2 calls", "no calls"; for nouns whose plural takes an s, or es after one.
pub fn count(number: u32, noun: &str) -> String {
    let ending = if noun.ends_with('s') { "es" } else { "s" };
    match number {
        0 => format!("no {noun}{ending}"),
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}{ending}"),
    }
}
