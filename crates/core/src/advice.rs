//! What people should do about a finding that no playbook contains: our own words, by type of finding.

use crate::guardrail::matches_pattern;

/// A row holds the finding types, with `*` and a space between two, and one step. General words come before the
/// kind of resource, so that people read first what it means and then what to do.
const ROWS: &str = include_str!("advice.tsv");

/// Where nothing more is known: types that AWS added since, other products.
const ALWAYS: [&str; 2] = [
    "read the finding in its own console: it names who did what, from where and when",
    "find out whether the owner of the resource knows of it; if not, contain it by hand",
];

/// More than this is no advice but a manual.
const MOST: usize = 6;

/// The recommended steps for a finding of this type, the first ones first; never empty.
pub fn steps(finding_type: &str) -> Vec<&'static str> {
    let mut steps: Vec<&'static str> = Vec::new();
    for step in specific(finding_type).chain(ALWAYS) {
        if steps.len() < MOST && !steps.contains(&step) {
            steps.push(step);
        }
    }
    steps
}

/// Whether there is more to say of this type than of any other.
pub fn is_specific(finding_type: &str) -> bool {
    specific(finding_type).next().is_some()
}

/// Security Hub's names of one control differ in case from product to product, so that case doesn't count.
fn specific(finding_type: &str) -> impl Iterator<Item = &'static str> {
    let finding_type = finding_type.to_ascii_lowercase();
    ROWS.lines()
        .skip(1)
        .filter_map(|row| row.split_once('\t'))
        .filter(move |(patterns, _)| {
            patterns
                .split(' ')
                .any(|pattern| matches_pattern(&pattern.to_ascii_lowercase(), &finding_type))
        })
        .map(|(_, step)| step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meaning_comes_before_the_kind_of_resource() {
        let steps = steps("CryptoCurrency:EC2/BitcoinTool.B!DNS");
        assert!(
            steps.first().is_some_and(|step| step.contains("mining")),
            "{steps:?}"
        );
        assert!(
            steps.iter().any(|step| step.contains("security group")),
            "{steps:?}"
        );
    }

    #[test]
    fn types_of_tomorrow_get_advice_too() {
        assert!(!is_specific("Purpose:Quantum/Entanglement"));
        assert_eq!(steps("Purpose:Quantum/Entanglement"), ALWAYS);
    }

    #[test]
    fn a_controls_case_and_generator_do_not_matter() {
        let old = steps("aws-foundational-security-best-practices/v/1.0.0/Opensearch.2");
        assert_eq!(old, steps("security-control/OpenSearch.2"));
        assert!(is_specific("security-control/opensearch.2"));
    }

    #[test]
    fn rows_are_well_formed() {
        for row in ROWS.lines().skip(1) {
            let (patterns, step) = row.split_once('\t').unwrap_or_default();
            assert!(
                !patterns.is_empty() && !step.is_empty() && !step.contains('\t'),
                "{row}"
            );
            assert!(step.len() <= 160 && !step.ends_with('.'), "{row}");
        }
    }
}
