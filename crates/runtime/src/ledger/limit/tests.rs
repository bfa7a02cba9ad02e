//! Who is counted with whom.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;

fn opened(origin: Origin) -> Opened {
    let mut opened: Opened = serde_json::from_value(json!({
        "playbook": "leaked-access-key", "mode": "auto", "title": "", "linked": null, "guardrails": [], "steps": [],
        "target": { "account": "123456789012", "region": "eu-west-1", "partition": "aws",
                    "resource": { "kind": "user", "user_name": "alice" } },
        "origin": { "origin": "finding" },
        "finding": { "key": "k", "finding_type": "t", "route": "guard-duty-event", "count": 1,
                     "severity": { "score": 8.0, "label": "high" }, "first_seen": null, "last_seen": null,
                     "created_at": null, "updated_at": null },
    }))
    .unwrap();
    opened.origin = origin;
    opened
}

#[test]
fn drills_and_people_dont_use_up_what_real_incidents_need() {
    let at: Timestamp = "2026-05-01T08:59:59Z".parse().unwrap();
    let by_hand = Origin::Manual {
        by: "bob".to_owned(),
        reason: None,
    };
    let keys = [Origin::Finding, Origin::Drill, by_hand].map(|origin| pk(&opened(origin), at));
    assert_eq!(
        keys,
        [
            "LIMIT#leaked-access-key#123456789012#2026-05-01T08",
            "LIMIT#DRILL#leaked-access-key#123456789012#2026-05-01T08",
            "LIMIT#MANUAL#leaked-access-key#123456789012#2026-05-01T08",
        ]
    );
}
