//! GuardDuty's export to S3: one finding a line.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod fixture;

use backstop_core::finding::{parse, parse_saved};

/// The bare findings of these fixtures, one a line.
fn export(names: &[&str]) -> String {
    let lines: Vec<String> = names
        .iter()
        .map(|name| {
            let event: serde_json::Value = serde_json::from_slice(&fixture::bytes(name)).unwrap();
            event["detail"].to_string()
        })
        .collect();
    lines.join("\n")
}

#[test]
fn each_line_is_a_finding() {
    for end in ["", "\n", "\r\n\r\n"] {
        let text = export(&["guardduty-access-key", "guardduty-instance"]) + end;
        let parsed = parse_saved(text.replace('\n', "\r\n").as_bytes()).unwrap();
        assert_eq!((parsed.findings.len(), parsed.refused.len()), (2, 0));
        assert_eq!(
            parsed.findings[0].targets,
            fixture::finding("guardduty-access-key").targets
        );
    }
}

#[test]
fn a_broken_line_doesnt_lose_the_others_and_is_named() {
    let text = export(&["guardduty-access-key", "guardduty-instance"]).replacen('\n', "\n{\"type\": \n", 1);
    let parsed = parse_saved(text.as_bytes()).unwrap();
    assert_eq!((parsed.findings.len(), parsed.refused.len()), (2, 1));
    assert_eq!(parsed.refused[0].error.to_string(), "reading `$[1]` as JSON");
}

#[test]
fn one_message_is_read_as_ever_however_it_is_laid_out() {
    for (name, bytes) in fixture::all() {
        let (one, other) = (parse(&bytes), parse_saved(&bytes));
        match (one, other) {
            (Ok(one), Ok(other)) => assert_eq!(one.findings, other.findings, "{name}"),
            (Err(one), Err(other)) => assert_eq!(one.name(), other.name(), "{name}"),
            (one, other) => panic!("{name}: {one:?}, {other:?}"),
        }
    }
    let one_line = export(&["guardduty-access-key"]);
    assert_eq!(parse_saved(one_line.as_bytes()).unwrap().findings.len(), 1);
}
