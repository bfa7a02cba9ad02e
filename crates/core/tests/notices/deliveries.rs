//! What the log says of deliveries.

use backstop_core::{NoticeKey, about::About};
use serde_json::{Value, json};

use crate::texts::{PLAIN, incident};

/// Deliveries that logs from before there were keys say of, and those of today.
#[test]
fn the_log_says_what_people_were_notified_of() {
    let notified = |about: Option<&str>, notice: Option<&str>| {
        let mut event = json!({ "event": "notified", "channel": "t", "subject": "s", "message_id": "m" });
        if let Some(about) = about {
            event["about"] = json!(about);
        }
        if let Some(notice) = notice {
            event["notice"] = json!(notice);
        }
        event
    };
    let undo = json!({ "event": "undo-requested", "by": "bob", "reason": null, "steps": ["deactivate-key"] });
    let notices = |events: Vec<Value>| {
        let mut all = PLAIN.acted();
        all.extend(events);
        incident(all).notices
    };
    assert!(!notices(vec![]).ending_is_known());
    assert!(notices(vec![notified(None, None)]).ending_is_known());
    assert!(notices(vec![notified(None, Some("outcome"))]).ending_is_known());
    let proposed = notices(vec![notified(Some("investigation"), None)]);
    assert!(!proposed.ending_is_known() && proposed.is_known(About::Investigation));
    let asked = notices(vec![notified(Some("question"), Some("question-r"))]);
    assert!(!asked.ending_is_known() && asked.is_delivered(&NoticeKey::question("r"), "t"));

    let before = vec![notified(None, Some("outcome")), undo.clone()];
    assert!(!notices(before).ending_is_known(), "of the undo nobody knows yet");
    let late = vec![undo.clone(), notified(None, Some("outcome"))];
    assert!(
        !notices(late).ending_is_known(),
        "a late notice of the outcome says nothing of the undo"
    );
    let record = PLAIN.acted().len();
    let known = vec![undo.clone(), notified(None, Some(&format!("undo-r{record}")))];
    assert!(notices(known).ending_is_known());
    assert!(
        notices(vec![undo, notified(None, None)]).ending_is_known(),
        "an older log"
    );

    let refused = json!({ "event": "not-notified", "channel": "t", "about": "outcome", "notice": "outcome",
                          "error": "Backstop.AccessDenied", "detail": "`sns:Publish`" });
    let failed = notices(vec![refused.clone()]);
    let key = NoticeKey::outcome();
    assert!(!failed.ending_is_known() && !failed.is_delivered(&key, "t"));
    assert_eq!(
        failed.last_failure(&key, "t"),
        Some("Backstop.AccessDenied: `sns:Publish`")
    );
    assert_eq!(failed.last_failure(&key, "another"), None);
    assert_eq!(failed.failing().len(), 1);
    let mut by_another = refused.clone();
    by_another["channel"] = json!("notify");
    let both = vec![by_another, refused.clone(), refused.clone()];
    let channels: Vec<String> = notices(both)
        .failing()
        .iter()
        .map(|it| it.channel.clone())
        .collect();
    assert_eq!(channels, ["notify", "t"], "of each the last");
    let mut handed_over = refused.clone();
    handed_over["channel"] = json!("notify");
    let taken = notices(vec![
        handed_over,
        refused.clone(),
        notified(None, Some("outcome")),
    ]);
    assert!(taken.failing().is_empty());
    let healed = notices(vec![refused, notified(None, Some("outcome"))]);
    assert!(healed.ending_is_known() && healed.last_failure(&key, "t").is_none());
}
