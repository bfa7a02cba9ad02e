//! A notice of each kind.

use backstop_core::{
    IncidentId, NoticeKey, Playbooks,
    about::About,
    guardrail::{Exemption, ExemptionScope, Guardrails, Pause, PauseScope, UnreadableGuard},
    incident::{Incident, Question, Status},
    notice::{self, ByHand, Found, NeedsPerson, Notice},
    sweep::{Bringer, DeadRule, FedLate, Integrity, Why},
    task::Delayed,
};
use serde_json::json;

use crate::{
    events::ended,
    texts::{Texts, at, id},
};

impl Texts {
    pub(crate) fn asked(self) -> Notice {
        let (incident, question) = self.question();
        notice::question(&id(), &incident, &question)
    }

    pub(crate) fn reminder(self) -> Notice {
        let (incident, question) = self.question();
        notice::reminder(&id(), &incident, &question, at(0))
    }

    fn question(self) -> (Incident, Question) {
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
        (incident, question)
    }

    pub(crate) fn undone(self) -> Notice {
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

    pub(crate) fn investigated(self) -> Notice {
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

    pub(crate) fn attention(self) -> Notice {
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

    pub(crate) fn not_yet(self) -> Notice {
        let incident = self.incident(vec![self.opened("auto")]);
        let delayed = Delayed {
            target: incident.opened.target.clone(),
            step: Some("deactivate-key".into()),
            error: self.of("Backstop.Unavailable"),
            cause: self.of("`iam:UpdateAccessKey` on key: ServiceUnavailable: try later"),
        };
        let waiting = ByHand {
            title: self.of("Deactivate the access key"),
            lines: &[
                "aws iam update-access-key --user-name {{user_name}} --access-key-id {{key_id}} --status Inactive",
            ],
        };
        notice::not_contained_yet(&id(), &delayed, Some(&incident), &[waiting])
    }

    /// What goes on after a plan was denied.
    pub(crate) fn activity(self) -> Notice {
        let mut incident = self.incident(vec![self.opened("approve")]);
        incident.closed = Some((Status::Denied, at(0)));
        let finding = &incident.opened.finding;
        notice::goes_on(&id(), &incident, finding, false, NoticeKey::activity(0))
    }

    pub(crate) fn limit(self) -> Notice {
        let incident = self.incident(vec![self.opened("approve")]);
        notice::limit_reached(&id(), &incident, &incident.opened.guardrails[0])
    }

    pub(crate) fn integrity(self) -> Notice {
        let found = Integrity {
            rules: vec![DeadRule {
                bringer: Bringer::Rule,
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

    pub(crate) fn guards(self) -> Notice {
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
        notice::GuardChanges::between((&Guardrails::default(), at(-3600)), &found, at(0))
            .notice_by(&self.of("arn:aws:iam::123456789012:user/alice"))
            .unwrap()
    }

    /// What a second reading found, with all that others can name in it.
    pub(crate) fn reopened(self) -> Notice {
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

    pub(crate) fn digest(self) -> Notice {
        let of_label = |label: &str| {
            let mut opened = self.opened("approve");
            opened["finding"]["severity"]["label"] = json!(label);
            (id(), self.incident(vec![opened]))
        };
        let all = ["low", "medium", "low"].map(of_label);
        notice::digest(&all, at(0))
    }

    /// A name and a notice of each kind.
    pub(crate) fn of_kind(self, about: About) -> (&'static str, Notice) {
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
            About::NotContainedYet => ("not-contained-yet", self.not_yet()),
            About::Question => ("question", self.asked()),
            About::Reminder => ("reminder", self.reminder()),
            About::Limit => ("limit", self.limit()),
            About::Digest => ("digest", self.digest()),
            About::Attention => ("attention", self.attention()),
            About::Guards => ("guards", self.guards()),
            About::Integrity => ("integrity", self.integrity()),
            About::Activity => ("activity", self.activity()),
            About::NothingDone => {
                let reason = self.of("suppressed in Security Hub (Workflow.Status)");
                let message = "19dd0b57-b21e-4ac1-bd88-01bbb068cb78";
                (
                    "nothing-done",
                    notice::nothing_done(&self.finding(), &reason, message),
                )
            }
            About::Watch => {
                let unread = notice::Watched {
                    id: id(),
                    incident: self.incident(self.acted()),
                    found: Some(self.of("`iam:GetUserPolicy` on user `alice`: AccessDenied")),
                };
                ("watch", notice::watch_blind(&[unread], at(0)))
            }
            About::LedgerDown => {
                let why = self.of("`dynamodb:Query` on the guardrails: no answer");
                ("ledger-down", notice::ledger_down(&why, at(0)))
            }
            About::Overdue => {
                let incident = self.incident(self.acted());
                let state = &incident.steps[0];
                let until = notice::over_since(state, 0, at(86_400)).unwrap();
                (
                    "overdue",
                    notice::overdue(&id(), &incident, state, until, at(86_400)),
                )
            }
            About::BrokenLock => {
                let named = IncidentId::new(self.of("01JDXQ6T8R7M5V9N2K4H3G1FZC"));
                let why = self.of("it isn't in the list of incidents");
                (
                    "broken-lock",
                    notice::broken_lock(&self.finding(), &named, &why, &id()),
                )
            }
        }
    }

    pub(crate) fn every(self) -> Vec<(&'static str, Notice)> {
        About::ALL.iter().map(|about| self.of_kind(*about)).collect()
    }
}
