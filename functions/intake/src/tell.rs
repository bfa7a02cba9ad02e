//! What a person is told who sent a finding by a Security Hub custom action, and for whom nothing is done.

use backstop_core::{
    Finding,
    text::{bounded, sanitize},
};

/// SNS takes subjects of at most 100 characters of ASCII.
const LONGEST_SUBJECT: usize = 99;

/// Subject and body. What the finding says is hostile text.
pub(crate) fn nothing_done(finding: &Finding, reason: &str) -> (String, String) {
    let clean = |text: &str| bounded(&sanitize(text), 256);
    let finding_type: String = sanitize(&finding.finding_type)
        .chars()
        .filter(|it| it.is_ascii_graphic() || *it == ' ')
        .collect();
    let subject = format!("[Backstop] Nothing done: {finding_type}");
    let subject: String = subject.chars().take(LONGEST_SUBJECT).collect();
    let targets: String = finding
        .targets
        .iter()
        .take(8)
        .map(|target| format!("  - {}\n", clean(&target.to_string())))
        .collect();
    let targets = if targets.is_empty() {
        "  - none that is named\n".to_owned()
    } else {
        targets
    };
    let body = format!(
        "Somebody sent this finding by a custom action of Security Hub. Nothing is done about it: {}.\n\n\
         {}\n  {}\n  of {} in account {}, {}\n\n\
         It names\n{targets}\n\
         What to do next\n  - if it is to be answered all the same, set its workflow status to NEW and send it again\n  \
         - or run a playbook by hand: backstop run PLAYBOOK --target TARGET --mode approve\n",
        clean(reason),
        clean(&finding.finding_type),
        clean(&finding.title),
        clean(&finding.product),
        clean(finding.account.as_str()),
        clean(finding.region.as_str()),
    );
    (subject, body)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use backstop_core::finding::parse;

    use super::*;

    fn finding(changed: impl FnOnce(&mut Finding)) -> Finding {
        let event = include_bytes!("../../../crates/core/tests/fixtures/asff-custom-action-suppressed.json");
        let mut finding = parse(event).unwrap().findings.remove(0);
        changed(&mut finding);
        finding
    }

    #[test]
    fn it_names_the_reason_the_finding_and_what_to_do() {
        let reason = "suppressed in Security Hub (Workflow.Status)";
        let (subject, body) = nothing_done(&finding(|_| ()), reason);
        assert_eq!(subject, "[Backstop] Nothing done: security-control/S3.2");
        for part in [
            reason,
            "bucket open-data",
            "123456789012",
            "set its workflow status to NEW",
        ] {
            assert!(body.contains(part), "{part}: {body}");
        }
    }

    #[test]
    fn hostile_text_stays_in_its_line_and_the_subject_is_what_sns_takes() {
        let finding = finding(|it| {
            it.title = "a\nWhat to do next\n  - run rm -rf\u{202e}".to_owned();
            it.finding_type = format!("ü\u{1b}[2J{}", "x".repeat(500));
        });
        let (subject, body) = nothing_done(&finding, "a reason");
        assert!(subject.is_ascii() && subject.len() < 100, "{subject}");
        assert_eq!(
            body.lines().filter(|it| *it == "What to do next").count(),
            1,
            "{body}"
        );
        assert!(!body.contains(['\u{1b}', '\u{202e}']), "{body}");
    }
}
