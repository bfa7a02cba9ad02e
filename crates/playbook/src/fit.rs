//! How closely a playbook's triggers fit a finding.

use backstop_core::{
    Finding,
    finding::{ResourceRole, Route},
};
use wildmatch::WildMatch;

use crate::{known, playbook::Triggers};

/// The closer fit is the greater one; of two patterns the one with more letters of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    /// A person sent it.
    CustomAction,
    /// A product of AWS made it.
    Product,
    /// A pattern matches its type or control.
    Pattern(usize),
    /// Its control is named.
    Control,
    /// Its type is named.
    Type,
}

/// The closest fit and why, for people; `None` if the triggers don't want the finding.
pub(crate) fn fit(triggers: &Triggers, finding: &Finding) -> Option<(Fit, String)> {
    let too_mild = triggers
        .severity_floor
        .is_some_and(|floor| finding.severity.label < floor);
    let other_role = triggers
        .resource_role
        .is_some_and(|role| finding.resource_role != Some(role));
    if too_mild || other_role {
        return None;
    }
    by_type(triggers, finding)
        .chain(by_health_event(triggers, finding))
        .chain(by_control(triggers, finding))
        .chain(by_product(triggers, finding))
        .chain(by_person(triggers, finding))
        .max_by_key(|(fit, _)| *fit)
}

/// Only GuardDuty's findings have GuardDuty's types: whoever may import findings could write anything there.
fn by_type<'a>(triggers: &'a Triggers, finding: &'a Finding) -> impl Iterator<Item = (Fit, String)> + 'a {
    let as_actor = triggers
        .actor_finding_types
        .iter()
        .filter(|_| finding.resource_role == Some(ResourceRole::Actor));
    triggers
        .finding_types
        .iter()
        .chain(as_actor)
        .filter(|pattern| finding.is_guardduty() && WildMatch::new(pattern).matches(&finding.finding_type))
        .map(|pattern| {
            (
                fit_of(pattern, Fit::Type),
                format!("finding type `{}` matches `{pattern}`", finding.finding_type),
            )
        })
}

/// Only AWS Health's own events have its codes.
fn by_health_event<'a>(
    triggers: &'a Triggers,
    finding: &'a Finding,
) -> impl Iterator<Item = (Fit, String)> + 'a {
    triggers
        .health_events
        .iter()
        .filter(|pattern| finding.is_health() && WildMatch::new(pattern).matches(&finding.finding_type))
        .map(|pattern| {
            let why = format!("AWS Health event `{}` matches `{pattern}`", finding.finding_type);
            (fit_of(pattern, Fit::Type), why)
        })
}

/// Only Security Hub's own findings are of its controls. A pattern stands for the known controls that it
/// matches, so that thousands of routine findings don't become incidents.
fn by_control<'a>(triggers: &'a Triggers, finding: &'a Finding) -> impl Iterator<Item = (Fit, String)> + 'a {
    let control = finding
        .control
        .as_deref()
        .filter(|_| finding.product == "Security Hub");
    triggers.controls.iter().filter_map(move |pattern| {
        let control = control?;
        if !is_pattern(pattern) {
            return control
                .eq_ignore_ascii_case(pattern)
                .then(|| (Fit::Control, format!("it is a finding of control `{pattern}`")));
        }
        let known = known::control(control)?;
        WildMatch::new(pattern).matches(known.id).then(|| {
            let why = format!("control `{}` is about exposure and matches `{pattern}`", known.id);
            (fit_of(pattern, Fit::Control), why)
        })
    })
}

fn by_product<'a>(triggers: &'a Triggers, finding: &'a Finding) -> impl Iterator<Item = (Fit, String)> + 'a {
    triggers
        .products
        .iter()
        .filter(|product| **product == finding.product)
        .map(|product| (Fit::Product, format!("it is a finding of {product}")))
}

fn by_person(triggers: &Triggers, finding: &Finding) -> Option<(Fit, String)> {
    (triggers.custom_actions && finding.route == Route::SecurityHubCustomAction).then(|| {
        let why = "a person sent it by a Security Hub custom action".to_owned();
        (Fit::CustomAction, why)
    })
}

fn fit_of(pattern: &str, exact: Fit) -> Fit {
    if is_pattern(pattern) {
        Fit::Pattern(pattern.chars().filter(|c| *c != '*').count())
    } else {
        exact
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains('*')
}
