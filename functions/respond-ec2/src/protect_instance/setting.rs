//! The settings of an instance that keep it, and with it the evidence, from being stopped or destroyed.

use std::fmt;

use aws_sdk_ec2::{
    Client,
    types::{
        AttributeBooleanValue, AttributeValue, EbsInstanceBlockDeviceSpecification, InstanceAttributeName,
        InstanceBlockDeviceMappingSpecification,
    },
};
use backstop_actions::permissions;
use backstop_core::text::for_shell;
use backstop_runtime::CallError;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::instance::{Instance, Volume};

/// One setting with its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "setting", rename_all = "kebab-case")]
pub(super) enum Setting {
    /// `DisableApiTermination`.
    TerminationProtection { on: bool },
    /// `DisableApiStop`.
    StopProtection { on: bool },
    /// What a shutdown from inside the instance does: `stop` or `terminate`.
    ShutdownBehaviour { value: String },
    /// Whether the volume dies with the instance.
    DeleteOnTermination {
        device: String,
        volume: String,
        on: bool,
    },
}

impl Setting {
    /// The value that keeps the evidence.
    pub(super) fn protected(&self) -> Self {
        match self {
            Self::TerminationProtection { .. } => Self::TerminationProtection { on: true },
            Self::StopProtection { .. } => Self::StopProtection { on: true },
            Self::ShutdownBehaviour { .. } => Self::ShutdownBehaviour {
                value: "stop".to_owned(),
            },
            Self::DeleteOnTermination { device, volume, .. } => Self::DeleteOnTermination {
                device: device.clone(),
                volume: volume.clone(),
                on: false,
            },
        }
    }

    /// Whether both are about the same thing, whatever their values.
    pub(super) fn is_same_setting(&self, other: &Self) -> bool {
        self.protected() == other.protected()
    }

    /// The setting without its value.
    pub(super) fn name(&self) -> String {
        match self {
            Self::TerminationProtection { .. } => "termination protection".to_owned(),
            Self::StopProtection { .. } => "stop protection".to_owned(),
            Self::ShutdownBehaviour { .. } => "behaviour on shutdown from inside".to_owned(),
            Self::DeleteOnTermination { device, volume, .. } => {
                format!("deletion of volume {volume} ({device}) on termination")
            }
        }
    }

    /// The value without its setting.
    pub(super) fn value(&self) -> &str {
        match self {
            Self::ShutdownBehaviour { value } => value,
            Self::TerminationProtection { on }
            | Self::StopProtection { on }
            | Self::DeleteOnTermination { on, .. } => {
                if *on {
                    "on"
                } else {
                    "off"
                }
            }
        }
    }

    /// The setting as the AWS CLI takes it.
    pub(super) fn as_cli(&self) -> String {
        let flag = |on: bool, name: &str| {
            if on {
                format!("--{name}")
            } else {
                format!("--no-{name}")
            }
        };
        match self {
            Self::TerminationProtection { on } => flag(*on, "disable-api-termination"),
            Self::StopProtection { on } => flag(*on, "disable-api-stop"),
            Self::ShutdownBehaviour { value } => {
                format!("--instance-initiated-shutdown-behavior {}", for_shell(value))
            }
            Self::DeleteOnTermination { device, on, .. } => {
                let mapping = json!([{ "DeviceName": device, "Ebs": { "DeleteOnTermination": on } }]);
                format!("--block-device-mappings {}", for_shell(&mapping.to_string()))
            }
        }
    }

    /// Sets it. One attribute a call: EC2 takes no more (EC2 API Reference, "ModifyInstanceAttribute").
    pub(super) async fn put(&self, ec2: &Client, instance: &str) -> Result<(), CallError> {
        let call = ec2.modify_instance_attribute().instance_id(instance);
        let boolean = |on: bool| AttributeBooleanValue::builder().value(on).build();
        let call = match self {
            Self::TerminationProtection { on } => call.disable_api_termination(boolean(*on)),
            Self::StopProtection { on } => call.disable_api_stop(boolean(*on)),
            Self::ShutdownBehaviour { value } => {
                call.instance_initiated_shutdown_behavior(AttributeValue::builder().value(value).build())
            }
            Self::DeleteOnTermination { device, on, .. } => call.block_device_mappings(
                InstanceBlockDeviceMappingSpecification::builder()
                    .device_name(device)
                    .ebs(
                        EbsInstanceBlockDeviceSpecification::builder()
                            .delete_on_termination(*on)
                            .build(),
                    )
                    .build(),
            ),
        };
        call.send().await.map(drop).map_err(CallError::of(
            permissions::ec2::MODIFY_INSTANCE_ATTRIBUTE.action,
            format!("instance `{instance}`, {}", self.name()),
        ))
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.value())
    }
}

/// Every setting as it is now that EC2 lets be set on this kind of instance.
pub(super) async fn read(ec2: &Client, instance: &Instance) -> Result<Vec<Setting>, CallError> {
    let (termination, stop, shutdown) = tokio::try_join!(
        attribute(ec2, &instance.id, InstanceAttributeName::DisableApiTermination),
        attribute(ec2, &instance.id, InstanceAttributeName::DisableApiStop),
        attribute(
            ec2,
            &instance.id,
            InstanceAttributeName::InstanceInitiatedShutdownBehavior
        ),
    )?;
    let mut settings = Vec::new();
    if !instance.is_spot {
        settings.push(Setting::TerminationProtection {
            on: is_on(termination.disable_api_termination()),
        });
    }
    if !instance.is_spot && !instance.is_instance_store {
        settings.push(Setting::StopProtection {
            on: is_on(stop.disable_api_stop()),
        });
        settings.push(Setting::ShutdownBehaviour {
            value: shutdown
                .instance_initiated_shutdown_behavior()
                .and_then(AttributeValue::value)
                .unwrap_or("stop")
                .to_owned(),
        });
    }
    settings.extend(instance.volumes.iter().map(of_volume));
    Ok(settings)
}

fn of_volume(volume: &Volume) -> Setting {
    Setting::DeleteOnTermination {
        device: volume.device.clone(),
        volume: volume.id.clone(),
        on: volume.delete_on_termination,
    }
}

fn is_on(value: Option<&AttributeBooleanValue>) -> bool {
    value.and_then(AttributeBooleanValue::value).unwrap_or_default()
}

async fn attribute(
    ec2: &Client,
    instance: &str,
    name: InstanceAttributeName,
) -> Result<aws_sdk_ec2::operation::describe_instance_attribute::DescribeInstanceAttributeOutput, CallError> {
    ec2.describe_instance_attribute()
        .instance_id(instance)
        .attribute(name)
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_INSTANCE_ATTRIBUTE.action,
            format!("instance `{instance}`"),
        ))
}
