#![expect(clippy::unwrap_used, reason = "tests")]
use aws_sdk_ec2::{
    Client,
    operation::{
        describe_instance_attribute::DescribeInstanceAttributeOutput,
        modify_instance_attribute::{
            ModifyInstanceAttributeError, ModifyInstanceAttributeInput, ModifyInstanceAttributeOutput,
        },
    },
    types::{
        AttributeBooleanValue, AttributeValue, DeviceType, InstanceAttributeName, InstanceLifecycleType,
    },
};
use aws_smithy_mocks::{Rule, mock};
use backstop_core::UndoOutcome;
use backstop_runtime::{Action, action::read_receipt};

use super::ProtectInstance;
use crate::{
    accounts,
    testing::{INSTANCE, described, error, gone, instance, permit, step_request, volume, witnessing},
};

/// Termination protection, stop protection and behaviour on shutdown are these.
fn attributes(termination: bool, stop: bool, shutdown: &'static str) -> Rule {
    let boolean = |on: bool| AttributeBooleanValue::builder().value(on).build();
    mock!(Client::describe_instance_attribute)
        .match_requests(|request| request.instance_id() == Some(INSTANCE))
        .then_compute_output(move |request| {
            let answer = DescribeInstanceAttributeOutput::builder().instance_id(INSTANCE);
            match request.attribute().unwrap() {
                InstanceAttributeName::DisableApiTermination => {
                    answer.disable_api_termination(boolean(termination))
                }
                InstanceAttributeName::DisableApiStop => answer.disable_api_stop(boolean(stop)),
                _ => answer
                    .instance_initiated_shutdown_behavior(AttributeValue::builder().value(shutdown).build()),
            }
            .build()
        })
}

/// Takes requests that set exactly one attribute, and this one.
fn modify(is_wanted: impl Fn(&ModifyInstanceAttributeInput) -> bool + Send + Sync + 'static) -> Rule {
    mock!(Client::modify_instance_attribute)
        .match_requests(move |request| {
            let set = [
                request.disable_api_termination().is_some(),
                request.disable_api_stop().is_some(),
                request.instance_initiated_shutdown_behavior().is_some(),
                !request.block_device_mappings().is_empty(),
            ];
            request.instance_id() == Some(INSTANCE)
                && set.into_iter().filter(|is_set| *is_set).count() == 1
                && is_wanted(request)
        })
        .then_output(|| ModifyInstanceAttributeOutput::builder().build())
}

fn termination(on: bool) -> Rule {
    modify(move |request| request.disable_api_termination().and_then(|value| value.value()) == Some(on))
}

fn boot_volume_is_deleted(request: &ModifyInstanceAttributeInput, on: bool) -> bool {
    request.block_device_mappings().first().is_some_and(|mapping| {
        mapping.device_name() == Some("/dev/xvda")
            && mapping.ebs().and_then(|ebs| ebs.delete_on_termination()) == Some(on)
    })
}

#[tokio::test]
async fn changes_what_is_open_one_attribute_a_call_and_undoes_just_that() {
    let open = attributes(false, true, "terminate");
    let action = ProtectInstance::new(accounts!(ec2: [described(instance()), open]));
    let plan = action.plan(&step_request()).await.unwrap();
    let changes: Vec<String> = plan
        .changes
        .iter()
        .map(|change| format!("{}: {} → {}", change.what, change.now, change.after))
        .collect();
    assert_eq!(
        changes,
        [
            "termination protection of instance i-0123456789abcdef0: off → on",
            "behaviour on shutdown from inside of instance i-0123456789abcdef0: terminate → stop",
            "deletion of volume vol-boot (/dev/xvda) on termination of instance i-0123456789abcdef0: on → off",
        ],
        "stop protection and the data volume are as they should be"
    );
    let [.., last, tag] = plan.manual_undo.as_slice() else {
        unreachable!("{:?}", plan.manual_undo)
    };
    assert_eq!(
        last,
        "aws ec2 modify-instance-attribute --region eu-west-1 --instance-id i-0123456789abcdef0 \
         --block-device-mappings '[{\"DeviceName\":\"/dev/xvda\",\"Ebs\":{\"DeleteOnTermination\":true}}]'"
    );
    assert_eq!(
        tag,
        "aws ec2 delete-tags --region eu-west-1 --resources i-0123456789abcdef0 --tags \
         Key=backstop:before-protect-instance"
    );

    let set = [
        termination(true),
        modify(|request| {
            request
                .instance_initiated_shutdown_behavior()
                .and_then(|value| value.value())
                == Some("stop")
        }),
        modify(|request| boot_volume_is_deleted(request, false)),
    ];
    let [witness, removed] = witnessing();
    let before = [described(instance()), attributes(false, true, "terminate")];
    let action =
        ProtectInstance::new(accounts!(ec2: [before[0], before[1], witness, set[0], set[1], set[2]]));
    action
        .act(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    assert!(set.iter().all(|rule| rule.num_calls() == 1));
    assert_eq!(witness.num_calls(), 1);
    let tag = super::witness(&step_request(), &read_receipt(&plan.receipt).unwrap())
        .unwrap()
        .tag();

    // Someone has replaced the boot volume, and someone has switched termination protection off.
    let restored = modify(|request| request.instance_initiated_shutdown_behavior().is_some());
    let now = instance()
        .set_block_device_mappings(Some(vec![volume("/dev/xvda", "vol-new", false)]))
        .tags(tag.clone());
    let action =
        ProtectInstance::new(accounts!(ec2: [described(now), attributes(false, true, "stop"), restored]));
    let undone = action
        .undo(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    assert_eq!(restored.num_calls(), 1, "the others are left");
    let UndoOutcome::Drifted { found } = undone else {
        unreachable!("{undone:?}")
    };
    assert!(found.contains("volume vol-boot (/dev/xvda)"), "{found}");

    let action = ProtectInstance::new(accounts!(ec2: [gone()]));
    let undone = action
        .undo(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    assert!(matches!(undone, UndoOutcome::NothingToUndo { .. }), "{undone:?}");

    let put_back = [
        termination(false),
        modify(|request| request.instance_initiated_shutdown_behavior().is_some()),
        modify(|request| boot_volume_is_deleted(request, true)),
    ];
    let ours = || {
        instance().set_block_device_mappings(Some(vec![
            volume("/dev/xvda", "vol-boot", false),
            volume("/dev/xvdb", "vol-data", false),
        ]))
    };
    let unknown = ProtectInstance::new(accounts!(ec2: [described(ours()), attributes(true, true, "stop")]));
    let refused = unknown
        .undo(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("backstop:before-protect-instance"),
        "{refused}"
    );
    let ours = described(ours().tags(tag));
    let action = ProtectInstance::new(accounts!(
        ec2: [ours, attributes(true, true, "stop"), removed, put_back[0], put_back[1], put_back[2]]
    ));
    let undone = action
        .undo(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    assert!(matches!(undone, UndoOutcome::Restored { .. }), "{undone:?}");
    assert!(put_back.iter().all(|rule| rule.num_calls() == 1));
}

#[tokio::test]
async fn a_protected_instance_has_nothing_to_change() {
    let kept = instance().set_block_device_mappings(Some(vec![volume("/dev/xvda", "vol-boot", false)]));
    let accounts = accounts!(ec2: [described(kept), attributes(true, true, "stop")]);
    let action = ProtectInstance::new(accounts);
    assert!(action.plan(&step_request()).await.unwrap().changes.is_empty());
    assert!(action.verify(&step_request(), None).await.unwrap().holds);
}

#[tokio::test]
async fn what_ec2_does_not_let_be_set_is_said_and_not_tried() {
    let plan = async |kind| {
        let accounts = accounts!(ec2: [described(kind), attributes(false, false, "terminate")]);
        ProtectInstance::new(accounts)
            .plan(&step_request())
            .await
            .unwrap()
    };
    let store = plan(
        instance()
            .root_device_type(DeviceType::InstanceStore)
            .set_block_device_mappings(None),
    )
    .await;
    let [only] = store.changes.as_slice() else {
        unreachable!("{:?}", store.changes)
    };
    assert!(only.what.starts_with("termination protection"));
    assert!(store.limits.iter().any(|line| line.contains("instance store")));

    let spot = plan(instance().instance_lifecycle(InstanceLifecycleType::Spot)).await;
    let [only] = spot.changes.as_slice() else {
        unreachable!("{:?}", spot.changes)
    };
    assert!(only.what.contains("vol-boot"));
    assert!(spot.limits.iter().any(|line| line.contains("Spot Instance")));
}

#[tokio::test]
async fn a_refused_setting_does_not_leave_the_others_off() {
    let open = attributes(false, false, "terminate");
    let plan = ProtectInstance::new(accounts!(ec2: [described(instance()), open]))
        .plan(&step_request())
        .await
        .unwrap();
    let refused = mock!(Client::modify_instance_attribute)
        .match_requests(|request| request.disable_api_termination().is_some())
        .then_error(|| ModifyInstanceAttributeError::generic(error("UnauthorizedOperation")));
    let others = modify(|request| request.disable_api_termination().is_none());
    let (before, [witness, _]) = (attributes(false, false, "terminate"), witnessing());
    let action =
        ProtectInstance::new(accounts!(ec2: [described(instance()), before, witness, refused, others]));
    let failed = action
        .act(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap_err();
    assert_eq!(failed.name(), backstop_core::ErrorName::AccessDenied);
    assert_eq!(others.num_calls(), 3);
}
