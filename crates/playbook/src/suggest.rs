//! "Did you mean": the nearest known word to one that isn't known.

/// More than this nobody reads.
const MOST_LISTED: usize = 40;

/// A hint that names the nearest word, or all of them if none is near.
pub fn one_of<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(near) = nearest(word, known.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    match known.as_slice() {
        [] => "remove it: nothing may stand here".to_owned(),
        [only] => format!("write `{only}`"),
        many if many.len() > MOST_LISTED => format!("none of the {} that are known is like it", many.len()),
        many => format!("write one of `{}`", many.join("`, `")),
    }
}

/// To stand behind what isn't there: `; did you mean …?`, or nothing where nothing is near.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known)
        .map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default()
}

/// The nearest word, if it is near enough to be a slip.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["iam.deny-user", "iam.deactivate-access-key"];
        assert_eq!(nearest("iam.deny-usr", known), Some("iam.deny-user"));
        assert_eq!(nearest("s3.block-public-access", known), None);
        assert_eq!(one_of("x", ["a", "b"]), "write one of `a`, `b`");
        assert_eq!(
            did_you_mean("iam.deny-usr", known),
            "; did you mean `iam.deny-user`?"
        );
        assert_eq!(did_you_mean("s3.block-public-access", known), "");
    }
}
