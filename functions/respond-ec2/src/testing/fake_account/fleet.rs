//! Auto Scaling groups, and sessions of Session Manager.

use aws_sdk_autoscaling::{
    Client,
    operation::{
        attach_instances::{AttachInstancesError, AttachInstancesOutput},
        describe_auto_scaling_groups::{DescribeAutoScalingGroupsError, DescribeAutoScalingGroupsOutput},
        describe_auto_scaling_instances::{
            DescribeAutoScalingInstancesError, DescribeAutoScalingInstancesOutput,
        },
        detach_instances::{DetachInstancesError, DetachInstancesOutput},
        enter_standby::{EnterStandbyError, EnterStandbyOutput},
        set_instance_protection::{SetInstanceProtectionError, SetInstanceProtectionOutput},
    },
    types::{AutoScalingGroup, AutoScalingInstanceDetails},
};
use aws_sdk_ssm::{
    Client as Ssm,
    operation::{
        describe_sessions::{DescribeSessionsError, DescribeSessionsOutput},
        terminate_session::{TerminateSessionError, TerminateSessionOutput},
    },
    types::{Session, SessionFilter},
};
use aws_smithy_mocks::Rule;
use backstop_runtime::testing::forged::FakeAccount;
use serde_json::{Value, json};

use super::{all, answers, read, remove, write};

pub(super) fn answers(account: &FakeAccount) -> [Rule; 6] {
    [
        answers!(
            account,
            Client::describe_auto_scaling_instances,
            DescribeAutoScalingInstancesError,
            |kept, asked| {
                let id = only(asked.instance_ids());
                let found = read(&kept, &membership(&id)).map(|member| {
                    AutoScalingInstanceDetails::builder()
                        .instance_id(id)
                        .auto_scaling_group_name(member["group"].as_str().unwrap())
                        .lifecycle_state(member["state"].as_str().unwrap())
                        .protected_from_scale_in(member["protected"] == true)
                        .build()
                });
                Ok(DescribeAutoScalingInstancesOutput::builder()
                    .set_auto_scaling_instances(Some(found.into_iter().collect()))
                    .build())
            }
        ),
        answers!(
            account,
            Client::describe_auto_scaling_groups,
            DescribeAutoScalingGroupsError,
            |kept, asked| {
                let name = only(asked.auto_scaling_group_names());
                let found = desired(&kept, &name).map(|desired| {
                    AutoScalingGroup::builder()
                        .auto_scaling_group_name(name)
                        .desired_capacity(desired)
                        .max_size(9)
                        .build()
                });
                Ok(DescribeAutoScalingGroupsOutput::builder()
                    .set_auto_scaling_groups(Some(found.into_iter().collect()))
                    .build())
            }
        ),
        answers!(
            account,
            Client::detach_instances,
            DetachInstancesError,
            |kept, asked| {
                let id = only(asked.instance_ids());
                change(&kept, &id, asked.auto_scaling_group_name(), |_| None)
                    .map(|()| DetachInstancesOutput::builder().build())
            }
        ),
        answers!(
            account,
            Client::attach_instances,
            AttachInstancesError,
            |kept, asked| {
                let name = membership(&only(asked.instance_ids()));
                let group = asked.auto_scaling_group_name().unwrap();
                match (read(&kept, &name), desired(&kept, group)) {
                    (None, Some(desired)) => {
                        write(
                            &kept,
                            name,
                            json!({ "group": group, "state": "InService", "protected": false }),
                        );
                        write(&kept, format!("desired of {group}"), desired + 1);
                        Ok(AttachInstancesOutput::builder().build())
                    }
                    _ => Err("ValidationError"),
                }
            }
        ),
        answers!(
            account,
            Client::set_instance_protection,
            SetInstanceProtectionError,
            |kept, asked| {
                let id = only(asked.instance_ids());
                let is_on = asked.protected_from_scale_in();
                change(&kept, &id, asked.auto_scaling_group_name(), |mut member| {
                    member["protected"] = json!(is_on);
                    Some(member)
                })
                .map(|()| SetInstanceProtectionOutput::builder().build())
            }
        ),
        answers!(
            account,
            Client::enter_standby,
            EnterStandbyError,
            |kept, asked| {
                let id = only(asked.instance_ids());
                change(&kept, &id, asked.auto_scaling_group_name(), |mut member| {
                    member["state"] = json!("Standby");
                    Some(member)
                })
                .map(|()| EnterStandbyOutput::builder().build())
            }
        ),
    ]
}

fn only(ids: &[String]) -> String {
    ids.first().unwrap().clone()
}

fn membership(id: &str) -> String {
    format!("membership of {id}")
}

fn desired(account: &FakeAccount, group: &str) -> Option<i32> {
    i32::try_from(read(account, &format!("desired of {group}"))?.as_i64()?).ok()
}

/// Changes a member of this group.
fn change(
    account: &FakeAccount,
    id: &str,
    group: Option<&str>,
    to: impl Fn(Value) -> Option<Value>,
) -> Result<(), &'static str> {
    let name = membership(id);
    let member = read(account, &name).filter(|member| member["group"].as_str() == group);
    match to(member.ok_or("ValidationError")?) {
        Some(member) => write(account, name, member),
        None => drop(remove(account, &name)),
    }
    Ok(())
}

pub(super) fn session_answers(account: &FakeAccount) -> [Rule; 2] {
    [
        answers!(
            account,
            Ssm::describe_sessions,
            DescribeSessionsError,
            |kept, asked| {
                let on = asked
                    .filters()
                    .first()
                    .map(SessionFilter::value)
                    .unwrap_or_default();
                let sessions = all(&kept, "session ", "").into_iter();
                let sessions = sessions.filter(|(_, instance)| instance == on);
                let sessions = sessions.map(|(id, _)| Session::builder().session_id(id).build());
                Ok(DescribeSessionsOutput::builder()
                    .set_sessions(Some(sessions.collect()))
                    .build())
            }
        ),
        answers!(
            account,
            Ssm::terminate_session,
            TerminateSessionError,
            |kept, asked| {
                let name = format!("session {}", asked.session_id().unwrap());
                remove(&kept, &name).ok_or("DoesNotExistException")?;
                Ok(TerminateSessionOutput::builder().build())
            }
        ),
    ]
}
