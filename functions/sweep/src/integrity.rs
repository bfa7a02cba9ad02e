//! Looks whether findings still reach intake by themselves: the rules as they are, and what this run had to feed.

mod mapping;

use std::collections::BTreeSet;

use backstop_aws::{CallError, SdkConfig, SignedCall};
use backstop_core::{
    ErrorName,
    notice::integrity,
    sweep::{Bringer, DeadRule, Integrity, RuleState},
};
use backstop_runtime::{LedgerError, now};
use jiff::SignedDuration;
use serde_json::{Value, json};

pub(crate) use mapping::Mapping;

use crate::{Sweep, report::Report};

/// What people were notified of.
const NOTIFIED: &str = "integrity";
/// That there was a run before this one: the first feeds what was there before Backstop was.
const SWEPT: &str = "swept";
/// People are notified again of a rule that has been dead for so long.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A stack that wasn't swept for as long as this is as good as new.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A rule of the stack, and where it must send to: to each of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    name: String,
    targets: Vec<String>,
}

/// The setting `RULES` can't be read.
#[derive(Debug, thiserror::Error)]
#[error("`RULES` has `{0}`, which isn't a rule's name and its targets' ARNs with `|` between them")]
pub(crate) struct NoRule(String);

impl Rule {
    /// `name|target,name|target|target`
    pub(crate) fn read_all(text: &str) -> Result<Vec<Self>, NoRule> {
        let rule = |text: &str| {
            let mut words = text.split('|').map(str::to_owned);
            let name = words.next().unwrap_or_default();
            let targets: Vec<String> = words.collect();
            let is_rule = !name.is_empty() && !targets.is_empty() && !targets.contains(&String::new());
            is_rule
                .then_some(Self { name, targets })
                .ok_or_else(|| NoRule(text.to_owned()))
        };
        text.split(',').map(rule).collect()
    }

    /// How it is now.
    async fn state(&self, config: &SdkConfig) -> Result<RuleState, CallError> {
        let rule = self.ask(
            "events:DescribeRule",
            "AWSEvents.DescribeRule",
            json!({ "Name": self.name }),
        );
        let state = match rule.send(config).await {
            Ok(answer) => answer.get("State").and_then(Value::as_str).map(str::to_owned),
            Err(error) if error.name == ErrorName::TargetGone => return Ok(RuleState::Gone),
            Err(error) => return Err(error),
        };
        // `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS` is on, too.
        if !state.is_some_and(|state| state.starts_with("ENABLED")) {
            return Ok(RuleState::Disabled);
        }
        let targets = self.ask(
            "events:ListTargetsByRule",
            "AWSEvents.ListTargetsByRule",
            json!({ "Rule": self.name }),
        );
        let targets = targets.send(config).await?;
        let targets = targets.get("Targets").and_then(Value::as_array);
        let sent_to: BTreeSet<&str> = targets
            .into_iter()
            .flatten()
            .filter_map(|target| target.get("Arn")?.as_str())
            .collect();
        Ok(
            if self
                .targets
                .iter()
                .all(|target| sent_to.contains(target.as_str()))
            {
                RuleState::Works
            } else {
                RuleState::NoTarget
            },
        )
    }

    fn ask(&self, call: &'static str, target: &'static str, body: Value) -> SignedCall {
        SignedCall {
            call,
            on: format!("rule `{}`", self.name),
            service: "events",
            path: "/".to_owned(),
            target: Some(target),
            body,
        }
    }
}

impl Sweep {
    /// Has people notified of what is wrong, of a rule once.
    pub(crate) async fn look_at_itself(&self, report: &mut Report) {
        let rules = self.dead_rules(report).await;
        report.dead_rules = rules.len();
        let fed = std::mem::take(&mut report.fed_late);
        let found = Integrity { rules, fed };
        report.dead_rule_names = found.dead_rules().into_iter().collect();
        if let Err(error) = self.tell_of(found, report).await {
            report.failed("notifying people of what is wrong with Backstop itself", &error);
        }
    }

    async fn dead_rules(&self, report: &mut Report) -> Vec<DeadRule> {
        let mut dead = Vec::new();
        for rule in &self.rules {
            match rule.state(&self.config).await {
                Ok(state) => dead.extend(state.problem().map(|what| {
                    tracing::error!(rule = rule.name, what, "a rule brings nothing");
                    DeadRule {
                        bringer: Bringer::Rule,
                        name: rule.name.clone(),
                        what: what.to_owned(),
                    }
                })),
                Err(error) => report.failed(&format!("looking at rule `{}`", rule.name), &error),
            }
        }
        match self.mapping.state().await {
            Ok(state) => dead.extend(state.problem().map(|what| {
                tracing::error!(what, "intake isn't handed what the queue holds");
                DeadRule {
                    bringer: Bringer::Mapping,
                    name: mapping::NAME.to_owned(),
                    what: what.to_owned(),
                }
            })),
            Err(error) => report.failed(&format!("looking at the {}", mapping::NAME), &error),
        }
        dead
    }

    async fn tell_of(&self, mut found: Integrity, report: &mut Report) -> Result<(), LedgerError> {
        let now = now();
        if self.ledger.memo::<bool>(SWEPT, now).await?.is_none() {
            found.fed.clear();
        }
        self.ledger.keep_memo(SWEPT, &true, now + FORGOTTEN).await?;
        let known: BTreeSet<String> = self.ledger.memo(NOTIFIED, now).await?.unwrap_or_default();
        let dead = found.dead_rules();
        if !dead.is_subset(&known) || !found.fed.is_empty() {
            self.hand_over(&integrity(&found, now), report).await?;
        }
        if dead != known {
            self.ledger.keep_memo(NOTIFIED, &dead, now + REMEMBERED).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
