#![expect(clippy::unwrap_used, reason = "tests")]
//! A call whose answer was lost is sent again, and EC2 Auto Scaling refuses what is so already.

use std::sync::{Arc, Mutex};

use aws_sdk_autoscaling::{
    Client,
    operation::{
        attach_instances::AttachInstancesError,
        describe_auto_scaling_groups::DescribeAutoScalingGroupsOutput,
        describe_auto_scaling_instances::DescribeAutoScalingInstancesOutput,
        detach_instances::DetachInstancesError, enter_standby::EnterStandbyError,
    },
    types::{AutoScalingGroup, AutoScalingInstanceDetails},
};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use serde_json::json;

use super::*;
use crate::{
    accounts,
    testing::{INSTANCE, described, error, instance, permit, step_request, witnessing},
};

const GROUP: &str = "web";

/// The member's state, and what the next changing call makes of it before it is refused.
#[derive(Clone)]
struct Fleet(Arc<Mutex<(Option<&'static str>, Option<&'static str>)>>);

impl Fleet {
    fn new(now: Option<&'static str>, next: Option<&'static str>) -> Self {
        Self(Arc::new(Mutex::new((now, next))))
    }

    fn change(&self) -> aws_smithy_types::error::ErrorMetadata {
        let mut fleet = self.0.lock().unwrap();
        fleet.0 = fleet.1;
        error("ValidationError")
    }

    fn shown(&self) -> Rule {
        let fleet = self.clone();
        mock!(Client::describe_auto_scaling_instances).then_compute_output(move |_| {
            let member = |state| {
                AutoScalingInstanceDetails::builder()
                    .instance_id(INSTANCE)
                    .auto_scaling_group_name(GROUP)
                    .lifecycle_state(state)
                    .build()
            };
            let found = fleet.0.lock().unwrap().0.map(member);
            DescribeAutoScalingInstancesOutput::builder()
                .set_auto_scaling_instances(Some(found.into_iter().collect()))
                .build()
        })
    }

    /// Every changing call is refused, after it has changed the member.
    fn action(&self, receipt: &Receipt) -> DetachFromAutoScaling {
        let (one, two, three) = (self.clone(), self.clone(), self.clone());
        let attach = mock!(Client::attach_instances)
            .then_compute_response(move |_| MockResponse::Error(AttachInstancesError::generic(one.change())));
        let detach = mock!(Client::detach_instances)
            .then_compute_response(move |_| MockResponse::Error(DetachInstancesError::generic(two.change())));
        let standby = mock!(Client::enter_standby)
            .then_compute_response(move |_| MockResponse::Error(EnterStandbyError::generic(three.change())));
        let group = mock!(Client::describe_auto_scaling_groups).then_output(|| {
            let group = AutoScalingGroup::builder()
                .auto_scaling_group_name(GROUP)
                .desired_capacity(2)
                .max_size(4)
                .build();
            DescribeAutoScalingGroupsOutput::builder()
                .auto_scaling_groups(group)
                .build()
        });
        let witness = witness(&step_request(), &read_receipt(receipt).unwrap()).unwrap();
        let [written, removed] = witnessing();
        let accounts = accounts!(
            ec2: [described(instance().tags(witness.tag())), written, removed],
            autoscaling: [self.shown(), group, attach, detach, standby]
        );
        DetachFromAutoScaling::new(accounts, Arc::default())
    }
}

fn receipt(state: &str) -> Receipt {
    serde_json::from_value(json!({
        "instance": INSTANCE, "group": GROUP, "lifecycle_state": state,
        "protected_from_scale_in": false
    }))
    .unwrap()
}

async fn undo(fleet: &Fleet, state: &str) -> Result<UndoOutcome, StepError> {
    let receipt = receipt(state);
    let action = fleet.action(&receipt);
    action.undo(&permit(), &step_request(), &receipt).await
}

async fn act(fleet: &Fleet) -> Result<(), StepError> {
    let receipt = receipt("InService");
    let action = fleet.action(&receipt);
    action.act(&permit(), &step_request(), &receipt).await
}

#[tokio::test]
async fn an_instance_that_is_attached_already_is_back() {
    let undone = undo(&Fleet::new(None, Some("Pending")), "InService")
        .await
        .unwrap();
    let UndoOutcome::Restored { what } = undone else {
        unreachable!("{undone:?}")
    };
    assert!(what.contains("the desired capacity is 3 now, 2 before"), "{what}");
    let refused = undo(&Fleet::new(None, None), "InService").await.unwrap_err();
    assert!(refused.to_string().contains(":AttachInstances"), "{refused}");
}

#[tokio::test]
async fn an_instance_that_has_left_is_detached() {
    act(&Fleet::new(Some("InService"), Some("Detaching")))
        .await
        .unwrap();
    act(&Fleet::new(Some("InService"), None)).await.unwrap();
    let refused = act(&Fleet::new(Some("InService"), Some("InService")))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains(":DetachInstances"), "{refused}");
}

#[tokio::test]
async fn an_instance_that_rests_already_is_in_standby() {
    let undone = undo(&Fleet::new(Some("InService"), Some("EnteringStandby")), "Standby").await;
    assert!(matches!(undone.unwrap(), UndoOutcome::Restored { .. }));
    let refused = undo(&Fleet::new(Some("InService"), Some("InService")), "Standby")
        .await
        .unwrap_err();
    assert!(refused.to_string().contains(":EnterStandby"), "{refused}");
}
