//! Playbooks as people read them in a terminal, and as programs read them in JSON.

use std::{collections::BTreeSet, fmt};

use backstop_actions::{Grants, Impact, Part};
use backstop_core::{Mode, PlaybookName, StepId, TargetKind, log::Phase};
use serde::Serialize;

use crate::{
    catalog::Catalog,
    check::phase_name,
    compile::{compile, functions_of},
    known,
    playbook::{Grounds, Link, Playbook, Step, Triggers},
    transitions::transitions,
};

/// One playbook, with what follows from it.
#[derive(Clone, Debug, Serialize)]
pub struct Shown<'a> {
    name: &'a PlaybookName,
    title: &'a str,
    summary: &'a str,
    triggers: &'a Triggers,
    /// How many known GuardDuty finding types the triggers match.
    finding_types: usize,
    targets: &'a [TargetKind],
    mode: Mode,
    steps: Vec<ShownStep<'a>>,
    functions: BTreeSet<&'static str>,
    /// State transitions of an execution in `auto` mode when nothing goes wrong.
    transitions: usize,
    attack: &'a [String],
    links: &'a [Link],
}

/// One step, with what the list of actions says of it.
#[derive(Clone, Debug, Serialize)]
pub struct ShownStep<'a> {
    phase: Phase,
    step: &'a StepId,
    title: &'a str,
    action: &'a str,
    what: &'static str,
    after: &'a [StepId],
    two_people: bool,
    at_once: bool,
    impact: Option<Impact>,
    targets: &'static [TargetKind],
    permissions: Option<Permissions>,
}

/// The names of the IAM actions of each part.
#[derive(Clone, Debug, Serialize)]
struct Permissions {
    plan: BTreeSet<&'static str>,
    act: BTreeSet<&'static str>,
    verify: BTreeSet<&'static str>,
    undo: BTreeSet<&'static str>,
}

impl From<Grants> for Permissions {
    fn from(grants: Grants) -> Self {
        Self {
            plan: grants.names(Part::Plan),
            act: grants.names(Part::Act),
            verify: grants.names(Part::Verify),
            undo: grants.names(Part::Undo),
        }
    }
}

/// Shows one playbook.
pub fn show(playbook: &Playbook) -> Shown<'_> {
    let matched: BTreeSet<&str> = playbook
        .triggers
        .finding_types()
        .flat_map(|pattern| known::matching(pattern))
        .map(|known| known.name)
        .collect();
    Shown {
        name: &playbook.name,
        title: &playbook.title,
        summary: &playbook.summary,
        triggers: &playbook.triggers,
        finding_types: matched.len(),
        targets: &playbook.targets,
        mode: playbook.mode,
        steps: playbook
            .steps()
            .map(|(phase, step)| shown_step(phase, step))
            .collect(),
        functions: functions_of(playbook),
        transitions: transitions(&compile(playbook), Mode::Auto),
        attack: &playbook.attack,
        links: &playbook.links,
    }
}

fn shown_step(phase: Phase, step: &Step) -> ShownStep<'_> {
    let action = step.known_action();
    ShownStep {
        phase,
        step: &step.step,
        title: &step.title,
        action: step.action.as_str(),
        what: action.map_or("not known to this version", |action| action.sentence),
        after: &step.after,
        two_people: step.high_impact,
        at_once: step.at_once,
        impact: action.map(|action| action.impact),
        targets: action.map_or(&[], |action| action.targets),
        permissions: action.map(|action| action.grants.into()),
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({})", self.title, self.name)?;
        writeln!(f)?;
        writeln!(f, "{}", self.summary)?;
        writeln!(f)?;
        writeln!(f, "answers     {}", self.triggers_line())?;
        writeln!(f, "targets     {}", kinds(self.targets))?;
        writeln!(f, "mode        {}", self.mode)?;
        for grounds in &self.triggers.grounds {
            write!(f, "{}", Proof(grounds))?;
        }
        writeln!(f, "functions   {}", join(&self.functions))?;
        writeln!(f, "transitions {} in auto mode", self.transitions)?;
        if !self.attack.is_empty() {
            writeln!(f, "ATT&CK      {}", join(self.attack))?;
        }
        let mut phase = None;
        for step in &self.steps {
            if phase != Some(step.phase) {
                writeln!(f)?;
                writeln!(f, "{}", phase_name(step.phase))?;
                phase = Some(step.phase);
            }
            write!(f, "{step}")?;
        }
        for link in self.links {
            writeln!(f)?;
            writeln!(f, "{}", link.title)?;
            write!(f, "  {}", link.url)?;
        }
        if !self.links.is_empty() {
            writeln!(f)?;
        }
        Ok(())
    }
}

impl Shown<'_> {
    fn triggers_line(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        if self.finding_types > 0 {
            parts.push(format!("{} finding types", self.finding_types));
        }
        if !self.triggers.products.is_empty() {
            parts.push(format!("all of {}", join(&self.triggers.products)));
        }
        if self.triggers.custom_actions {
            parts.push("what a person sends by a Security Hub custom action".to_owned());
        }
        if self.triggers.manual {
            parts.push("nothing by itself: people run it".to_owned());
        }
        if let Some(floor) = self.triggers.severity_floor {
            parts.push(format!("severity {floor} and above"));
        }
        parts.join("; ")
    }
}

/// Grounds: how far, why, and on what.
struct Proof<'a>(&'a Grounds);

impl fmt::Display for Proof<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grounds = self.0;
        let because = grounds.because.as_deref().unwrap_or("on each of these");
        writeln!(f, "  {:<9} {because}", grounds.furthest_mode.as_str())?;
        let mut line = |list: String, words: &str| match list.is_empty() {
            true => Ok(()),
            false => writeln!(f, "            {list}{words}"),
        };
        line(join(&grounds.finding_types), "")?;
        line(join(&grounds.actor_finding_types), " where the resource attacks")?;
        line(
            join(grounds.health_events.iter().map(|it| format!("AWS Health {it}"))),
            "",
        )?;
        line(join(&grounds.product_types), " of another product")?;
        line(
            join(grounds.controls.iter().map(|it| format!("control {it}"))),
            "",
        )?;
        line(join(&grounds.targets), " only")?;
        let floor = grounds
            .severity_floor
            .map(|it| format!("severity {it} and above only"));
        line(floor.unwrap_or_default(), "")
    }
}

impl fmt::Display for ShownStep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {} ({})", self.title, self.step)?;
        writeln!(f, "    action    {}", self.action)?;
        writeln!(f, "    does      {}", self.what)?;
        writeln!(f, "    acts on   {}", join(self.targets))?;
        if let Some(impact) = self.impact {
            writeln!(f, "    affects   {impact}")?;
        }
        if self.two_people {
            writeln!(f, "    approval  two different people")?;
        }
        if self.at_once {
            writeln!(f, "    when      at once, beside containment")?;
        }
        if !self.after.is_empty() {
            writeln!(f, "    after     {}", join(self.after))?;
        }
        if let Some(permissions) = &self.permissions {
            for (part, names) in [
                ("plan", &permissions.plan),
                ("act", &permissions.act),
                ("verify", &permissions.verify),
                ("undo", &permissions.undo),
            ] {
                writeln!(f, "    {part:<9} {}", join(names))?;
            }
        }
        Ok(())
    }
}

/// The kinds in words: what answers all of them answers the next one too.
fn kinds(targets: &[TargetKind]) -> String {
    if targets == TargetKind::ALL {
        return "every kind".to_owned();
    }
    join(targets)
}

fn join<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    items
        .into_iter()
        .map(|item| item.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

/// Every playbook in a line.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Listed<'a>(Vec<ListedPlaybook<'a>>);

/// One playbook in a line.
#[derive(Clone, Debug, Serialize)]
pub struct ListedPlaybook<'a> {
    name: &'a PlaybookName,
    title: &'a str,
    mode: Mode,
    targets: &'a [TargetKind],
    steps: usize,
}

/// Lists all playbooks.
pub fn list(catalog: &Catalog) -> Listed<'_> {
    Listed(
        catalog
            .iter()
            .map(|playbook| ListedPlaybook {
                name: &playbook.name,
                title: &playbook.title,
                mode: playbook.mode,
                targets: &playbook.targets,
                steps: playbook.steps().count(),
            })
            .collect(),
    )
}

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .0
            .iter()
            .map(|line| line.name.as_str().len())
            .max()
            .unwrap_or(0);
        for line in &self.0 {
            writeln!(
                f,
                "{:width$}  {:<7}  {:>2} step{}  {}",
                line.name.as_str(),
                line.mode.as_str(),
                line.steps,
                if line.steps == 1 { " " } else { "s" },
                kinds(line.targets)
            )?;
        }
        Ok(())
    }
}
