//! How a deployment is: one check each, with what to type where something is wrong.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::sweep::LastRun;

/// The name under which the sweep leaves word of its last run.
pub const LAST_RUN: &str = "last run";

/// How one thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckHealth {
    /// As it should.
    Ok,
    /// Somebody must act.
    Problem,
    /// It couldn't be read.
    Unknown,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub standing: CheckHealth,
    /// What was read.
    pub what: String,
    /// What to type or do.
    pub next: Vec<String>,
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthAnswer {
    /// Each check.
    pub checks: Vec<Check>,
    /// When it was read.
    pub read_at: Timestamp,
}

impl Check {
    /// It is as it should be.
    pub fn ok(name: &str, what: impl Into<String>) -> Self {
        Self::new(name, CheckHealth::Ok, what, Vec::new())
    }

    /// Somebody must act.
    pub fn problem(name: &str, what: impl Into<String>, next: Vec<String>) -> Self {
        Self::new(name, CheckHealth::Problem, what, next)
    }

    /// It couldn't be read.
    pub fn unknown(name: &str, what: impl Into<String>, next: Vec<String>) -> Self {
        Self::new(name, CheckHealth::Unknown, what, next)
    }

    fn new(name: &str, standing: CheckHealth, what: impl Into<String>, next: Vec<String>) -> Self {
        Self {
            name: name.to_owned(),
            standing,
            what: what.into(),
            next,
        }
    }

    /// Whether anybody hears: how many subscriptions of the alerts topic are confirmed, or why that isn't known.
    pub fn subscriptions(confirmed: Result<u64, String>, topic: &str, region: &str) -> Self {
        const NAME: &str = "who is told";
        match confirmed {
            Ok(0) => Self::problem(
                NAME,
                "NOBODY HEARS of incidents: the alerts topic has no confirmed subscription",
                vec![
                    format!(
                        "aws sns subscribe --region {region} --topic-arn {topic} --protocol email --notification-endpoint \
                         oncall@example.com"
                    ),
                    "follow the link in the mail that AWS sends; the sweep then sends what nobody got"
                        .to_owned(),
                ],
            ),
            Ok(number) => Self::ok(
                NAME,
                format!("confirmed subscriptions of the alerts topic: {number}"),
            ),
            Err(why) => Self::unknown(NAME, why, vec![format!("look at the subscriptions of {topic}")]),
        }
    }

    /// Whether the table can be read, and whether a notice in it waits to be delivered: how many do, the oldest since when;
    /// or why that isn't known.
    pub fn notices(waiting: Result<(usize, Option<Timestamp>), String>) -> Self {
        const NAME: &str = "notices";
        match waiting {
            Ok((number, Some(since))) => Self::problem(
                NAME,
                format!(
                    "the table can be read; notices that nobody got yet: {number}, the oldest of {since}"
                ),
                vec!["see why in an incident: backstop incidents show <incident>".to_owned()],
            ),
            Ok(_) => Self::ok(
                NAME,
                "the table can be read, and no notice in it waits to be delivered",
            ),
            Err(why) => Self::problem(
                NAME,
                why,
                vec!["look at the incidents table and its policy".to_owned()],
            ),
        }
    }

    /// What the sweep's last run says: of itself, of the rules that bring findings, and of the dead-letter queue.
    pub fn last_run(
        run: Result<Option<LastRun>, String>,
        every: SignedDuration,
        now: Timestamp,
    ) -> Vec<Self> {
        const NAMES: [&str; 3] = ["sweep", "rules", "dead-letter queue"];
        let [sweep, rules, queue] = NAMES;
        let unseen = |why: &str| {
            NAMES
                .map(|name| Self::unknown(name, why, look_at_sweep()))
                .to_vec()
        };
        let run = match run {
            Ok(Some(run)) => run,
            Ok(None) => return unseen("the sweep hasn't run to its end yet"),
            Err(why) => return unseen(&why),
        };
        vec![
            Self::sweep(sweep, &run, every, now),
            match run.dead_rules.as_slice() {
                [] => Self::ok(rules, format!("on, with their targets, at {}", run.at)),
                dead => Self::problem(
                    rules,
                    format!("findings don't come by themselves: {}", dead.join("; ")),
                    vec!["deploy the stack again; CloudTrail says who changed it".to_owned()],
                ),
            },
            match run.dead_letters {
                Some(0) => Self::ok(queue, format!("empty at {}", run.at)),
                Some(number) => Self::problem(
                    queue,
                    format!("messages that weren't answered, at {}: {number}", run.at),
                    vec!["docs/operating.md, \"The dead-letter queue\"".to_owned()],
                ),
                None => Self::unknown(queue, "the sweep couldn't read it", look_at_sweep()),
            },
        ]
    }

    fn sweep(name: &str, run: &LastRun, every: SignedDuration, now: Timestamp) -> Self {
        if now.duration_since(run.at) > every * 3 {
            let what = format!(
                "it last ran to its end at {}, and should every {} minutes",
                run.at,
                every.as_mins()
            );
            return Self::problem(name, what, look_at_sweep());
        }
        match run.failures.as_slice() {
            [] => Self::ok(name, format!("ran at {}", run.at)),
            failures => Self::problem(
                name,
                format!("parts of the run of {} failed: {}", run.at, failures.join("; ")),
                look_at_sweep(),
            ),
        }
    }
}

fn look_at_sweep() -> Vec<String> {
    vec!["look at the log of the function in the stack's output SweepFunctionName".to_owned()]
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn run() -> LastRun {
        LastRun {
            at: "2026-05-01T08:00:00Z".parse().unwrap(),
            failures: vec![],
            dead_rules: vec![],
            dead_letters: Some(0),
        }
    }

    fn standings(run: Option<LastRun>, now: &str) -> Vec<CheckHealth> {
        let checks = Check::last_run(Ok(run), SignedDuration::from_mins(30), now.parse().unwrap());
        checks.iter().map(|check| check.standing).collect()
    }

    #[test]
    fn a_sweep_that_is_late_or_failed_is_a_problem() {
        use CheckHealth::{Ok, Problem, Unknown};
        assert_eq!(standings(Some(run()), "2026-05-01T09:30:00Z"), [Ok; 3]);
        assert_eq!(standings(Some(run()), "2026-05-01T09:31:00Z"), [Problem, Ok, Ok]);
        let failed = LastRun {
            failures: vec!["looking who is told: nobody".into()],
            dead_rules: vec!["GuardDutyRule is disabled".into()],
            dead_letters: Some(2),
            ..run()
        };
        assert_eq!(standings(Some(failed), "2026-05-01T08:01:00Z"), [Problem; 3]);
        assert_eq!(standings(None, "2026-05-01T08:01:00Z"), [Unknown; 3]);
    }

    #[test]
    fn a_topic_without_subscription_says_what_to_type() {
        let topic = "arn:aws:sns:eu-west-1:123456789012:alerts";
        let nobody = Check::subscriptions(Ok(0), topic, "eu-west-1");
        assert_eq!(nobody.standing, CheckHealth::Problem);
        assert!(nobody.next.first().unwrap().contains(topic));
        assert_eq!(
            Check::subscriptions(Ok(1), topic, "eu-west-1").standing,
            CheckHealth::Ok
        );
        let unread = Check::subscriptions(Err("denied".into()), topic, "eu-west-1");
        assert_eq!(unread.standing, CheckHealth::Unknown);
    }
}
