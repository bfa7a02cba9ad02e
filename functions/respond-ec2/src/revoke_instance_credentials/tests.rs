#![expect(clippy::unwrap_used, reason = "tests")]
use std::sync::Mutex;

use aws_sdk_ec2::{
    operation::{
        associate_iam_instance_profile::{
            AssociateIamInstanceProfileError, AssociateIamInstanceProfileOutput,
        },
        describe_iam_instance_profile_associations::DescribeIamInstanceProfileAssociationsOutput,
        disassociate_iam_instance_profile::{
            DisassociateIamInstanceProfileError, DisassociateIamInstanceProfileOutput,
        },
    },
    types::{IamInstanceProfile, IamInstanceProfileAssociation, IamInstanceProfileAssociationState},
};
use aws_sdk_iam::{
    operation::{
        delete_role_policy::DeleteRolePolicyOutput,
        get_instance_profile::GetInstanceProfileOutput,
        get_role_policy::{GetRolePolicyError, GetRolePolicyOutput},
        put_role_policy::{PutRolePolicyError, PutRolePolicyOutput},
    },
    types::{InstanceProfile, error::NoSuchEntityException},
};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use aws_smithy_types::{DateTime, error::ErrorMetadata};
use backstop_core::Risk;

use super::*;
use crate::testing::{ARN, INSTANCE, Network, Nic, no_target_groups, permit, step_request, target_group};

const PROFILE: &str = "arn:aws:iam::123456789012:instance-profile/apps/web";
const ROLE: &str = "arn:aws:iam::123456789012:role/web-role";

/// What is associated, and the role's policy of ours.
#[derive(Default)]
struct Account {
    profile: Option<String>,
    policy: Option<String>,
    calls: Vec<String>,
    disassociating_fails: bool,
    denying_is_refused: bool,
    /// The answer to the first call is lost, and the second one is refused.
    is_answered_late: bool,
}

#[derive(Clone)]
struct World {
    account: Arc<Mutex<Account>>,
    network: Network,
    role: Option<&'static str>,
    elb: Option<Vec<Rule>>,
}

impl World {
    fn with(profile: Option<&str>) -> Self {
        let account = Account {
            profile: profile.map(str::to_owned),
            ..Account::default()
        };
        Self {
            account: Arc::new(Mutex::new(account)),
            network: Network::with(vec![Nic::default()]),
            role: Some(ROLE),
            elb: None,
        }
    }

    fn action(&self) -> RevokeInstanceCredentials {
        let own_roles = Protection::of_stack("backstop", "123456789012", "").own_roles;
        let protection = Protection {
            own_roles,
            break_glass: Vec::new(),
        };
        let elb = self.elb.clone();
        let elb = elb.unwrap_or_else(|| vec![no_target_groups()]);
        let accounts = self.network.accounts(&self.ec2(), &self.iam(), &elb);
        RevokeInstanceCredentials::new(accounts, Arc::default(), protection)
    }

    fn ec2(&self) -> Vec<Rule> {
        use aws_sdk_ec2::Client;
        let (read, give, take) = (self.account.clone(), self.account.clone(), self.account.clone());
        vec![
            mock!(Client::describe_iam_instance_profile_associations).then_compute_output(move |_| {
                let over = association(
                    "iip-assoc-0",
                    "old",
                    IamInstanceProfileAssociationState::Disassociated,
                );
                let found = read.lock().unwrap().profile.clone();
                let now = found.map(|arn| {
                    association(
                        "iip-assoc-1",
                        &arn,
                        IamInstanceProfileAssociationState::Associated,
                    )
                });
                DescribeIamInstanceProfileAssociationsOutput::builder()
                    .set_iam_instance_profile_associations(Some([over].into_iter().chain(now).collect()))
                    .build()
            }),
            mock!(Client::associate_iam_instance_profile).then_compute_response(move |request| {
                let arn = request.iam_instance_profile().and_then(|profile| profile.arn());
                let mut account = give.lock().unwrap();
                account.profile = arn.map(str::to_owned);
                account.calls.push("associate".into());
                if account.is_answered_late {
                    let repeated = ErrorMetadata::builder().code("IncorrectState").build();
                    return MockResponse::Error(AssociateIamInstanceProfileError::generic(repeated));
                }
                MockResponse::Output(AssociateIamInstanceProfileOutput::builder().build())
            }),
            mock!(Client::disassociate_iam_instance_profile).then_compute_response(move |request| {
                assert_eq!(request.association_id(), Some("iip-assoc-1"));
                let mut account = take.lock().unwrap();
                account.calls.push("disassociate".into());
                if account.disassociating_fails {
                    let denied = ErrorMetadata::builder().code("UnauthorizedOperation").build();
                    return MockResponse::Error(DisassociateIamInstanceProfileError::generic(denied));
                }
                account.profile = None;
                if account.is_answered_late {
                    let repeated = ErrorMetadata::builder().code("IncorrectState").build();
                    return MockResponse::Error(DisassociateIamInstanceProfileError::generic(repeated));
                }
                MockResponse::Output(DisassociateIamInstanceProfileOutput::builder().build())
            }),
        ]
    }

    fn iam(&self) -> Vec<Rule> {
        use aws_sdk_iam::Client;
        let (read, put, role) = (self.account.clone(), self.account.clone(), self.role);
        let delete = self.account.clone();
        vec![
            mock!(Client::delete_role_policy).then_compute_output(move |_| {
                let mut account = delete.lock().unwrap();
                account.policy = None;
                account.calls.push("delete".into());
                DeleteRolePolicyOutput::builder().build()
            }),
            mock!(Client::get_instance_profile)
                .match_requests(|request| request.instance_profile_name() == Some("web"))
                .then_output(move || {
                    GetInstanceProfileOutput::builder()
                        .instance_profile(profile(role))
                        .build()
                }),
            mock!(Client::get_role_policy).then_compute_response(move |request| {
                match read.lock().unwrap().policy.clone() {
                    Some(text) => MockResponse::Output(
                        GetRolePolicyOutput::builder()
                            .role_name("web-role")
                            .policy_name(request.policy_name().unwrap())
                            .policy_document(text)
                            .build()
                            .unwrap(),
                    ),
                    None => MockResponse::Error(GetRolePolicyError::NoSuchEntityException(
                        NoSuchEntityException::builder()
                            .meta(ErrorMetadata::builder().code("NoSuchEntity").build())
                            .build(),
                    )),
                }
            }),
            mock!(Client::put_role_policy)
                .match_requests(|request| {
                    request.role_name() == Some("web-role")
                        && request.policy_name() == Some("BackstopDeny-01JTESTTESTTESTTESTTESTTES")
                })
                .then_compute_response(move |request| {
                    let mut account = put.lock().unwrap();
                    account.calls.push("put".into());
                    if account.denying_is_refused {
                        let denied = ErrorMetadata::builder().code("AccessDenied").build();
                        return MockResponse::Error(PutRolePolicyError::generic(denied));
                    }
                    account.policy = request.policy_document().map(str::to_owned);
                    MockResponse::Output(PutRolePolicyOutput::builder().build())
                }),
        ]
    }

    async fn plan(&self) -> Result<Plan, StepError> {
        self.action().plan(&step_request()).await
    }

    async fn act(&self) -> (Receipt, Result<(), StepError>) {
        let receipt = self.plan().await.unwrap().receipt;
        let result = self.action().act(&permit(), &step_request(), &receipt).await;
        (receipt, result)
    }

    async fn undo(&self, receipt: &Receipt) -> UndoOutcome {
        self.action()
            .undo(&permit(), &step_request(), receipt)
            .await
            .unwrap()
    }

    fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.account.lock().unwrap().calls)
    }

    fn policy(&self) -> String {
        self.account.lock().unwrap().policy.clone().unwrap_or_default()
    }
}

fn association(
    id: &str,
    arn: &str,
    state: IamInstanceProfileAssociationState,
) -> IamInstanceProfileAssociation {
    IamInstanceProfileAssociation::builder()
        .association_id(id)
        .iam_instance_profile(IamInstanceProfile::builder().arn(arn).build())
        .state(state)
        .build()
}

fn profile(role: Option<&str>) -> InstanceProfile {
    let at = DateTime::from_secs(1_772_366_400);
    let role = role.map(|arn| {
        aws_sdk_iam::types::Role::builder()
            .role_name(arn.rsplit('/').next().unwrap_or_default())
            .arn(arn)
            .path("/")
            .role_id("AROAEXAMPLE")
            .create_date(at)
            .build()
            .unwrap()
    });
    InstanceProfile::builder()
        .path("/apps/")
        .instance_profile_name("web")
        .instance_profile_id("AIPAEXAMPLE")
        .arn(PROFILE)
        .create_date(at)
        .set_roles(Some(role.into_iter().collect()))
        .build()
        .unwrap()
}

#[tokio::test]
async fn denies_this_instance_only_and_then_takes_the_profile() {
    let world = World::with(Some(PROFILE));
    let plan = world.plan().await.unwrap();
    assert_eq!(world.take_calls(), Vec::<String>::new());
    assert_eq!(plan.principal, ARN);
    let apis: Vec<&str> = plan.changes.iter().map(|change| change.api.as_str()).collect();
    assert_eq!(
        apis,
        ["iam:PutRolePolicy", "ec2:DisassociateIamInstanceProfile"],
        "in the order in which they are made"
    );
    assert!(
        plan.blast_radius
            .iter()
            .any(|line| line.starts_with("1 other instance(s)"))
    );

    let (receipt, result) = world.act().await;
    result.unwrap();
    assert_eq!(world.take_calls(), ["put", "disassociate"]);
    let text: serde_json::Value = serde_json::from_str(&world.policy()).unwrap();
    assert_eq!(text, deny_instance(ARN));
    let verification = world
        .action()
        .verify(&step_request(), Some(&receipt))
        .await
        .unwrap();
    assert!(verification.holds, "{}", verification.observed);
    world
        .action()
        .act(&permit(), &step_request(), &receipt)
        .await
        .unwrap();
    assert_eq!(world.take_calls(), Vec::<String>::new(), "twice is harmless");
    world.account.lock().unwrap().profile = Some(PROFILE.to_owned());
    assert!(
        !world
            .action()
            .verify(&step_request(), Some(&receipt))
            .await
            .unwrap()
            .holds
    );
}

#[tokio::test]
async fn the_deny_is_put_even_if_the_profile_cant_be_taken() {
    let world = World::with(Some(PROFILE));
    world.account.lock().unwrap().disassociating_fails = true;
    let error = world.act().await.1.unwrap_err();
    assert!(
        error.to_string().contains("ec2:DisassociateIamInstanceProfile"),
        "{error}"
    );
    assert!(world.policy().contains("BackstopDenyInstance"));
}

#[tokio::test]
async fn where_the_deny_is_refused_the_instance_shows_whose_profile_it_was_and_undo_gives_it_back() {
    let world = World::with(Some(PROFILE));
    world.account.lock().unwrap().denying_is_refused = true;
    let (receipt, result) = world.act().await;
    assert!(result.unwrap_err().to_string().contains("iam:PutRolePolicy"));
    assert_eq!(world.account.lock().unwrap().profile, None, "taken all the same");
    let tags = |world: &World| world.network.state().tags.clone();
    assert!(tags(&world).contains_key("backstop:before-revoke-instance-credentials"));
    let undone = world.undo(&receipt).await;
    assert!(matches!(undone, UndoOutcome::Restored { .. }), "{undone:?}");
    assert_eq!(world.account.lock().unwrap().profile.as_deref(), Some(PROFILE));
    assert!(tags(&world).is_empty(), "{:?}", tags(&world));

    let world = World::with(Some(PROFILE));
    world.account.lock().unwrap().denying_is_refused = true;
    let (receipt, _refused) = world.act().await;
    world.network.state().tags.clear();
    let untold = world.action().undo(&permit(), &step_request(), &receipt).await;
    assert!(
        untold.unwrap_err().to_string().contains("nor a tag"),
        "only the receipt says so"
    );
}

#[tokio::test]
async fn a_repeated_act_puts_the_deny_that_was_refused() {
    let world = World::with(Some(PROFILE));
    world.account.lock().unwrap().denying_is_refused = true;
    let (receipt, _refused) = world.act().await;
    world.account.lock().unwrap().denying_is_refused = false;
    let again = world.action().act(&permit(), &step_request(), &receipt).await;
    again.unwrap();
    assert!(world.policy().contains("BackstopDenyInstance"));
}

#[tokio::test]
async fn what_is_refused_as_so_already_is_done() {
    let world = World::with(Some(PROFILE));
    world.account.lock().unwrap().is_answered_late = true;
    let (receipt, result) = world.act().await;
    result.unwrap();
    let undone = world.undo(&receipt).await;
    assert!(matches!(undone, UndoOutcome::KeptUntil { .. }), "{undone:?}");
    assert_eq!(world.take_calls(), ["put", "disassociate", "put", "associate"]);
}

#[tokio::test]
async fn undo_never_brings_stolen_credentials_back() {
    let world = World::with(Some(PROFILE));
    let (receipt, result) = world.act().await;
    result.unwrap();
    world.take_calls();
    let UndoOutcome::KeptUntil { until, what } = world.undo(&receipt).await else {
        unreachable!("credentials from before live for hours")
    };
    // From when the deny is written on, whatever the time that the request was made with, and no later: see the undo.
    let left = until.duration_since(jiff::Timestamp::now()) - jiff::SignedDuration::from_hours(12);
    assert!((-5..=0).contains(&left.as_secs()), "{until}");
    assert_eq!(
        world.take_calls(),
        ["put", "associate"],
        "new credentials must work at once"
    );
    assert_eq!(world.account.lock().unwrap().profile.as_deref(), Some(PROFILE));
    let text = world.policy();
    assert!(
        text.contains(ARN) && text.contains(r#""aws:TokenIssueTime":""#),
        "{text}"
    );
    assert!(
        what.contains(&format!(
            "{until}, then: `aws iam delete-role-policy --role-name web-role"
        )),
        "{what}"
    );
    assert!(matches!(
        world.undo(&receipt).await,
        UndoOutcome::KeptUntil { .. }
    ));
    assert_eq!(world.take_calls(), Vec::<String>::new());

    let mut later = step_request();
    later.at = until;
    let ended = world.action().undo(&permit(), &later, &receipt).await.unwrap();
    assert!(matches!(ended, UndoOutcome::Restored { .. }), "{ended:?}");
    assert_eq!(world.take_calls(), ["delete"]);
}

#[tokio::test]
async fn a_person_may_accept_that_sessions_from_before_work_again() {
    let world = World::with(Some(PROFILE));
    let (receipt, result) = world.act().await;
    result.unwrap();
    world.take_calls();
    let mut accepting = step_request();
    accepting.accepted = vec![Risk::ReviveSessions];
    let undone = world
        .action()
        .undo(&permit(), &accepting, &receipt)
        .await
        .unwrap();
    assert!(matches!(undone, UndoOutcome::Restored { .. }), "{undone:?}");
    assert_eq!(world.take_calls(), ["associate", "delete"]);
}

#[tokio::test]
async fn undo_touches_nothing_that_someone_changed_since() {
    let world = World::with(Some(PROFILE));
    let (receipt, result) = world.act().await;
    result.unwrap();
    world.take_calls();
    world.account.lock().unwrap().profile = Some("arn:aws:iam::123456789012:instance-profile/new".into());
    assert!(matches!(world.undo(&receipt).await, UndoOutcome::Drifted { .. }));
    world.account.lock().unwrap().profile = None;
    world.account.lock().unwrap().policy = Some("{}".into());
    assert!(matches!(world.undo(&receipt).await, UndoOutcome::Drifted { .. }));
    world.network.state().terminated = true;
    assert!(matches!(world.undo(&receipt).await, UndoOutcome::KeptOff { .. }));
    assert_eq!(world.take_calls(), Vec::<String>::new());
}

#[tokio::test]
async fn no_profile_no_role_and_a_protected_role() {
    let error = World::with(None).plan().await.unwrap_err();
    assert!(matches!(error, StepError::NotApplicable { .. }), "{error}");

    let mut world = World::with(Some(PROFILE));
    world.role = None;
    let (receipt, result) = world.act().await;
    result.unwrap();
    assert_eq!(world.take_calls(), ["disassociate"]);
    assert!(
        world
            .action()
            .verify(&step_request(), Some(&receipt))
            .await
            .unwrap()
            .holds
    );

    for role in [
        "arn:aws:iam::123456789012:role/backstop/backstop-Close-1ABC",
        "arn:aws:iam::123456789012:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch",
    ] {
        let mut world = World::with(Some(PROFILE));
        world.role = Some(role);
        let error = world.plan().await.unwrap_err();
        assert!(matches!(error, StepError::Refused { .. }), "{error}");
    }
}

#[tokio::test]
async fn the_last_server_keeps_its_role_until_a_person_has_been_asked() {
    use aws_sdk_elasticloadbalancingv2::types::TargetHealthStateEnum::Healthy;
    let alone = World {
        elb: Some(target_group(&[(INSTANCE, Healthy)]).to_vec()),
        ..World::with(Some(PROFILE))
    };
    let plan = alone.action().plan(&step_request()).await.unwrap();
    assert_eq!(
        plan.needs_approval.as_deref(),
        Some("the instance is the last healthy target of target group web")
    );
    let one_of_two = World {
        elb: Some(target_group(&[(INSTANCE, Healthy), ("i-0", Healthy)]).to_vec()),
        ..World::with(Some(PROFILE))
    };
    let plan = one_of_two.action().plan(&step_request()).await.unwrap();
    assert_eq!(plan.needs_approval, None);
    // The other one is contained in the same second.
    let other = ("i-0", "backstop:before-protect-instance");
    one_of_two.network.state().marked_late = vec![other];
    one_of_two.network.state().looks_at_others.clear();
    one_of_two.action().plan(&step_request()).await.unwrap();
    let (action, request) = (one_of_two.action(), step_request());
    let claimed = action.claim(&permit(), &request, &plan.receipt).await;
    assert!(claimed.unwrap().is_some());
}

#[tokio::test]
async fn the_plan_says_how_long_stolen_credentials_live_and_which_ones_go_on() {
    let plan = World::with(Some(PROFILE)).action().plan(&step_request()).await;
    let limits = plan.unwrap().limits.join("\n");
    for told in [
        "live for up to 12 hours",
        "pods and tasks",
        "EKS Pod Identity, IRSA, ECS task roles",
        "instance identity credentials",
    ] {
        assert!(limits.contains(told), "{told}: {limits}");
    }
}
