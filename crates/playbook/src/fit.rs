//! How closely a playbook's triggers fit a finding.

use std::cmp::Reverse;

use backstop_core::{
    Finding, TargetKind,
    finding::{ResourceRole, Route, SeverityLabel},
};
use wildmatch::WildMatch;

use crate::{
    known,
    playbook::{Grounds, Triggers},
};

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

/// A fit, what it proves, and why it fits, for people.
#[derive(Clone, Debug)]
pub(crate) struct Fitting<'a> {
    pub(crate) fit: Fit,
    /// None where nothing that is named fits: a product's finding, or a person's.
    pub(crate) grounds: Option<&'a Grounds>,
    pub(crate) why: String,
}

/// The closest fit to a finding about this kind of target; `None` if the triggers don't want it. Of two that fit as
/// closely, the one that goes less far.
pub(crate) fn fit<'a>(triggers: &'a Triggers, finding: &Finding, kind: TargetKind) -> Option<Fitting<'a>> {
    let is_below = |floor: Option<SeverityLabel>| floor.is_some_and(|floor| finding.severity.label < floor);
    let other_role = triggers
        .resource_role
        .is_some_and(|role| finding.resource_role != Some(role));
    if is_below(triggers.severity_floor) || other_role {
        return None;
    }
    let proven = triggers
        .grounds
        .iter()
        .filter(|it| !is_below(it.severity_floor) && (it.targets.is_empty() || it.targets.contains(&kind)))
        .flat_map(|grounds| {
            by_type(grounds, finding)
                .chain(by_health_event(grounds, finding))
                .chain(by_product_type(grounds, finding))
                .chain(by_control(grounds, finding))
                .map(|(fit, why)| Fitting {
                    fit,
                    grounds: Some(grounds),
                    why,
                })
        });
    let other = by_product(triggers, finding)
        .chain(by_person(triggers, finding))
        .map(|(fit, why)| Fitting {
            fit,
            grounds: None,
            why,
        });
    proven
        .chain(other)
        .max_by_key(|it| (it.fit, Reverse(it.grounds.map(|grounds| grounds.furthest_mode))))
}

/// Only GuardDuty's findings have GuardDuty's types: whoever may import findings could write anything there.
fn by_type(grounds: &Grounds, finding: &Finding) -> impl Iterator<Item = (Fit, String)> {
    let as_actor = grounds
        .actor_finding_types
        .iter()
        .filter(|_| finding.resource_role == Some(ResourceRole::Actor));
    grounds
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
fn by_health_event(grounds: &Grounds, finding: &Finding) -> impl Iterator<Item = (Fit, String)> {
    grounds
        .health_events
        .iter()
        .filter(|pattern| finding.is_health() && WildMatch::new(pattern).matches(&finding.finding_type))
        .map(|pattern| {
            let why = format!("AWS Health event `{}` matches `{pattern}`", finding.finding_type);
            (fit_of(pattern, Fit::Type), why)
        })
}

/// Only a product's own findings have its types, and who imports findings can't take the name of one of AWS's.
fn by_product_type(grounds: &Grounds, finding: &Finding) -> impl Iterator<Item = (Fit, String)> {
    let is_its = |name: &str| {
        known::product_types().any(|(product, known)| known == name && product == finding.product)
    };
    grounds
        .product_types
        .iter()
        .filter(move |name| **name == finding.finding_type && is_its(name))
        .map(|name| {
            (
                Fit::Type,
                format!("it is a finding of {} of type `{name}`", finding.product),
            )
        })
}

/// Only Security Hub's own findings are of its controls. A pattern stands for the known controls that it
/// matches, so that thousands of routine findings don't become incidents.
fn by_control(grounds: &Grounds, finding: &Finding) -> impl Iterator<Item = (Fit, String)> {
    let control = finding
        .control
        .as_deref()
        .filter(|_| finding.product == "Security Hub");
    grounds.controls.iter().filter_map(move |pattern| {
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

fn by_product(triggers: &Triggers, finding: &Finding) -> impl Iterator<Item = (Fit, String)> {
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
        Fit::Pattern(pattern.chars().filter(|c| !WILDCARDS.contains(c)).count())
    } else {
        exact
    }
}

/// What stands for others in a pattern: any run of characters, and one.
const WILDCARDS: [char; 2] = ['*', '?'];

/// Whether the text may match more than itself.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(WILDCARDS)
}
