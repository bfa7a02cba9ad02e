//! The events of an incident about a leaked key.

use serde_json::{Value, json};

use crate::texts::Texts;

impl Texts {
    pub(crate) fn opened(self, mode: &str) -> Value {
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

    pub(crate) fn plan(self, step: &str) -> Value {
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

    pub(crate) fn planned(self, step: &str) -> Value {
        json!({ "event": "planned", "plan": self.plan(step), "hash": "1234567890abcdef" })
    }

    pub(crate) fn acting(self, step: &str) -> Value {
        json!({ "event": "acting", "plan": self.plan(step) })
    }

    pub(crate) fn failed(self, step: &str) -> Value {
        json!({ "event": "step-ended", "step": step, "outcome": "failed",
                "error": "Backstop.AccessDenied", "detail": "`iam:PutUserPolicy` on user `alice`" })
    }

    pub(crate) fn verified(self, step: &str) -> Value {
        json!({ "event": "verified", "step": step, "holds": true,
                "observed": "access key AKIAIOSFODNN7EXAMPLE is Inactive" })
    }

    /// One step is done, one failed, one was cut off.
    pub(crate) fn acted(self) -> Vec<Value> {
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
}

pub(crate) fn ended(step: &str, outcome: &str) -> Value {
    json!({ "event": "step-ended", "step": step, "outcome": outcome })
}
