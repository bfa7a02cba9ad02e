//! What each function's role grants, against what the gateway saw the function do in all incidents of this test.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use backstop_actions::{ActionSpec, actions_of, function, functions::FUNCTIONS};
use backstop_tests::{Watched, granted_and_used};

use super::all_drills;

/// Who takes no part in an incident: the sweep's role is held against its use in the test of what was missed, the api's in its
/// own.
const ELSEWHERE: [&str; 2] = ["api", "sweep"];

fn functions() -> impl Iterator<Item = &'static str> {
    let names = FUNCTIONS.iter().map(|function| function.name);
    names.filter(|name| !ELSEWHERE.contains(name))
}

/// What a function is granted for what no incident of this test has.
struct Unused {
    function: &'static str,
    grants: &'static [&'static str],
    /// When it is used.
    when: &'static str,
    /// The test that uses it, by its file and name; none for what Lambda does with the role outside of the function.
    shown_by: Option<(&'static str, &'static str)>,
}

const UNUSED: &[Unused] = &[
    Unused {
        function: "respond-iam",
        grants: &["iam:AttachUserPolicy", "iam:PutUserPermissionsBoundary"],
        when: "a user whose inline policies leave no room for a deny",
        shown_by: Some((
            "functions/respond-iam/src/deny_user/tests.rs",
            "without_room_for_a_policy_awss_own_deny_is_attached_and_a_person_takes_it_away",
        )),
    },
    Unused {
        function: "respond-iam",
        grants: &["iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary"],
        when: "a role whose inline policies leave no room for a deny",
        shown_by: Some((
            "functions/respond-iam/src/revoke_role_sessions/tests.rs",
            "without_room_for_either_the_boundary_is_set",
        )),
    },
    Unused {
        function: "respond-iam",
        grants: &[
            "ec2:DescribeIamInstanceProfileAssociations",
            "ecs:DescribeTaskDefinition",
            "ecs:DescribeTasks",
            "ecs:ListClusters",
            "ecs:ListTasks",
            "lambda:ListFunctions",
        ],
        when: "a role that instances, functions or tasks have, and that is revoked as a whole",
        shown_by: Some((
            "functions/respond-iam/src/role_users/tests.rs",
            "tasks_are_found_by_their_definition_and_by_what_they_were_started_with",
        )),
    },
    Unused {
        function: "investigate",
        grants: &["guardduty:GetFindings", "guardduty:ListFindings"],
        when: "GuardDuty is on",
        shown_by: Some((
            "functions/investigate/src/same_address/tests.rs",
            "other_findings_that_name_the_address_are_told_and_those_about_the_instance_are_not",
        )),
    },
    Unused {
        function: "respond-ec2",
        grants: &[
            "guardduty:GetMalwareScan",
            "guardduty:ListMalwareScans",
            "guardduty:StartMalwareScan",
        ],
        when: "GuardDuty is on",
        shown_by: Some((
            "functions/respond-ec2/src/scan_for_malware/tests.rs",
            "it_is_started_once_waited_for_and_its_result_is_read",
        )),
    },
    Unused {
        function: "close",
        grants: &["securityhub:BatchUpdateFindings"],
        when: "a finding that came by Security Hub",
        shown_by: Some((
            "tests/tests/security_hub.rs",
            "it_is_resolved_there_with_a_note_and_the_echo_acts_on_nothing",
        )),
    },
    Unused {
        function: "close",
        grants: &["states:DescribeExecution"],
        when: "an execution that died",
        shown_by: Some((
            "functions/close/src/died/tests.rs",
            "only_what_has_ended_is_closed",
        )),
    },
    Unused {
        function: "close",
        grants: &["sqs:SendMessage"],
        when: "what a failed asynchronous invocation was about is sent to the dead-letter queue",
        shown_by: None,
    },
    Unused {
        function: "intake",
        grants: &[
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        ],
        when: "messages are polled off the queue",
        shown_by: None,
    },
    Unused {
        function: "intake",
        grants: &["sqs:SendMessage"],
        when: "a finding that can't be read",
        shown_by: Some((
            "tests/tests/containment/bad_input.rs",
            "what_cannot_be_read_is_parked_with_its_reason",
        )),
    },
    Unused {
        function: "intake",
        grants: &["sqs:ChangeMessageVisibility", "sns:Publish"],
        when: "an incidents table that fails",
        shown_by: Some(("tests/tests/guardrails.rs", "unreadable_table")),
    },
    Unused {
        function: "intake",
        grants: &["securityhub:GetFindings"],
        when: "a finding of another product than GuardDuty",
        shown_by: Some((
            "tests/tests/security_hub.rs",
            "it_is_resolved_there_with_a_note_and_the_echo_acts_on_nothing",
        )),
    },
    Unused {
        function: "intake",
        grants: &["lambda:InvokeFunction"],
        when: "people are told of what opens no incident",
        shown_by: Some((
            "functions/intake/src/after_end/tests.rs",
            "what_a_person_denied_is_told_of_and_noted",
        )),
    },
    Unused {
        function: "notify",
        grants: &["sqs:SendMessage"],
        when: "what a failed asynchronous invocation was about is sent to the dead-letter queue",
        shown_by: None,
    },
    Unused {
        function: "investigate",
        grants: &["logs:FilterLogEvents"],
        when: "a contained instance with flow logs in CloudWatch Logs",
        shown_by: Some((
            "functions/investigate/src/flow_logs/tests.rs",
            "accepted_packets_with_the_findings_address_are_counted_page_by_page",
        )),
    },
    Unused {
        function: "respond-ec2",
        grants: &["autoscaling:EnterStandby", "autoscaling:SetInstanceProtection"],
        when: "undo of a member that was in standby, or protected from scaling in",
        shown_by: Some((
            "functions/respond-ec2/src/detach_from_auto_scaling/tests.rs",
            "undo_brings_back_scale_in_protection_and_standby",
        )),
    },
    Unused {
        function: "respond-ec2",
        grants: &["ec2:DescribeLockedSnapshots", "ec2:DescribeSnapshotAttribute"],
        when: "a stack whose parameters ask to lock or share snapshots",
        shown_by: Some((
            "tests/tests/instance.rs",
            "snapshots_come_into_custody_where_the_parameters_say_so",
        )),
    },
    Unused {
        function: "respond-ec2",
        grants: &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:DeleteSecurityGroup",
        ],
        when: "isolation with the option `untrack`",
        shown_by: Some((
            "functions/respond-ec2/src/isolate_instance/tests/untrack.rs",
            "untracking_opens_only_what_is_on_the_internet_and_closes_it",
        )),
    },
    Unused {
        function: "respond-ec2",
        grants: &[
            "ecs:DescribeContainerInstances",
            "ecs:ListContainerInstances",
            "ecs:UpdateContainerInstancesState",
        ],
        when: "a container instance of Amazon ECS",
        shown_by: Some((
            "functions/respond-ec2/src/drain_container_instance/tests.rs",
            "drains_this_container_instance_only_and_undo_makes_it_active_again",
        )),
    },
    Unused {
        function: "respond-ec2",
        grants: &["ec2:RevokeSecurityGroupIngress"],
        when: "an isolation group that somebody gave rules",
        shown_by: Some((
            "functions/respond-ec2/src/isolate_instance/tests/groups.rs",
            "our_own_group_is_stripped",
        )),
    },
];

pub(crate) async fn granted_is_used(watched: &Arc<Watched>) -> Vec<String> {
    let mut failed = Vec::new();
    for function in functions() {
        failed.extend(granted_and_used(&watched.environment, function, &excused(function)).await);
    }
    failed
}

fn excused(function: &str) -> Vec<&'static str> {
    let of_it = UNUSED.iter().filter(|unused| unused.function == function);
    let mut excused: BTreeSet<_> = of_it.flat_map(|unused| unused.grants.iter().copied()).collect();
    let drilled: BTreeSet<String> = all_drills()
        .iter()
        .flat_map(|(playbook, _)| playbook.steps().map(|(_, step)| step.action.to_string()))
        .collect();
    let code = code_of(function);
    let undrilled = only_of_undrilled(function, |action| drilled.contains(action.id));
    excused.extend(undrilled.into_iter().filter(|grant| calls(&code, grant)));
    excused.into_iter().collect()
}

/// What a function is granted for nothing but actions that no drill has.
fn only_of_undrilled(function: &str, is_drilled: impl Fn(&ActionSpec) -> bool) -> BTreeSet<&'static str> {
    let (drilled, undrilled): (Vec<_>, Vec<_>) = actions_of(function).partition(|action| is_drilled(action));
    let names = |actions: Vec<&'static ActionSpec>| -> BTreeSet<&'static str> {
        let grants = actions.into_iter().flat_map(|action| action.grants.all());
        grants.map(|grant| grant.action).collect()
    };
    let own = self::function(function).unwrap().statements.iter();
    let own = own.flat_map(|statement| statement.actions.iter().copied());
    let others: BTreeSet<_> = names(drilled).into_iter().chain(own).collect();
    names(undrilled).difference(&others).copied().collect()
}

/// The code of a function, and what responders share.
fn code_of(function: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<PathBuf> = vec![
        root.join("functions").join(function).join("src"),
        root.join("crates/runtime/src"),
    ];
    let mut code = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                code.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    code
}

/// Whether the call that the permission is named after is made: `.put_user_policy()` for `iam:PutUserPolicy`. One of another
/// name has to stand in the list above.
fn calls(code: &str, grant: &str) -> bool {
    let (_, call) = grant.split_once(':').unwrap();
    let (mut method, mut before) = (String::new(), None);
    let mut letters = call.chars().peekable();
    while let Some(letter) = letters.next() {
        let ends_capitals = letters.peek().is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && before.is_some_and(|it: char| it.is_lowercase() || ends_capitals) {
            method.push('_');
        }
        method.extend(letter.to_lowercase());
        before = Some(letter);
    }
    code.contains(&format!(".{method}()"))
}

#[test]
fn what_no_drill_uses_is_known_by_what_has_it_and_by_the_code() {
    let without = |id: &str| only_of_undrilled("respond-iam", |action| action.id != id);
    assert_eq!(without("none"), BTreeSet::new());
    assert_eq!(
        without("iam.narrow-role-trust"),
        BTreeSet::from(["iam:UpdateAssumeRolePolicy"]),
        "what other actions have too is used by them"
    );
    let code = code_of("respond-iam");
    for made in [
        "iam:UpdateAssumeRolePolicy",
        "iam:ListMFADevices",
        "iam:PutUserPolicy",
    ] {
        assert!(calls(&code, made), "{made}");
    }
    for other in ["iam:CreateUser", "iam:CreateGroup", "iam:PassRole"] {
        assert!(!calls(&code, other), "{other}");
    }
}

#[test]
fn what_is_unused_here_is_used_by_a_test_that_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for unused in UNUSED {
        let Some((file, name)) = unused.shown_by else {
            continue;
        };
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        assert!(
            text.contains(&format!("fn {name}(")),
            "{} for {}: there is no `{name}` in {file}",
            unused.grants.join(", "),
            unused.when
        );
    }
}
