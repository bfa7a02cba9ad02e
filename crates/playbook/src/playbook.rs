//! A playbook as the program uses it: checked, without places in a file.

use backstop_actions::ActionSpec;
use backstop_core::{
    ActionId, Mode, PlaybookName, StepId, TargetKind,
    finding::{ResourceRole, SeverityLabel},
    log::{Phase, StepRef},
};
use serde::{Deserialize, Serialize};

/// One playbook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Playbook {
    /// The folder's name.
    pub name: PlaybookName,
    /// A short name for people.
    pub title: String,
    /// What it does and when, for people.
    pub summary: String,
    /// The findings it answers.
    pub triggers: Triggers,
    /// The kinds of target it answers.
    pub targets: Vec<TargetKind>,
    /// How far it goes by itself; guardrails and the stack may lower it.
    pub mode: Mode,
    /// The steps by phase, in the order of the phases.
    pub phases: Vec<PhaseSteps>,
    /// Where to read on.
    pub links: Vec<Link>,
    /// MITRE ATT&CK technique ids.
    pub attack: Vec<String>,
    /// Sample findings and what must come of them.
    pub tests: Vec<Test>,
}

/// The findings a playbook answers: one of its triggers must match, and all else must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triggers {
    /// What is named, by what it proves.
    pub grounds: Vec<Grounds>,
    /// AWS products, whose findings are answered whatever their type.
    pub products: Vec<String>,
    /// Whether any finding is answered that a person sends by a Security Hub custom action.
    pub custom_actions: bool,
    /// Whether no finding starts it: only people do.
    #[serde(default)]
    pub manual: bool,
    /// Findings below this are not answered.
    pub severity_floor: Option<SeverityLabel>,
    /// Only findings in which the resource has this role.
    pub resource_role: Option<ResourceRole>,
}

/// Triggers that prove the same, and how far the playbook goes by itself on that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grounds {
    /// The furthest mode that it deserves: the playbook's own, or less.
    pub furthest_mode: Mode,
    /// Why, for people; nothing in a playbook that goes no further anyhow.
    pub because: Option<String>,
    /// GuardDuty finding types, with `*`.
    pub finding_types: Vec<String>,
    /// GuardDuty finding types that are answered only where the resource attacks; with `*`.
    pub actor_finding_types: Vec<String>,
    /// Event type codes of AWS Health, with `*`.
    pub health_events: Vec<String>,
    /// Finding types of other AWS products.
    #[serde(default)]
    pub product_types: Vec<String>,
    /// Security Hub control ids; with `*`, the known controls that match.
    pub controls: Vec<String>,
    /// Only by findings from this severity on; milder ones of the same types are looked for elsewhere.
    pub severity_floor: Option<SeverityLabel>,
    /// Only on these kinds of target; none: on each of the playbook's.
    pub targets: Vec<TargetKind>,
}

impl Grounds {
    /// Whether it names no trigger.
    pub fn is_empty(&self) -> bool {
        let lists = [
            &self.finding_types,
            &self.actor_finding_types,
            &self.health_events,
            &self.product_types,
            &self.controls,
        ];
        lists.iter().all(|list| list.is_empty())
    }
}

impl Triggers {
    /// The GuardDuty finding types that are named, wherever the resource stands.
    pub fn finding_types(&self) -> impl Iterator<Item = &String> {
        self.grounds.iter().flat_map(|it| &it.finding_types)
    }

    /// The finding types that are answered only where the resource attacks.
    pub fn actor_finding_types(&self) -> impl Iterator<Item = &String> {
        self.grounds.iter().flat_map(|it| &it.actor_finding_types)
    }

    /// How many patterns of what it answers are named, by whichever product.
    pub fn reach(&self) -> usize {
        let named = |it: &Grounds| {
            it.finding_types.len()
                + it.actor_finding_types.len()
                + it.health_events.len()
                + it.product_types.len()
                + it.controls.len()
        };
        self.grounds.iter().map(named).sum()
    }

    /// The codes of AWS Health's events.
    pub fn health_events(&self) -> impl Iterator<Item = &String> {
        self.grounds.iter().flat_map(|it| &it.health_events)
    }

    /// The finding types of other AWS products.
    pub fn product_types(&self) -> impl Iterator<Item = &String> {
        self.grounds.iter().flat_map(|it| &it.product_types)
    }

    /// The Security Hub controls.
    pub fn controls(&self) -> impl Iterator<Item = &String> {
        self.grounds.iter().flat_map(|it| &it.controls)
    }
}

/// The steps of one phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseSteps {
    /// The phase.
    pub phase: Phase,
    /// Its steps, in the file's order.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its name inside the playbook.
    pub step: StepId,
    /// What it runs.
    pub action: ActionId,
    /// A sentence; the compiled machine's state is named after it.
    pub title: String,
    /// Steps of the same phase that must have ended before it starts, well or badly.
    pub after: Vec<StepId>,
    /// Whether two different people must approve.
    pub high_impact: bool,
    /// Whether it keeps evidence that can't wait: it runs beside containment, which doesn't wait for it.
    pub at_once: bool,
    /// Options of the action.
    pub with: serde_json::Map<String, serde_json::Value>,
}

/// Where to read on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What it is.
    pub title: String,
    /// Where it is.
    pub url: String,
}

/// A sample finding and what must come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// A file in the playbook's folder: an EventBridge event.
    pub finding: String,
    /// The kind of target it must yield.
    pub target: TargetKind,
    /// The steps that apply to it.
    pub steps: Vec<StepId>,
}

impl Playbook {
    /// Every step with its phase, in order.
    pub fn steps(&self) -> impl Iterator<Item = (Phase, &Step)> {
        self.phases
            .iter()
            .flat_map(|phase| phase.steps.iter().map(|step| (phase.phase, step)))
    }

    /// The steps of one phase; none if the playbook hasn't the phase.
    pub fn steps_of(&self, phase: Phase) -> Vec<&Step> {
        self.steps()
            .filter_map(|(of, step)| (of == phase).then_some(step))
            .collect()
    }

    /// The steps that keep evidence beside containment.
    pub fn steps_at_once(&self) -> Vec<&Step> {
        self.steps()
            .filter_map(|(_, step)| step.at_once.then_some(step))
            .collect()
    }

    /// Whether it has steps that contain; without them it only tells people.
    pub fn contains(&self) -> bool {
        self.steps().any(|(phase, _)| phase == Phase::Contain)
    }

    /// The steps as an incident's log keeps them.
    pub fn step_refs(&self) -> Vec<StepRef> {
        self.steps()
            .map(|(phase, step)| StepRef {
                step: step.step.clone(),
                action: step.action.clone(),
                title: step.title.clone(),
                phase,
                high_impact: step.high_impact,
                with: step.with.clone(),
            })
            .collect()
    }
}

impl Step {
    /// What the list of actions says of it; `None` only for a catalog of another version.
    pub fn known_action(&self) -> Option<&'static ActionSpec> {
        backstop_actions::find(self.action.as_str())
    }

    /// Whether it may change the account, so that people must see it in the plan; what isn't known might.
    pub fn changes_something(&self) -> bool {
        self.known_action().is_none_or(ActionSpec::changes_something)
    }
}
