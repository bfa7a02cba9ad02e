//! What people should do about an incident that ended.

use super::{Command, Line, Point, line, outside};
use crate::{
    advice,
    error_name::ErrorName,
    guardrail::Effect,
    ids::IncidentId,
    incident::{Incident, Status, StepState},
    log::Opened,
    outcome::Outcome,
    playbooks::Playbooks,
    target::{PROTECTED_PRINCIPAL, Resource, Target, TargetKind, kind},
};

/// What people should do about an incident that ends, or ended, with this status; a sentence each.
pub fn what_next(id: &IncidentId, incident: &Incident, status: Status, playbooks: &Playbooks) -> Vec<Point> {
    let resource = &incident.opened.target.resource;
    let mut points: Vec<Point> = match status {
        Status::Contained | Status::Confirmed => said(resource.once_contained()),
        Status::Reopened => vec![
            Point::new(
                "contain it again; what holds is left alone".into(),
                Command::of(id, run_command(id, &incident.opened)),
            ),
            Point::new(
                "if it is meant to be as it is now".into(),
                Command::of(id, format!("backstop release {id} --reason \"…\"")),
            ),
        ],
        Status::PartiallyContained | Status::Failed => finish(id, incident, playbooks),
        Status::Reported => advice::steps(&incident.opened.finding.finding_type)
            .into_iter()
            .map(Point::from)
            .collect(),
        // By its name alone a role is no protected one: only its path tells, which the guardrail has read.
        Status::Refused if is_protected(incident) && !resource.once_refused().is_empty() => {
            said(resource.once_refused())
        }
        Status::Refused | Status::Observed | Status::Denied | Status::Expired => {
            vec![if_after_all(id, incident)]
        }
        Status::Unreached => vec![
            if_after_all(id, incident),
            Point::new(
                "nobody got the question; see who is told, and mend that".into(),
                Command::of(id, "backstop doctor".to_owned()),
            ),
        ],
        _ => Vec::new(),
    };
    points.extend(keep_by_hand(incident));
    if status != Status::Undone && incident.steps.iter().any(StepState::changed_something) {
        points.push(Point::new(
            "if this was a false alarm".into(),
            Command::of(id, format!("backstop undo {id}")),
        ));
    }
    points
}

fn if_after_all(id: &IncidentId, incident: &Incident) -> Point {
    Point::new(
        "if it must be contained after all".into(),
        Command::of(id, run_command(id, &incident.opened)),
    )
}

/// Whether it was refused since its principal is protected.
fn is_protected(incident: &Incident) -> bool {
    let at_opening = incident.opened.guardrails.iter();
    let at_opening = at_opening
        .filter(|decision| decision.effect == Effect::Refuse)
        .map(|decision| &decision.guardrail);
    let by_steps = incident.steps.iter().filter_map(|state| match &state.outcome {
        Some(Outcome::Refused { guardrail, .. }) => Some(guardrail),
        _ => None,
    });
    at_opening
        .chain(by_steps)
        // A step that several guardrails refuse names them all.
        .any(|guardrails| guardrails.split(", ").any(|guardrail| guardrail == PROTECTED_PRINCIPAL))
}

/// Each step that isn't proven, and how to try again.
fn finish(id: &IncidentId, incident: &Incident, playbooks: &Playbooks) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for state in incident.contain_steps().filter(|state| !state.is_proven()) {
        let title = || outside(&state.step.title);
        match &state.outcome {
            Some(Outcome::Failed { error, .. }) => {
                points.push(line!["\"", title(), advice(ErrorName::parse(error))].into())
            }
            Some(Outcome::Skipped { .. }) => {}
            _ => points.push(line!["\"", title(), "\" is not proven: check it by hand"].into()),
        }
    }
    points.extend(whose_key(id, incident));
    points.extend(close_the_account(id, incident, playbooks));
    points.extend(what_outlives(id, incident, playbooks));
    points.extend(run_again(id, incident));
    points
}

/// Where nothing is there to be contained, the same command would fail in the same way.
fn run_again(id: &IncidentId, incident: &Incident) -> Option<Point> {
    let counted = || {
        let is_skipped = |state: &&StepState| matches!(state.outcome, Some(Outcome::Skipped { .. }));
        incident.contain_steps().filter(move |state| !is_skipped(state))
    };
    let mut unproven = counted().filter(|state| !state.is_proven()).peekable();
    if unproven.peek().is_some() && unproven.all(is_gone) {
        // A finding doesn't mistype: what it names was there.
        let is_typed = incident.opened.origin.person().is_some() && !counted().any(StepState::is_proven);
        return is_typed.then(|| "check the name; nothing of it exists here".into());
    }
    Some(Point::new(
        "then run the playbook again; what is done already is left alone".into(),
        Command::of(id, run_command(id, &incident.opened)),
    ))
}

/// Evidence that nobody will get any more once somebody cleans up.
fn keep_by_hand(incident: &Incident) -> Option<Point> {
    let mut lost: Option<Line> = None;
    for one in incident.missing_evidence().iter().filter(|one| !one.is_awaited) {
        let begun = lost.map_or_else(
            || Line::from("keep by hand, before anything is cleaned up, what is missing of the evidence: "),
            |line| line.and([", ".into()]),
        );
        lost = Some(begun.and(["\"".into(), outside(&one.title), "\"".into()]));
    }
    lost.map(Point::from)
}

/// IAM knows only the own account's keys; STS tells the account of any (STS API Reference, "GetAccessKeyInfo").
fn whose_key(id: &IncidentId, incident: &Incident) -> Option<Point> {
    let resource = &incident.opened.target.resource;
    let key_id = resource.calls().and_then(|calls| calls.key_id)?;
    let is_unfound = incident.contain_steps().any(is_gone) && resource.is_well_formed();
    is_unfound.then(|| {
        Point::new(
            "AWS tells which account the key belongs to, also if it isn't this one".into(),
            Command::of(
                id,
                format!("aws sts get-access-key-info --access-key-id {key_id}"),
            ),
        )
    })
}

/// A bucket's own policy may deny Backstop; the account's setting closes the bucket all the same, with all others, so that a
/// person decides.
fn close_the_account(id: &IncidentId, incident: &Incident, playbooks: &Playbooks) -> Option<Point> {
    let target = &incident.opened.target;
    let is_denied = |state: &StepState| {
        state.outcome.as_ref().and_then(Outcome::error_name) == Some(ErrorName::AccessDenied)
    };
    kind::Bucket::of(&target.resource).filter(|_| incident.contain_steps().any(is_denied))?;
    let playbook = playbooks.containing(TargetKind::Account)?;
    let account = Target {
        resource: Resource::Account(kind::Account {}),
        ..target.clone()
    };
    Some(Point::new(
        "if the bucket's own policy denies it, the account's Block Public Access closes the bucket, and every other one".into(),
        Command::of(
            id,
            format!("backstop run {playbook} --target {}", account.as_typed()?),
        ),
    ))
}

fn is_gone(state: &StepState) -> bool {
    state.outcome.as_ref().and_then(Outcome::error_name) == Some(ErrorName::TargetGone)
}

/// What the attacker may still have when the target itself is gone. Nothing proves that the finding names the right
/// user, so a person decides.
fn what_outlives(id: &IncidentId, incident: &Incident, playbooks: &Playbooks) -> Option<Point> {
    if !incident.contain_steps().any(is_gone) {
        return None;
    }
    let outlives = incident.opened.target.outlives()?;
    Some(match playbooks.containing(outlives.kind) {
        Some(playbook) => Point::new(
            outlives.what.into(),
            Command::of(id, format!("backstop run {playbook} --target {}", outlives.typed)),
        ),
        None => outlives.what.into(),
    })
}

/// After a step's title in quotes; `None` is an error that isn't Backstop's own.
const fn advice(error: Option<ErrorName>) -> &'static str {
    match error {
        Some(ErrorName::AccessDenied) => {
            "\": the call named above was denied to Backstop; allow it, or do it by hand now"
        }
        Some(ErrorName::BlockedByScp) => {
            "\": a service control policy forbids it; do it from the management account"
        }
        Some(ErrorName::TargetGone) => {
            "\": the target isn't in this account (any more); find out who owned it"
        }
        Some(ErrorName::TargetMismatch) => {
            "\": IAM and the finding disagree about whose credential it is; look before you act"
        }
        Some(ErrorName::QuotaExceeded) => {
            "\": a quota of AWS leaves no room for it, and the same call by hand is refused as well; make room (IAM: take \
             away an inline or attached policy that isn't needed), or attach AWS's policy AWSDenyAll if all of it may stop"
        }
        Some(_) | None => "\" failed: do it by hand now",
    }
}

fn said(lines: &[&'static str]) -> Vec<Point> {
    lines.iter().copied().map(Point::from).collect()
}

/// What to type to run an incident's playbook on its target by hand.
pub fn run_command(id: &IncidentId, opened: &Opened) -> String {
    let target = opened.target.as_typed().unwrap_or_else(|| id.to_string());
    format!("backstop run {} --target {target}", opened.playbook)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::{
        log::{Event, Origin, Phase, StepRef},
        mode::Mode,
    };

    fn incident(resource: Resource, outcome: Outcome) -> Incident {
        let finding = include_bytes!("../../tests/fixtures/guardduty-access-key.json");
        let finding = crate::finding::parse(finding).unwrap().findings.remove(0);
        let opened = Opened {
            playbook: "leaked-access-key".into(),
            target: Target {
                account: "123456789012".into(),
                region: "eu-west-1".into(),
                partition: "aws".into(),
                resource,
            },
            mode: Mode::Auto,
            steps: vec![StepRef {
                step: "contain".into(),
                action: "iam.contain".into(),
                title: "Contain it".into(),
                phase: Phase::Contain,
                high_impact: false,
                with: serde_json::Map::new(),
            }],
            origin: Origin::Finding,
            finding: crate::log::FindingRef::of(&finding, None),
            title: String::new(),
            linked: None,
            case: crate::case::Case::default(),
            guardrails: Vec::new(),
        };
        let ended = Event::StepEnded {
            step: "contain".into(),
            outcome,
        };
        let mut records = Vec::new();
        for event in [Event::Opened(Box::new(opened)), ended] {
            let at = "2026-03-01T12:00:00Z".parse().unwrap();
            let id = format!("01{}", records.len());
            records.push(crate::log::Record::next(records.last(), at, id, event).unwrap());
        }
        Incident::replay(&records).unwrap()
    }

    fn text(incident: &Incident, status: Status) -> String {
        let playbooks =
            "target kind\taction\tplaybook\naccount\ts3.block-account-public-access\tclose-account\n";
        let points = what_next(
            &"01JDXQ6T8R7M5V9N2K4H3G1FZB".into(),
            incident,
            status,
            &Playbooks::from_table(playbooks),
        );
        format!("{points:?}")
    }

    #[test]
    fn a_key_that_isnt_there_can_be_another_accounts() {
        let key = Resource::AccessKey(kind::AccessKey {
            key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            user_name: None,
            user_id: None,
        });
        let command = "aws sts get-access-key-info --access-key-id AKIAIOSFODNN7EXAMPLE";
        let gone = incident(key.clone(), Outcome::failed(ErrorName::TargetGone, "no such key"));
        assert!(text(&gone, Status::Failed).contains(command));
        let denied = incident(key, Outcome::failed(ErrorName::AccessDenied, "no"));
        assert!(!text(&denied, Status::Failed).contains(command));
    }

    #[test]
    fn what_isnt_there_isnt_run_again() {
        let user = || {
            Resource::User(kind::User {
                user_name: "alcie".into(),
                user_id: None,
            })
        };
        let mut gone = incident(user(), Outcome::failed(ErrorName::TargetGone, "no such user"));
        let said = text(&gone, Status::Failed);
        assert!(!said.contains("backstop run leaked-access-key"), "{said}");
        assert!(!said.contains("check the name"), "no finding mistypes: {said}");
        gone.opened.origin = Origin::Manual {
            by: "arn:aws:iam::123456789012:user/alice".into(),
            reason: None,
        };
        let said = text(&gone, Status::Failed);
        assert!(
            said.contains("check the name; nothing of it exists here"),
            "{said}"
        );
        assert!(!said.contains("backstop run leaked-access-key"), "{said}");
        let denied = incident(user(), Outcome::failed(ErrorName::AccessDenied, "no"));
        let said = text(&denied, Status::Failed);
        assert!(said.contains("backstop run leaked-access-key"), "{said}");
        assert!(!said.contains("check the name"), "{said}");
    }

    #[test]
    fn where_a_bucket_denies_backstop_the_account_can_be_closed() {
        let bucket = || {
            Resource::Bucket(kind::Bucket {
                name: "exports".into(),
            })
        };
        let command = "backstop run close-account --target 123456789012";
        let denied = incident(bucket(), Outcome::failed(ErrorName::AccessDenied, "no"));
        let said = text(&denied, Status::Failed);
        assert!(said.contains(command), "{said}");
        let failed = incident(bucket(), Outcome::failed(ErrorName::Rejected, "no"));
        assert!(!text(&failed, Status::Failed).contains(command));
    }

    #[test]
    fn what_a_quota_refused_is_never_advised_by_hand() {
        let role = Resource::Role(kind::Role {
            role_name: "ci".into(),
            role_id: None,
        });
        let full = incident(role, Outcome::failed(ErrorName::QuotaExceeded, "no room"));
        let said = text(&full, Status::Failed);
        assert!(
            said.contains("make room") && !said.contains("do it by hand now"),
            "{said}"
        );
    }

    #[test]
    fn a_refused_role_gets_no_advice_that_is_refused_again() {
        let role = |name: &str| {
            Resource::Role(kind::Role {
                role_name: name.into(),
                role_id: None,
            })
        };
        let refused = || Outcome::Refused {
            guardrail: "protected-principal".into(),
            reason: "a role of IAM Identity Center".into(),
        };
        for (name, expected) in [
            ("AWSReservedSSO_Admin_0123456789abcdef", "identitystore:userId"),
            (
                "AWSServiceRoleForAmazonGuardDuty",
                "the resource of the AWS service",
            ),
        ] {
            let said = text(&incident(role(name), refused()), Status::Refused);
            assert!(
                said.contains(expected) && !said.contains("backstop run"),
                "{said}"
            );
        }
        let own = text(&incident(role("deploy"), refused()), Status::Refused);
        assert!(own.contains("backstop run"), "{own}");
    }
}
