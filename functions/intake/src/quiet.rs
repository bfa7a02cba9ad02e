//! What people have been told already. One open port fails three controls of Security Hub within seconds, and each of them
//! is a finding of its own: one notice is enough. Afterwards people are told again: what was said this morning may be forgotten,
//! or thought done.

use backstop_core::{
    Mode,
    case::{is_of_object, is_within},
    log::{FindingRef, Opened},
};
use jiff::Timestamp;

/// Whether a new finding of a control says what an incident of the same target has just told people. Only where nothing
/// is done but telling: what is to be contained opens its incident whoever was told.
pub(crate) fn is_told(before: &Opened, closed_at: Timestamp, new: &Opened, now: Timestamp) -> bool {
    let only_tells = |opened: &Opened| opened.mode == Mode::Observe && opened.steps.is_empty();
    before.playbook == new.playbook
        && only_tells(before)
        && only_tells(new)
        && says_the_same(&before.finding, &new.finding)
        && is_within(closed_at, now)
}

/// Controls about one target are told once; and so are infected objects of one bucket, where none is graver than the first.
fn says_the_same(before: &FindingRef, new: &FindingRef) -> bool {
    let objects = [before, new].iter().all(|one| is_of_object(&one.finding_type));
    let no_graver = new.severity.label <= before.severity.label;
    (is_of_control(before) && is_of_control(new)) || (objects && no_graver)
}

/// Security Hub's own findings are those of its controls.
fn is_of_control(finding: &FindingRef) -> bool {
    finding
        .hub
        .as_ref()
        .is_some_and(|hub| hub.product.ends_with("/aws/securityhub"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use backstop_core::{finding::parse, log::Origin};

    use super::*;

    fn opened(fixture: &[u8]) -> Opened {
        let finding = parse(fixture).unwrap().findings.remove(0);
        Opened {
            playbook: "triage".into(),
            target: finding.targets.first().unwrap().clone(),
            mode: Mode::Observe,
            steps: Vec::new(),
            origin: Origin::Finding,
            finding: FindingRef::of(&finding, None),
            title: String::new(),
            linked: None,
            case: backstop_core::case::Case::default(),
            guardrails: Vec::new(),
        }
    }

    fn control() -> Opened {
        opened(include_bytes!(
            "../../../crates/core/tests/fixtures/asff-control.json"
        ))
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn controls_about_one_target_are_told_once_in_some_hours() {
        let closed = at("2026-03-01T10:00:00Z");
        assert!(is_told(
            &control(),
            closed,
            &control(),
            at("2026-03-01T10:00:05Z")
        ));
        assert!(is_told(
            &control(),
            closed,
            &control(),
            at("2026-03-01T15:59:59Z")
        ));
        assert!(!is_told(
            &control(),
            closed,
            &control(),
            at("2026-03-01T16:00:00Z")
        ));
    }

    #[test]
    fn the_other_format_of_security_hub_counts_as_well() {
        let v2 = opened(include_bytes!(
            "../../../crates/core/tests/fixtures/ocsf-compliance-failed.json"
        ));
        let closed = at("2026-03-01T10:00:00Z");
        assert!(is_told(&control(), closed, &v2, at("2026-03-01T10:00:05Z")));
    }

    #[test]
    fn infected_objects_of_one_bucket_are_told_once_unless_one_is_graver() {
        let object = || {
            opened(include_bytes!(
                "../../../crates/core/tests/fixtures/guardduty-s3-object-malware.json"
            ))
        };
        let (closed, now) = (at("2026-03-01T10:00:00Z"), at("2026-03-01T10:00:05Z"));
        assert!(is_told(&object(), closed, &object(), now));
        let mut graver = object();
        graver.finding.severity.label = backstop_core::finding::SeverityLabel::Critical;
        assert!(!is_told(&object(), closed, &graver, now));
        assert!(!is_told(&object(), closed, &object(), at("2026-03-01T16:00:00Z")));
    }

    #[test]
    fn guardduty_and_what_is_to_be_contained_are_never_quiet() {
        let (closed, now) = (at("2026-03-01T10:00:00Z"), at("2026-03-01T10:00:05Z"));
        let guardduty = opened(include_bytes!(
            "../../../crates/core/tests/fixtures/asff-guardduty.json"
        ));
        assert!(!is_told(&control(), closed, &guardduty, now));
        assert!(!is_told(&guardduty, closed, &control(), now));
        let contained = Opened {
            mode: Mode::Approve,
            ..control()
        };
        assert!(!is_told(&control(), closed, &contained, now));
        assert!(!is_told(&contained, closed, &control(), now));
        let other = Opened {
            playbook: "public-bucket".into(),
            ..control()
        };
        assert!(!is_told(&control(), closed, &other, now));
    }
}
