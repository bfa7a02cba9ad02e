//! Which part of a long suite runs: all of it, unless `BACKSTOP_ONLY` names a part.
#![expect(
    clippy::print_stderr,
    reason = "what is left out is said beside the test's figures"
)]

use std::collections::BTreeSet;

const ONLY: &str = "BACKSTOP_ONLY";

/// Those whose name begins with one of the texts in `BACKSTOP_ONLY`, which are separated by commas; all, if it isn't
/// set. Says what is left out. Fails if nothing is left, so that a misspelt name doesn't pass as a test.
pub fn only<T>(items: Vec<T>, name: impl Fn(&T) -> &str) -> Vec<T> {
    let Some(wanted) = wanted() else { return items };
    let (kept, left_out) = part(items, &name, &wanted);
    let names: BTreeSet<&str> = left_out.iter().map(&name).collect();
    eprintln!("left out by {ONLY}={wanted}: {names:?}");
    kept
}

/// Whether nothing is left out.
pub fn is_whole() -> bool {
    wanted().is_none()
}

fn wanted() -> Option<String> {
    std::env::var(ONLY).ok().filter(|wanted| !wanted.is_empty())
}

fn part<T>(items: Vec<T>, name: impl Fn(&T) -> &str, wanted: &str) -> (Vec<T>, Vec<T>) {
    let is_wanted = |item: &T| wanted.split(',').any(|begin| name(item).starts_with(begin));
    let (kept, left_out): (Vec<T>, Vec<T>) = items.into_iter().partition(is_wanted);
    assert!(!kept.is_empty(), "no name begins as one of {wanted}");
    (kept, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(wanted: &str) -> Vec<&'static str> {
        part(vec!["ec2.one", "ec2.two", "iam.one"], |name| *name, wanted).0
    }

    #[test]
    fn a_part_is_what_begins_as_it_is_named() {
        assert_eq!(kept("ec2."), ["ec2.one", "ec2.two"]);
        assert_eq!(kept("iam.,ec2.two"), ["ec2.two", "iam.one"]);
    }

    #[test]
    #[should_panic(expected = "no name begins as one of s3.")]
    fn a_part_of_nothing_fails() {
        kept("s3.");
    }
}
