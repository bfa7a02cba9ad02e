//! The report as people get it: complete for an incident that went well, honest about one that didn't, and harmless
//! whatever an attacker wrote.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path};

use backstop_core::{
    Change, ErrorName, IncidentId, Mode, Outcome, Plan, Playbooks, Receipt, Resource, Target, Verification,
    evidence::{self, Entry},
    finding::{Route, Severity, SeverityLabel},
    incident::{Incident, Status},
    kind,
    log::{Event, FindingRef, Opened, Origin, Phase, Record, StepRef},
};
use backstop_report::Report;
use jiff::{SignedDuration, Timestamp};

const ID: &str = "01KJTESTREPORT000000000000";
/// One of each kind of harm, in a name that an attacker may choose.
const HOSTILE: &str = "alice<script>alert(1)</script>\"'&|`x`*[c](http://evil.example)![i](//evil.example/p.png)\u{202e}\u{1b}[31m\n# forged\n- [x] contained";

fn id() -> IncidentId {
    ID.into()
}

fn entries(log: &[Record]) -> Vec<Entry> {
    let last = log.last().unwrap().seq;
    let items = evidence::items(log, &[]).unwrap();
    let news = evidence::extend(&id(), &[], items, last).unwrap();
    news.into_iter().map(|(entry, _)| entry).collect()
}

fn recorded(name: &str) -> Vec<Record> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/recorded-logs");
    serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap()
}

fn at(milliseconds: i64) -> Timestamp {
    "2026-02-02T02:40:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_millis(milliseconds)
}

fn step(step: &str, title: &str, phase: Phase) -> StepRef {
    StepRef {
        step: step.into(),
        action: format!("iam.{step}").as_str().into(),
        title: title.into(),
        phase,
        high_impact: false,
        with: Default::default(),
    }
}

fn plan(step: &str, user: &str) -> Box<Plan> {
    Box::new(Plan {
        step: step.into(),
        action: format!("iam.{step}").as_str().into(),
        principal: format!("arn:aws:iam::123456789012:user/{user}"),
        tags: Default::default(),
        changes: vec![Change {
            api: "iam:PutUserPolicy".into(),
            what: format!("inline policy `BackstopDeny` of user {user}"),
            now: "absent".into(),
            after: "denies everything".into(),
        }],
        blast_radius: vec![format!("whatever works as {user} stops")],
        limits: vec![format!(
            "presigned URLs of {user} made before now stay valid up to 7 days"
        )],
        needs_approval: None,
        captured: None,
        manual_undo: vec![format!(
            "aws iam delete-user-policy --user-name '{user}' --policy-name BackstopDeny"
        )],
        receipt: Receipt(serde_json::Value::Null),
    })
}

/// An incident of which one step failed, one was cut off, one kept nothing, and the evidence couldn't be written.
fn gone_wrong(user: &str) -> Vec<Record> {
    let opened = Event::Opened(Box::new(Opened {
        playbook: "leaked-access-key".into(),
        target: Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource: Resource::AccessKey(kind::AccessKey {
                key_id: "AKIAIOSFODNN7EXAMPLE".into(),
                user_name: Some(user.into()),
                user_id: None,
            }),
        },
        mode: Mode::Auto,
        steps: vec![
            step("deny-user", "Deny the user everything", Phase::Contain),
            step("deactivate-key", "Deactivate the access key", Phase::Contain),
            step(
                "deactivate-other-credentials",
                "Deactivate the user's other credentials",
                Phase::Contain,
            ),
            step("capture-user", "Keep how the user was set up", Phase::Preserve),
        ],
        origin: Origin::Finding,
        finding: FindingRef {
            key: "123456789012/eu-west-1/abc".into(),
            finding_type: "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom".into(),
            route: Route::GuardDutyEvent,
            severity: Severity {
                score: 8.0,
                label: SeverityLabel::High,
            },
            count: 3,
            first_seen: Some(at(-3_900_000)),
            last_seen: Some(at(-30_000)),
            created_at: Some(at(-12_000)),
            updated_at: Some(at(-12_000)),
            message: None,
            facts: Vec::new(),
            peers: Vec::new(),
            hub: None,
        },
        title: format!("API GetCallerIdentity was called by {user} from 203.0.113.7"),
        linked: None,
        case: backstop_core::case::Case::default(),
        guardrails: vec![],
    }));
    let ended = |step: &str, outcome| Event::StepEnded {
        step: step.into(),
        outcome,
    };
    let denied = "`iam:PutUserPolicy` on user `alice`: AccessDenied: not authorized";
    let events = [
        (0, opened),
        (
            900,
            Event::Acting {
                plan: plan("deactivate-key", user),
            },
        ),
        (
            950,
            Event::Acting {
                plan: plan("deactivate-other-credentials", user),
            },
        ),
        (
            1_200,
            ended("deny-user", Outcome::failed(ErrorName::AccessDenied, denied)),
        ),
        (1_300, ended("deactivate-key", Outcome::Done)),
        (
            1_400,
            ended(
                "capture-user",
                Outcome::Skipped {
                    reason: format!("user {user} is gone"),
                },
            ),
        ),
        (
            2_500,
            Event::Verified {
                step: "deactivate-key".into(),
                verification: Verification {
                    holds: true,
                    observed: "access key AKIAIOSFODNN7EXAMPLE is Inactive".into(),
                },
                after_end: false,
            },
        ),
        (
            3_600,
            Event::Notified {
                channel: "arn:aws:sns:eu-west-1:123456789012:backstop-alerts".into(),
                subject: "[Backstop] PARTLY CONTAINED, act now".into(),
                message_id: "m-1".into(),
                body: Some("the text".into()),
                about: Default::default(),
                notice: None,
            },
        ),
        (
            4_100,
            Event::Closed {
                status: Status::PartiallyContained,
            },
        ),
        (
            4_700,
            Event::EvidenceNotKept {
                error: "Backstop.AccessDenied".into(),
                detail: "`s3:PutObject` on `s3://evidence/incidents/01K/manifest.json`: AccessDenied".into(),
            },
        ),
    ];
    let mut log: Vec<Record> = Vec::new();
    for (after, event) in events {
        log.push(Record::next(log.last(), at(after), format!("write-{after}"), event).unwrap());
    }
    log
}

fn report(log: &[Record]) -> Report {
    Report::of(&id(), log, &entries(log), &Playbooks::default()).unwrap()
}

#[test]
fn a_whole_incident_from_finding_to_undo() {
    let report = report(&recorded("leaked-access-key-undone.json"));
    insta::assert_snapshot!("undone.md", report.markdown());
    insta::assert_snapshot!("undone.html", report.html().unwrap());
}

#[test]
fn what_the_credential_did_is_told_with_what_to_type() {
    let report = report(&recorded("leaked-access-key-investigated.json"));
    insta::assert_snapshot!("investigated.md", report.markdown());
    let page = report.html().unwrap();
    let activity = report.activity.unwrap();
    assert_eq!((activity.notable.len(), activity.proposals.len()), (3, 2));
    for command in activity.proposals.iter().filter_map(|it| it.command.as_ref()) {
        assert!(page.contains(command), "{command}");
    }
}

#[test]
fn who_reached_an_instance_is_told_in_both_forms() {
    let mut report = report(&recorded("leaked-access-key-investigated.json"));
    let heading = "Who reached it, and with whom it talked";
    assert!(!report.markdown().contains(heading), "nobody looked");
    let line = "the finding names 203.0.113.9 as the other end <b>".to_owned();
    report.activity.as_mut().unwrap().contacts.push(line);
    assert!(report.markdown().contains(&format!("## {heading}\n")));
    for text in [report.markdown(), report.html().unwrap()] {
        assert!(
            text.contains(heading) && text.contains("203.0.113.9 as the other end"),
            "{text}"
        );
        assert!(!text.contains("the other end <b>"), "{text}");
    }
}

#[test]
fn an_incident_that_went_wrong_says_so() {
    let log = gone_wrong("alice");
    assert_eq!(
        Incident::replay(&log).unwrap().conclusion(),
        Status::PartiallyContained
    );
    let report = Report::of(&id(), &log, &[], &Playbooks::default()).unwrap();
    insta::assert_snapshot!("gone-wrong.md", report.markdown());
    insta::assert_snapshot!("gone-wrong.html", report.html().unwrap());
    let unknown = report.unknown.join("\n");
    for part in [
        "\"Deny the user everything\" failed",
        "\"Deactivate the user's other credentials\" was cut off",
        "\"Keep how the user was set up\" was skipped",
        "presigned URLs",
        "no step of this playbook looked into",
        "evidence could NOT be written",
    ] {
        assert!(unknown.contains(part), "{part}: {unknown}");
    }
}

#[test]
fn the_page_needs_nothing_else_and_runs_nothing() {
    for name in ["leaked-access-key-undone.json", "public-bucket-contained.json"] {
        let page = report(&recorded(name)).html().unwrap();
        for part in [
            "<script",
            "javascript:",
            "<link",
            "<img",
            "<iframe",
            "@import",
            "url(",
            " on",
        ] {
            assert!(!tags(&page).contains(part), "{part}");
        }
        assert!(page.contains("<svg") && page.contains("prefers-color-scheme: dark"));
    }
}

/// What is left of a line of Markdown to mean something.
fn unescaped(line: &str) -> String {
    let mut left = String::new();
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c == '\\' {
            rest.next();
        } else {
            left.push(c);
        }
    }
    left
}

/// What a browser takes for markup and style.
fn tags(page: &str) -> String {
    let (style, body) = page.split_once("</style>").unwrap();
    let markup = body
        .split('<')
        .skip(1)
        .map(|part| part.split('>').next().unwrap_or_default());
    format!(
        "{style} {}",
        markup.map(|tag| format!("<{tag} ")).collect::<String>()
    )
}

#[test]
fn hostile_names_are_shown_and_do_nothing() {
    let plain = report(&gone_wrong("alice"));
    let hostile = report(&gone_wrong(HOSTILE));
    let page = hostile.html().unwrap();
    assert!(page.contains("alert(1)") && !page.contains("<script>"), "{page}");
    let count = |page: &str, mark: &str| page.matches(mark).count();
    for mark in ["<h1", "<li>", "<pre>", "<a ", "<img"] {
        assert_eq!(count(&page, mark), count(&plain.html().unwrap(), mark), "{mark}");
    }
    assert!(page.chars().all(|c| c == '\n' || !c.is_control()) && !page.contains('\u{202e}'));

    let text = hostile.markdown();
    let lines = |text: &str| text.lines().count();
    assert_eq!(lines(&text), lines(&plain.markdown()), "{text}");
    let outside_code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("```") && !line.starts_with("    "));
    for line in outside_code {
        assert!(
            !unescaped(line).contains(['<', '>', '[', ']', '`', '!', '~']),
            "{line}"
        );
    }
    assert!(text.contains("# some characters can't be shown"), "{text}");
}
