//! What is wrong with a rule: refusals, which stop it, and warnings, which ask.

mod exemption;
mod keys;
mod metadata;
mod negative;
mod network;
mod overrides;
mod types;

use std::collections::BTreeMap;

use backstop_playbook::{Catalog, Problem};
use jiff::civil::Date;
use serde_saphyr::Location;

use crate::{
    condition::Condition,
    suppression::{Suppression, SuppressionFile},
};

pub(crate) use metadata::{Answered, ENDS_SOON, EXPIRED, check_answered, check_end, check_name, not_blank};
pub(crate) use network::WIDEST_PREFIX;

/// What a rule is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// The day on which it is looked at.
    pub(crate) today: Date,
    /// The playbooks that answer what isn't hidden.
    pub(crate) playbooks: &'a Catalog,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// What stops it.
    pub(crate) refusals: Vec<Problem>,
    /// What somebody should think about.
    pub(crate) warnings: Vec<Problem>,
}

impl Judged {
    /// Whether all that is refused is what has ended, so that what is left can be compiled.
    pub(crate) fn is_only_expired(&self) -> bool {
        self.refusals.iter().all(|problem| problem.code == EXPIRED)
    }

    pub(crate) fn refuse(
        &mut self,
        place: Location,
        code: &'static str,
        message: String,
        help: impl Into<String>,
    ) {
        self.refusals.push(Problem::at(place, code, message).help(help));
    }

    pub(crate) fn warn(
        &mut self,
        place: Location,
        code: &'static str,
        message: String,
        help: impl Into<String>,
    ) {
        self.warnings
            .push(Problem::at(place, code, message).help(help).warning());
    }
}

/// A rule's criteria, with and without their places.
pub(crate) struct Criteria<'a> {
    file: &'a SuppressionFile,
    plain: BTreeMap<String, Condition>,
}

/// Checks everything, and reports all at once. The rule is there if nothing stops it.
pub(crate) fn check(
    name: &str,
    file: &SuppressionFile,
    context: Context<'_>,
) -> (Option<Suppression>, Judged) {
    let mut judged = Judged::default();
    metadata::check(name, file, context.today, &mut judged);
    let of_fields = file
        .criteria
        .value
        .iter()
        .map(|it| (it.value.field.value.clone(), it.value.condition()));
    let criteria = Criteria {
        file,
        plain: of_fields.collect(),
    };
    keys::check(&criteria, &mut judged);
    types::check(&criteria, context.playbooks, &mut judged);
    negative::check(&criteria, &mut judged);
    network::check(&criteria, &mut judged);
    exemption::check(name, &criteria, &mut judged);
    let overrides = overrides::apply(file, context.today, &mut judged);
    let rule = judged.refusals.is_empty().then(|| Suppression {
        name: name.to_owned(),
        title: one_line(&file.title.value),
        owner: one_line(&file.owner.value),
        reason: one_line(&file.reason.value),
        expires: file.expires.value,
        ticket: file.ticket.clone(),
        criteria: criteria.plain,
        overrides,
    });
    (rule, judged)
}

/// In one line.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
