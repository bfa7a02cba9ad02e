//! Event bytes → findings → every sink that their text goes to.
#![no_main]

use backstop_core::{
    Finding,
    finding::{Standing, parse},
    text,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match parse(bytes) {
        Ok(parsed) => {
            assert!(!(parsed.findings.is_empty() && parsed.left.is_empty()), "nothing was read");
            parsed.findings.iter().for_each(check);
            for refused in &parsed.refused {
                assert!(is_one_line(&refused.error.to_string()), "{}", refused.error);
            }
        }
        Err(error) => assert!(is_one_line(&error.to_string()), "{error}"),
    }
});

fn check(finding: &Finding) {
    assert!(finding.title.chars().count() <= 1_024);
    assert!(finding.description.chars().count() <= 8_192);
    assert!((0.0..=10.0).contains(&finding.severity.score));
    assert!(!finding.id.is_empty());
    if finding.standing == Standing::Active {
        assert!(finding.account.is_well_formed() && !finding.targets.is_empty());
    }
    for sink in [
        text::sanitize,
        text::for_terminal,
        text::for_subject,
        text::for_html,
        text::for_slack,
        text::for_plain_email,
    ] {
        assert!(is_one_line(&sink(&finding.title)));
    }
    assert!(text::for_subject(&finding.title).len() <= 100);
    assert!(!text::for_html(&finding.title).contains(['<', '>', '"', '\'']));
    assert!(!text::for_slack(&finding.title).contains(['<', '>', '`', '@']));
    let json = serde_json::to_string(finding).expect("a finding is JSON");
    let again: Finding = serde_json::from_str(&json).expect("what was written can be read");
    assert_eq!(&again, finding);
}

fn is_one_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}
