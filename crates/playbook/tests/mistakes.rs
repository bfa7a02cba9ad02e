//! Every mistake an author can make is told at its place, with what to write instead.
#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_core::PlaybookName;
use backstop_playbook::{InvalidFile, parse};
use miette::{GraphicalReportHandler, GraphicalTheme};
use proptest::prelude::*;

const GOOD: &str = include_str!("../../../playbooks/leaked-access-key/playbook.yaml");

fn read(text: &str) -> Result<backstop_playbook::Playbook, InvalidFile> {
    parse(
        &PlaybookName::from("example"),
        "playbooks/example/playbook.yaml",
        text,
    )
}

/// The codes of the mistakes after a change of the good file.
fn codes(from: &str, to: &str) -> Vec<(&'static str, u64)> {
    assert!(GOOD.contains(from), "the good file has no `{from}`");
    read(&GOOD.replacen(from, to, 1))
        .unwrap_err()
        .problems
        .iter()
        .map(|problem| {
            assert!(
                problem.help.is_some() || problem.code == "yaml",
                "{problem} has no hint"
            );
            (problem.code, problem.line)
        })
        .collect()
}

/// The playbook's own mode, and that of no grounds.
const MODE: &str = "\nmode: auto\n";

/// Of a text that begins with the end of a line, the line after that.
fn line_of(text: &str) -> u64 {
    let before = GOOD.split(text).next().unwrap();
    assert!(before.len() < GOOD.len(), "the good file has no `{text}`");
    let at = before.matches('\n').count() + usize::from(text.starts_with('\n'));
    u64::try_from(at).unwrap() + 1
}

#[test]
fn the_good_file_is_good() {
    assert_eq!(read(GOOD).unwrap().steps().count(), 4);
}

#[test]
fn each_mistake_has_its_code_and_line() {
    let wildcard = "\"*:IAMUser/*\"";
    let auto = "- CredentialAccess:IAMUser/CompromisedCredentials";
    let cases: &[(&str, &str, &str, &str)] = &[
        (MODE, "\nmod: auto\n", "unknown-field", MODE),
        (MODE, "\nmode: automatic\n", "unknown-value", MODE),
        (wildcard, "\"*:IAMUsr/*\"", "unknown-finding-type", wildcard),
        (
            wildcard,
            "Recon:IAMUser/TorIpCaller",
            "unknown-finding-type",
            wildcard,
        ),
        ("iam.deny-user", "iam.deny-usr", "unknown-action", "iam.deny-user"),
        (
            "iam.deny-user",
            "iam.revoke-role-sessions",
            "action-target",
            "iam.deny-user",
        ),
        (
            "step: deny-user",
            "step: deactivate-key",
            "duplicate-step",
            "step: deny-user",
        ),
        (
            "title: Deactivate the access key",
            "title: Deactivate the access key\n        at_once: true",
            "at-once-phase",
            "# A session made by GetSessionToken",
        ),
        (
            "step: deny-user",
            "step: Deny user",
            "step-name",
            "step: deny-user",
        ),
        (
            "title: Deny the user everything",
            "title: ' '",
            "title-length",
            "title: Deny the user",
        ),
        (
            "title: Deny the user everything",
            "title: deactivate the access KEY",
            "duplicate-title",
            "title: Deny the user",
        ),
        ("T1552.001", "T15", "attack-id", "T1552.001"),
        (
            "target: access-key",
            "target: bucket",
            "test-target",
            "target: access-key",
        ),
        (
            "finding: finding.json",
            "finding: ../x.json",
            "test-file",
            "finding: finding.json",
        ),
        (
            "phase: contain",
            "phase: recover",
            "action-phase",
            "action: iam.deactivate-access-key",
        ),
        (
            "  grounds:",
            "  products: [Mackie]\n  grounds:",
            "unknown-product",
            "  grounds:",
        ),
        (
            "      finding_types:",
            "      controls: [S3.*, IAM.999]\n      finding_types:",
            "unknown-control",
            "finding_types:",
        ),
        (
            "[AWS_RISK_CREDENTIALS_EXPOSED]",
            "[AWS_EC2_OPERATIONAL_ISSUE]",
            "unknown-health-event",
            "health_events:",
        ),
        (
            "      health_events:",
            "      product_types: [Policy:IAMUser/S3BucketPubli]\n      health_events:",
            "unknown-product-type",
            "health_events:",
        ),
        // What anybody can provoke, and what nobody has judged yet, isn't answered unasked.
        (
            auto,
            "- Impact:IAMUser/PromptInjection.Direct",
            "auto-provoked",
            auto,
        ),
        (
            auto,
            "- Discovery:IAMUser/AnomalousBehavior",
            "auto-provoked",
            auto,
        ),
        (auto, "- CredentialAccess:IAMUser/*", "auto-wildcard", auto),
        (
            auto,
            "- CredentialAccess:IAMUser/AnomalousBehavio?",
            "auto-wildcard",
            auto,
        ),
        (
            "  grounds:",
            "  finding_types: [PenTest:IAMUser/KaliLinux]\n  grounds:",
            "no-grounds",
            "  grounds:",
        ),
        (
            "furthest_mode: auto",
            "furthest_mode: automatic",
            "unknown-value",
            "furthest_mode: auto",
        ),
        (MODE, "\nmode: approve\n", "furthest-mode", "furthest_mode: auto"),
        (
            "targets: [access-key, user-session, federated-user]",
            "targets: [bucket]",
            "grounds-target",
            "targets: [access-key, user-session, federated-user]",
        ),
        (
            "      finding_types: [\"*:IAMUser/*.Custom\"]\n",
            "",
            "no-trigger",
            "furthest_mode: approve\n      because: >\n        The list of addresses",
        ),
        (
            "  severity_floor",
            "  manual: true\n  severity_floor",
            "manual-trigger",
            "severity_floor",
        ),
        (
            "title: Leaked access key",
            "title: ''",
            "blank",
            "title: Leaked access key",
        ),
    ];
    for (from, to, code, place) in cases {
        let found = codes(from, to);
        assert!(
            found.contains(&(code, line_of(place))),
            "{to}: {found:?}, wanted {code}"
        );
    }
}

#[test]
fn a_missing_summary_is_named() {
    let start = GOOD.find("summary:").unwrap();
    let end = GOOD.find("\ntriggers:").unwrap();
    let without = format!("{}{}", GOOD.get(..start).unwrap(), GOOD.get(end..).unwrap());
    let invalid = read(&without).unwrap_err();
    assert_eq!(invalid.problems.first().unwrap().message, "`summary` is missing");
}

#[test]
fn the_order_of_steps_is_checked() {
    let title = "title: Deny the user everything";
    let unknown = codes(title, &format!("{title}\n        after: [deactivate-kay]"));
    assert_eq!(unknown, [("unknown-step", line_of(title) + 1)]);
    let circle = codes(title, &format!("{title}\n        after: [deny-user]"));
    assert_eq!(circle, [("circle", line_of(title) + 1)]);
    let two_people = codes(title, &format!("{title}\n        high_impact: true"));
    assert_eq!(two_people, [("mode-too-high", line_of(MODE))]);
}

/// The one mistake of a step with these options: its code, line, column, message and hint.
fn option_mistake(action: &str, with: &str) -> Vec<(&'static str, u64, u64, String, String)> {
    let title = "title: Deny the user everything";
    let text = GOOD
        .replacen("action: iam.deny-user", &format!("action: {action}"), 1)
        .replacen(title, &format!("{title}\n        with:\n          {with}"), 1);
    let problems = match read(&text) {
        Ok(_) => Vec::new(),
        Err(invalid) => invalid.problems,
    };
    let line = line_of(title) + 2;
    problems
        .into_iter()
        .filter(|problem| problem.line == line)
        .map(|problem| {
            let help = problem.help.unwrap();
            (
                problem.code,
                problem.line - line,
                problem.column,
                problem.message,
                help,
            )
        })
        .collect()
}

#[test]
fn options_are_checked_where_they_are_written() {
    let mistake = |action: &str, with: &str| {
        let mut found = option_mistake(action, with);
        assert_eq!(found.len(), 1, "{action} {with}: {found:?}");
        found.remove(0)
    };
    let hours = "a whole number from 1 to 2160";
    for value in ["a week", "999999", "0", "24.5", "true", "'24'", "[24]"] {
        let (code, _, column, message, help) =
            mistake("investigate.credential-activity", &format!("hours: {value}"));
        assert_eq!((code, column), ("option-value", 18), "{message}");
        assert!(message.starts_with("`hours` is ") && message.ends_with(&format!(", not {hours}")));
        assert_eq!(help, format!("write {hours}, such as `hours: 24`"));
    }
    let (code, _, column, message, help) = mistake("ec2.isolate-instance", "untrack: 'yes'");
    assert_eq!((code, column), ("option-value", 20));
    assert_eq!(message, "`untrack` is \"yes\", not true or false");
    assert_eq!(help, "write true or false, such as `untrack: false`");
    let (code, _, _, message, help) = mistake("ec2.isolate-instance", "untrak: true");
    assert_eq!(code, "unknown-option");
    assert_eq!(message, "`ec2.isolate-instance` has no option `untrak`");
    assert_eq!(help, "did you mean `untrack`?");
    let (code, _, _, _, help) = mistake("iam.deny-user", "days: 3");
    assert_eq!(
        (code, help.as_str()),
        ("unknown-option", "remove it: nothing may stand here")
    );
    for (action, with) in [
        ("investigate.credential-activity", "hours: 2160"),
        ("ec2.isolate-instance", "untrack: true"),
    ] {
        assert_eq!(option_mistake(action, with), []);
    }
}

#[test]
fn what_cuts_others_off_must_not_be_automatic() {
    let role = include_str!("../../../playbooks/compromised-role/playbook.yaml");
    let invalid = read(&role.replace("iam.revoke-role-sessions", "iam.narrow-role-trust")).unwrap_err();
    let problem = invalid.problems.first().unwrap();
    assert_eq!(problem.code, "mode-too-high");
    assert_eq!(problem.help.as_deref(), Some("write `mode: approve`"));
}

#[test]
fn a_playbook_that_contains_nothing_only_observes() {
    let start = GOOD.find("phases:").unwrap();
    let end = GOOD.find("\nlinks:").unwrap();
    let without = format!(
        "{}phases: []\n{}",
        GOOD.get(..start).unwrap(),
        GOOD.get(end..).unwrap()
    )
    .replace(
        "steps: [deactivate-key, deny-user, deactivate-other-credentials]",
        "steps: []",
    );
    let invalid = read(&without).unwrap_err();
    let codes: Vec<&str> = invalid.problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["no-contain"]);
    let observing = read(
        &without
            .replace("mode: auto", "mode: observe")
            .replace("mode: approve", "mode: observe"),
    )
    .unwrap();
    assert!(!observing.contains());
}

#[test]
fn phases_keep_their_order_and_stand_once() {
    let more = "  - phase: contain\n    steps:\n      - { step: again, action: iam.deny-user, title: Deny again }\n\nlinks:";
    assert!(
        codes("links:", more)
            .iter()
            .any(|(code, _)| *code == "phase-order")
    );
}

#[test]
fn all_mistakes_of_a_file_are_shown_in_their_places() {
    let text = GOOD
        .replace("iam.deny-user", "iam.deny-usr")
        .replace("\"*:IAMUser/*\"", "\"*:IAMUsr/*\"")
        .replace("T1552.001", "T15");
    let invalid = read(&text).unwrap_err();
    let mut shown = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .render_report(&mut shown, &invalid)
        .unwrap();
    insta::assert_snapshot!(shown);
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,400}") {
        let _checked = read(&text).is_ok();
    }

    #[test]
    fn no_change_of_a_good_file_makes_the_parser_panic(
        at in 0..GOOD.len(),
        length in 0..60_usize,
        patch in "[ -~\\n]{0,30}",
    ) {
        let text: String = GOOD.chars().take(at).chain(patch.chars()).chain(GOOD.chars().skip(at + length)).collect();
        if let Err(invalid) = read(&text) {
            prop_assert!(!invalid.problems.is_empty());
        }
    }
}
