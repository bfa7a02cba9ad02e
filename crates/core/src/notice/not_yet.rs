//! The notice that a target isn't contained yet, since AWS is down or refuses for now: sent while the machine goes on
//! trying, so that people needn't wait for how it ends.

use serde_json::Value;

use super::{Class, Command, Line, Notice, Piece, Point, Section, line, outside};
use crate::{
    about::About,
    finding::SeverityLabel,
    ids::{IncidentId, NoticeKey},
    incident::Incident,
    log::Origin,
    target::Target,
    task::Delayed,
    text,
};

/// A step that hasn't ended, and what does the same by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// The step's title.
    pub title: String,
    /// Sentences, and AWS CLI lines, with `{user_name}` and the like for what the target has.
    pub lines: &'static [&'static str],
}

/// Says what AWS said, what waits for it, and what to do by hand meanwhile. `incident` is missing if the table can't be
/// used either.
pub fn not_contained_yet(
    id: &IncidentId,
    delayed: &Delayed,
    incident: Option<&Incident>,
    waiting: &[ByHand],
) -> Notice {
    let target = &delayed.target;
    let is_drill = incident.is_some_and(|incident| incident.opened.origin == Origin::Drill);
    let word = if is_drill {
        "DRILL NOT CONTAINED YET: "
    } else {
        "NOT CONTAINED YET: "
    };
    let severity = incident.map_or(SeverityLabel::High, |it| it.opened.finding.severity.label);
    let mut next: Vec<Point> = waiting
        .iter()
        .flat_map(|step| by_hand(id, target, step))
        .collect();
    if next.is_empty() {
        next.push("contain it by hand now".into());
    }
    next.extend([
        Point::from(
            "if AWS refuses that as well, deny it from the management account by a service control policy",
        ),
        "what is done by hand is found done, and left alone, when it is tried again".into(),
        Point::new("see everything".into(), Command::show(id)),
    ]);
    Notice {
        about: About::NotContainedYet,
        class: Class::Page,
        severity,
        title: line![word, outside(target.with_account())],
        lead: vec![
            line![outside(target), " is NOT contained yet: AWS doesn't do what it takes."],
            "It is tried again for hours by itself, and another notice says how that ends. Don't wait for it.".into(),
            line!["incident ", id],
        ],
        sections: [what_aws_says(delayed), what_waits(waiting)].into_iter().flatten().collect(),
        next,
        key: NoticeKey::not_contained_yet(),
        incident: Some(id.clone()),
        // Without its log nobody knows which.
        case: incident.map(|it| it.opened.case.id(id).clone()),
    }
}

fn what_aws_says(delayed: &Delayed) -> Option<Section> {
    let cause = cause(&delayed.cause);
    let said = line![Piece::error(&delayed.error), ": ", outside(cause)];
    Section::of("What AWS says", vec![said])
}

/// Lambda hands a failed function's error over as JSON text; its message is what people want.
fn cause(cause: &str) -> String {
    let message = serde_json::from_str::<Value>(cause)
        .ok()
        .and_then(|value| value.get("errorMessage")?.as_str().map(str::to_owned));
    message.unwrap_or_else(|| cause.to_owned())
}

fn what_waits(waiting: &[ByHand]) -> Option<Section> {
    let line = |step: &ByHand| -> Line { line![outside(&step.title)] };
    Section::of("What isn't done yet", waiting.iter().map(line))
}

fn by_hand(id: &IncidentId, target: &Target, step: &ByHand) -> Vec<Point> {
    let title = || line!["\"", outside(&step.title), "\" by hand"];
    if step.lines.is_empty() {
        return vec![title().into()];
    }
    let point = |template: &&'static str| {
        if template.starts_with("aws ") {
            // The template is ours, and only plain words fill it: it is no command of the log's, which a list would hold.
            let command = filled(template, target).unwrap_or_default();
            Point::new(title(), Command::of(id, command))
        } else {
            Point::from(title().and([": ".into(), Piece::from(*template)]))
        }
    };
    step.lines.iter().map(point).collect()
}

/// The command with what the target has; what the finding doesn't say is left to be filled in. `None` if AWS could never
/// have named it so.
fn filled(template: &str, target: &Target) -> Option<String> {
    if !(target.account.is_well_formed() && target.resource.is_well_formed()) {
        return None;
    }
    let resource = serde_json::to_value(&target.resource).unwrap_or_default();
    let known = |name: &str| match name {
        "account" => Some(target.account.to_string()),
        "region" => Some(target.region.to_string()),
        "partition" => Some(target.partition.clone()),
        field => resource.get(field)?.as_str().map(str::to_owned),
    };
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, (name, after))) = rest
        .split_once("{{")
        .and_then(|(before, after)| Some((before, after.split_once("}}")?)))
    {
        let value = known(name).unwrap_or_else(|| name.to_uppercase());
        if !text::is_plain_word(&value) {
            return None;
        }
        text.push_str(before);
        text.push_str(&value);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::kind;

    fn target(user_name: Option<&str>) -> Target {
        Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource: kind::AccessKey {
                key_id: "AKIAIOSFODNN7EXAMPLE".into(),
                user_name: user_name.map(str::to_owned),
                user_id: None,
            }
            .into(),
        }
    }

    #[test]
    fn a_command_is_filled_with_what_the_target_has() {
        let template = "aws iam x --user-name {{user_name}} --access-key-id {{key_id}} --json '{\"a\":{}}'";
        assert_eq!(
            filled(template, &target(Some("alice"))).as_deref(),
            Some("aws iam x --user-name alice --access-key-id AKIAIOSFODNN7EXAMPLE --json '{\"a\":{}}'")
        );
        let unnamed = filled(template, &target(None));
        assert!(unnamed.is_some_and(|command| command.contains("--user-name USER_NAME")));
        assert_eq!(filled(template, &target(Some("alice;reboot"))), None);
    }

    #[test]
    fn lambdas_cause_is_read() {
        assert_eq!(
            cause(r#"{"errorType":"x","errorMessage":"IAM is down"}"#),
            "IAM is down"
        );
        assert_eq!(cause("killed"), "killed");
    }
}
