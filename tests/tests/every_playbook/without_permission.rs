//! A containing permission is missing: the step that needs it fails and names the call, all others are done, nobody
//! is told that the target is contained, and what was done can be undone.

use std::{collections::BTreeMap, sync::Arc};

use backstop_actions::Part;
use backstop_core::{
    ErrorName, Outcome,
    incident::{Status, StepState},
};
use backstop_drill::Drill;
use backstop_playbook::Playbook;
use backstop_report::Report;
use backstop_tests::{Role, StagedTarget, Watched, assert_log_is_true, assert_people_are_told, story};

use super::{all_drills, drills};

/// By drill, a step and the permission that it lacks.
const LACKING: &[(&str, &str, &str)] = &[
    (
        "attackers-bedrock-key",
        "deactivate-other-credentials",
        "iam:UpdateServiceSpecificCredential",
    ),
    ("bare-instance", "protect", "ec2:ModifyInstanceAttribute"),
    (
        "compromised-instance",
        "isolate",
        "ec2:ModifyNetworkInterfaceAttribute",
    ),
    ("console-session", "deny-user", "iam:PutUserPolicy"),
    ("container-node", "isolate", "ec2:ModifyNetworkInterfaceAttribute"),
    ("deny-deleted", "deactivate-key", "iam:UpdateAccessKey"),
    ("lambda-session", "deny-session", "iam:PutRolePolicy"),
    (
        "last-healthy-target",
        "detach-from-auto-scaling",
        "autoscaling:DetachInstances",
    ),
    (
        "last-server",
        "deregister",
        "elasticloadbalancing:DeregisterTargets",
    ),
    ("leaked-access-key", "deactivate-key", "iam:UpdateAccessKey"),
    ("leaked-access-key-by-health", "deny-user", "iam:PutUserPolicy"),
    (
        "live-connection",
        "remove-public-addresses",
        "ec2:DisassociateAddress",
    ),
    ("open-connections", "cut-traffic", "ec2:CreateNetworkAclEntry"),
    (
        "public-account",
        "block-account-public-access",
        "s3:PutAccountPublicAccessBlock",
    ),
    (
        "public-bucket",
        "block-public-access",
        "s3:PutBucketPublicAccessBlock",
    ),
    (
        "public-website",
        "block-public-access",
        "s3:PutBucketPublicAccessBlock",
    ),
    (
        "role-open-to-strangers",
        "narrow-trust",
        "iam:UpdateAssumeRolePolicy",
    ),
    ("stolen-role-session", "revoke-sessions", "iam:PutRolePolicy"),
];

/// A drill, and what is taken away from it.
#[derive(Clone)]
struct Case {
    playbook: Playbook,
    drill: Drill,
    step: &'static str,
    permission: &'static str,
    function: &'static str,
}

#[test]
fn every_drill_lacks_a_permission_of_a_containing_step() {
    for case in all_drills().into_iter().map(Case::of) {
        let action = backstop_actions::find(case.action().as_str()).unwrap();
        assert!(
            action.grants.names(Part::Act).contains(case.permission),
            "{}: `{}` doesn't need `{}`",
            case.drill.name,
            case.step,
            case.permission
        );
    }
    for (name, _, _) in LACKING {
        assert!(
            all_drills().iter().any(|(_, drill)| drill.name.as_str() == *name),
            "there is no drill `{name}`"
        );
    }
}

/// One after another for each function, since a permission is missing for whatever the function does meanwhile.
pub(crate) async fn every_drill(watched: &Arc<Watched>) -> Vec<String> {
    let mut by_function: BTreeMap<&str, Vec<Case>> = BTreeMap::new();
    for case in drills().into_iter().map(Case::of) {
        by_function.entry(case.function).or_default().push(case);
    }
    let lanes = by_function.into_values().map(|cases| {
        let watched = Arc::clone(watched);
        tokio::spawn(async move {
            let mut failed = Vec::new();
            for case in cases {
                let name = format!("{} without `{}`", case.drill.name, case.permission);
                let role = Arc::new(Role::of(&watched.environment, case.function).await);
                let run = one(Arc::clone(&watched), Arc::clone(&role), case);
                failed.extend(Watched::each(vec![(name, run)], 1).await);
                role.restore().await;
            }
            failed
        })
    });
    let mut failed = Vec::new();
    for lane in lanes.collect::<Vec<_>>() {
        failed.extend(lane.await.unwrap());
    }
    failed
}

async fn one(watched: Arc<Watched>, role: Arc<Role>, case: Case) {
    let staged = StagedTarget::plant(&watched, &case.drill).await;
    role.lose(case.permission).await;
    let id = staged.report(&case.playbook, &case.drill).await;
    let log = staged.ended(&id).await;
    role.restore().await;

    let incident = log.incident().unwrap();
    for state in &incident.steps {
        if state.step.step.as_str() == case.step {
            let Some(Outcome::Failed { error, detail }) = &state.outcome else {
                panic!("`{}` should have failed: {}", case.step, story(&log));
            };
            assert_eq!(error, ErrorName::AccessDenied.as_str());
            assert!(detail.contains(case.permission), "{detail}");
        } else {
            let is_kept = matches!(
                state.outcome,
                Some(Outcome::Done | Outcome::Already | Outcome::Skipped { .. })
            );
            assert!(is_kept, "`{}` should go on: {}", state.step.step, story(&log));
        }
    }
    let is_partial = incident.contain_steps().any(StepState::is_proven);
    let expected = if is_partial {
        Status::PartiallyContained
    } else {
        Status::Failed
    };
    assert_eq!(incident.status(), expected, "{}", story(&log));
    assert_log_is_true(&staged, &log, &staged.states().await);
    let notice = assert_people_are_told(&staged, &id, &incident).await;
    let report = Report::of(&id, log.records(), &[], backstop_runtime::playbooks())
        .unwrap()
        .markdown();
    for text in [&notice.body, &report] {
        assert!(text.contains(case.permission), "{text}");
    }
    assert!(
        !notice.subject.contains("] DRILL CONTAINED"),
        "{}",
        notice.subject
    );

    let undone = staged.undone(&id).await;
    staged.assert_clean(&staged.states().await, &undone);
}

impl Case {
    fn of((playbook, drill): (Playbook, Drill)) -> Self {
        let found = LACKING.iter().find(|(name, _, _)| *name == drill.name.as_str());
        let (_, step, permission) = found.unwrap_or_else(|| {
            panic!("say in {} what the drill `{}` is to lack", file!(), drill.name);
        });
        let mut case = Self {
            playbook,
            drill,
            step,
            permission,
            function: "",
        };
        case.function = backstop_actions::find(&case.action()).unwrap().function;
        case
    }

    /// The action of the step, which must be a containing one.
    fn action(&self) -> String {
        let steps = self.playbook.step_refs();
        let step = steps.iter().find(|step| step.step.as_str() == self.step).unwrap();
        assert_eq!(step.phase, backstop_core::log::Phase::Contain, "{}", self.step);
        step.action.to_string()
    }
}
