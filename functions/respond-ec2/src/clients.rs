//! The SDK clients of one Region, each made once: instances are regional, and a finding's Region needn't be
//! the stack's.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_config::{Region, SdkConfig};

/// What the actions of this function call, in one Region.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) autoscaling: aws_sdk_autoscaling::Client,
    pub(crate) classic_elb: aws_sdk_elasticloadbalancing::Client,
    pub(crate) elb: aws_sdk_elasticloadbalancingv2::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) ssm: aws_sdk_ssm::Client,
}

impl Clients {
    fn of(config: &SdkConfig) -> Self {
        Self {
            ec2: aws_sdk_ec2::Client::new(config),
            autoscaling: aws_sdk_autoscaling::Client::new(config),
            classic_elb: aws_sdk_elasticloadbalancing::Client::new(config),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(config),
            iam: aws_sdk_iam::Client::new(config),
            ssm: aws_sdk_ssm::Client::new(config),
        }
    }
}

/// Clients by Region. They share one HTTP client and one set of credentials.
pub(crate) struct Regions {
    connect: Box<dyn Fn(&str) -> Clients + Send + Sync>,
    made: Mutex<BTreeMap<String, Arc<Clients>>>,
}

impl Regions {
    /// Clients with this configuration, but for the Region.
    pub(crate) fn of(config: SdkConfig) -> Self {
        Self::connecting(move |region| {
            Clients::of(&config.to_builder().region(Region::new(region.to_owned())).build())
        })
    }

    /// Clients made by this function.
    pub(crate) fn connecting(connect: impl Fn(&str) -> Clients + Send + Sync + 'static) -> Self {
        Self {
            connect: Box::new(connect),
            made: Mutex::default(),
        }
    }

    /// The clients of a target's Region.
    pub(crate) fn of_target(&self, target: &backstop_core::Target) -> Arc<Clients> {
        let region = target.region.as_str();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(
            made.entry(region.to_owned())
                .or_insert_with(|| Arc::new((self.connect)(region))),
        )
    }
}
