//! The instances: their attributes, volumes, tags and profiles.

use std::collections::BTreeMap;

use aws_sdk_ec2::{
    Client,
    operation::{
        associate_iam_instance_profile::{
            AssociateIamInstanceProfileError, AssociateIamInstanceProfileOutput,
        },
        create_tags::{CreateTagsError, CreateTagsOutput},
        delete_tags::{DeleteTagsError, DeleteTagsOutput},
        describe_iam_instance_profile_associations::{
            DescribeIamInstanceProfileAssociationsError, DescribeIamInstanceProfileAssociationsOutput,
        },
        describe_instance_attribute::{DescribeInstanceAttributeError, DescribeInstanceAttributeOutput},
        describe_instances::{DescribeInstancesError, DescribeInstancesOutput},
        disassociate_iam_instance_profile::{
            DisassociateIamInstanceProfileError, DisassociateIamInstanceProfileOutput,
        },
        modify_instance_attribute::{
            ModifyInstanceAttributeError, ModifyInstanceAttributeInput, ModifyInstanceAttributeOutput,
        },
    },
    types::{
        AttributeBooleanValue, AttributeValue, DeviceType, EbsInstanceBlockDevice, Filter,
        IamInstanceProfile, IamInstanceProfileAssociation, IamInstanceProfileAssociationState, Instance,
        InstanceBlockDeviceMapping, InstanceState, InstanceStateName, Reservation, Tag,
    },
};
use aws_smithy_mocks::Rule;
use backstop_runtime::testing::{INSTANCE, forged::FakeAccount};
use serde_json::Value;

use super::{all, answers, network, read, remove, text, texts, write};
use crate::testing::{VPC, asks_for_marked};

pub(super) fn answers(account: &FakeAccount) -> Vec<Rule> {
    vec![
        answers!(
            account,
            Client::describe_instances,
            DescribeInstancesError,
            |kept, asked| {
                let ids = asked.instance_ids();
                if asks_for_marked(asked) {
                    return Ok(DescribeInstancesOutput::builder().build());
                }
                // Asked by profile, there is none but ours.
                let id = ids.first().map_or(INSTANCE, String::as_str);
                found(&kept, id).ok_or("InvalidInstanceID.NotFound")
            }
        ),
        answers!(
            account,
            Client::describe_instance_attribute,
            DescribeInstanceAttributeError,
            |kept, asked| {
                let id = asked.instance_id().unwrap();
                let on = |name: &str| {
                    let is_on = read(&kept, &format!("{name} of {id}")).and_then(|on| on.as_bool());
                    AttributeBooleanValue::builder().set_value(is_on).build()
                };
                let shutdown = AttributeValue::builder().set_value(text(&kept, &format!("Shutdown of {id}")));
                Ok(DescribeInstanceAttributeOutput::builder()
                    .disable_api_termination(on("DisableApiTermination"))
                    .disable_api_stop(on("DisableApiStop"))
                    .instance_initiated_shutdown_behavior(shutdown.build())
                    .build())
            }
        ),
        answers!(
            account,
            Client::modify_instance_attribute,
            ModifyInstanceAttributeError,
            |kept, asked| modify(&kept, asked).map(|()| ModifyInstanceAttributeOutput::builder().build())
        ),
        answers!(account, Client::create_tags, CreateTagsError, |kept, asked| {
            for (id, tag) in asked
                .resources()
                .iter()
                .flat_map(|id| asked.tags().iter().map(move |tag| (id, tag)))
            {
                write(&kept, format!("tag {} of {id}", tag.key().unwrap()), tag.value());
            }
            Ok(CreateTagsOutput::builder().build())
        }),
        answers!(account, Client::delete_tags, DeleteTagsError, |kept, asked| {
            for (id, tag) in asked
                .resources()
                .iter()
                .flat_map(|id| asked.tags().iter().map(move |tag| (id, tag)))
            {
                let name = format!("tag {} of {id}", tag.key().unwrap());
                if text(&kept, &name).as_deref() == tag.value() {
                    remove(&kept, &name);
                }
            }
            Ok(DeleteTagsOutput::builder().build())
        }),
        answers!(
            account,
            Client::describe_iam_instance_profile_associations,
            DescribeIamInstanceProfileAssociationsError,
            |kept, asked| {
                let id = value_of(asked.filters(), "instance-id");
                let found = text(&kept, &format!("profile of {id}")).map(|arn| {
                    IamInstanceProfileAssociation::builder()
                        .association_id(format!("iip-assoc-{id}"))
                        .iam_instance_profile(IamInstanceProfile::builder().arn(arn).build())
                        .state(IamInstanceProfileAssociationState::Associated)
                        .build()
                });
                Ok(DescribeIamInstanceProfileAssociationsOutput::builder()
                    .set_iam_instance_profile_associations(Some(found.into_iter().collect()))
                    .build())
            }
        ),
        answers!(
            account,
            Client::associate_iam_instance_profile,
            AssociateIamInstanceProfileError,
            |kept, asked| {
                let arn = asked
                    .iam_instance_profile()
                    .and_then(|profile| profile.arn())
                    .unwrap();
                let name = format!("profile of {}", asked.instance_id().unwrap());
                let profile = arn.strip_prefix("arn:aws:iam::123456789012:instance-profile/");
                let is_there = profile.is_some_and(|it| read(&kept, &format!("profile {it}")).is_some());
                match read(&kept, &name) {
                    Some(_) => Err("IncorrectState"),
                    None if !is_there => Err("InvalidParameterValue"),
                    None => {
                        write(&kept, name, arn);
                        Ok(AssociateIamInstanceProfileOutput::builder().build())
                    }
                }
            }
        ),
        answers!(
            account,
            Client::disassociate_iam_instance_profile,
            DisassociateIamInstanceProfileError,
            |kept, asked| {
                let id = asked
                    .association_id()
                    .unwrap()
                    .strip_prefix("iip-assoc-")
                    .unwrap();
                remove(&kept, &format!("profile of {id}")).ok_or("InvalidAssociationID.NotFound")?;
                Ok(DisassociateIamInstanceProfileOutput::builder().build())
            }
        ),
    ]
}

/// The first value of a filter.
pub(super) fn value_of<'a>(filters: &'a [Filter], name: &str) -> &'a str {
    let mut of_name = filters.iter().filter(|filter| filter.name() == Some(name));
    let value = of_name.next().and_then(|filter| filter.values().first());
    value.map_or("", String::as_str)
}

fn found(account: &FakeAccount, id: &str) -> Option<DescribeInstancesOutput> {
    read(account, &format!("interfaces of {id}"))?;
    let interfaces = texts(account, &format!("interfaces of {id}"));
    let interfaces = interfaces
        .iter()
        .map(|interface| network::attached(account, interface));
    let tags = all(account, "tag ", &format!(" of {id}"));
    let tags = tags.into_iter().map(|(key, value)| {
        Tag::builder()
            .key(key)
            .set_value(value.as_str().map(str::to_owned))
            .build()
    });
    let instance = Instance::builder()
        .instance_id(id)
        .vpc_id(VPC)
        .subnet_id("subnet-1")
        .state(InstanceState::builder().name(InstanceStateName::Running).build())
        .root_device_type(DeviceType::Ebs)
        .root_device_name("/dev/xvda")
        .set_block_device_mappings(Some(volumes(account, id)))
        .set_network_interfaces(Some(interfaces.collect()))
        .set_tags(Some(tags.collect()))
        .build();
    let reservation = Reservation::builder().instances(instance).build();
    Some(
        DescribeInstancesOutput::builder()
            .reservations(reservation)
            .build(),
    )
}

fn volumes(account: &FakeAccount, id: &str) -> Vec<InstanceBlockDeviceMapping> {
    devices(account, id)
        .into_iter()
        .map(|(device, volume)| {
            let dies = read(account, &format!("{device} dies with {id}")).and_then(|dies| dies.as_bool());
            let ebs = EbsInstanceBlockDevice::builder().volume_id(volume);
            InstanceBlockDeviceMapping::builder()
                .device_name(device)
                .ebs(ebs.set_delete_on_termination(dies).build())
                .build()
        })
        .collect()
}

/// The volumes by their devices.
pub(super) fn devices(account: &FakeAccount, id: &str) -> BTreeMap<String, String> {
    let volumes = read(account, &format!("volumes of {id}")).unwrap_or(Value::Null);
    serde_json::from_value(volumes).unwrap_or_default()
}

/// One attribute a call, of what is there.
fn modify(account: &FakeAccount, asked: &ModifyInstanceAttributeInput) -> Result<(), &'static str> {
    let id = asked.instance_id().unwrap();
    let on = |value: Option<&AttributeBooleanValue>| value.and_then(AttributeBooleanValue::value);
    if let Some(on) = on(asked.disable_api_termination()) {
        write(account, format!("DisableApiTermination of {id}"), on);
    }
    if let Some(on) = on(asked.disable_api_stop()) {
        write(account, format!("DisableApiStop of {id}"), on);
    }
    if let Some(value) = asked
        .instance_initiated_shutdown_behavior()
        .and_then(AttributeValue::value)
    {
        if !["stop", "terminate"].contains(&value) {
            return Err("InvalidParameterValue");
        }
        write(account, format!("Shutdown of {id}"), value);
    }
    for mapping in asked.block_device_mappings() {
        let device = mapping.device_name().unwrap();
        if !devices(account, id).contains_key(device) {
            return Err("InvalidInstanceAttributeValue");
        }
        let dies = mapping.ebs().and_then(|ebs| ebs.delete_on_termination());
        write(account, format!("{device} dies with {id}"), dies);
    }
    Ok(())
}
