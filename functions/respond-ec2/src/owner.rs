//! Which service or tool runs the instance, where it isn't a person: container services give pods and tasks interfaces and
//! credentials of their own, and whatever launched the instance may replace or terminate it.
//!
//! By the tags that they set and by EC2's own word on the operator. Whoever may tag can set them too, so that they are only
//! told to people and never let anything pass.

use crate::instance::Instance;

/// Somebody who runs instances.
#[derive(Debug, PartialEq, Eq)]
struct Owner {
    name: &'static str,
    /// What its tags begin with, see [`Owner::runs`].
    tags: &'static [&'static str],
    /// Whether pods or tasks run there.
    runs_containers: bool,
}

const fn containers(name: &'static str, tags: &'static [&'static str]) -> Owner {
    Owner {
        name,
        tags,
        runs_containers: true,
    }
}

const fn machines(name: &'static str, tags: &'static [&'static str]) -> Owner {
    Owner {
        name,
        tags,
        runs_containers: false,
    }
}

/// Sources: the services' user guides on the tags they set, and Karpenter's documentation. A key that ends in `/` stands for
/// all that begin so.
const OWNERS: &[Owner] = &[
    containers(
        "Amazon EKS",
        &[
            "eks:cluster-name",
            "aws:eks:cluster-name",
            "eks:eks-cluster-name",
            "eks:nodegroup-name",
            "kubernetes.io/cluster/",
            "k8s.io/cluster-autoscaler/",
        ],
    ),
    containers("Karpenter", &["karpenter.sh/"]),
    containers("Amazon ECS", &["aws:ecs:clusterName", "AmazonECSManaged"]),
    containers("AWS Batch", &["AWSBatchServiceTag"]),
    machines("Amazon EMR", &["aws:elasticmapreduce:job-flow-id"]),
    machines(
        "AWS Elastic Beanstalk",
        &[
            "elasticbeanstalk:environment-id",
            "elasticbeanstalk:environment-name",
        ],
    ),
    machines("a Spot Fleet", &["aws:ec2spot:fleet-request-id"]),
    machines("an EC2 Fleet", &["aws:ec2:fleet-id"]),
];

impl Owner {
    fn runs(&self, instance: &Instance) -> bool {
        self.tags.iter().any(|tag| {
            instance
                .tags
                .keys()
                .any(|key| key == tag || (tag.ends_with('/') && key.starts_with(tag)))
        })
    }
}

/// What isolation doesn't reach there, in sentences.
pub(crate) fn limits(instance: &Instance) -> Vec<String> {
    OWNERS
        .iter()
        .filter(|owner| owner.runs(instance))
        .map(|owner| {
            if owner.runs_containers {
                format!(
                    "{} runs the instance, by its tags: branch interfaces of pods and tasks aren't seen here and talk on, \
                     as do their credentials, and new ones may be placed on it: cordon the node (EKS) or set it to \
                     DRAINING (ECS)",
                    owner.name
                )
            } else {
                format!(
                    "{} runs the instance, by its tags, and may replace or terminate it, evidence included, when it no \
                     longer answers",
                    owner.name
                )
            }
        })
        .collect()
}

/// Why none but the service that operates the instance can change it; nothing if others can.
pub(crate) fn only_its_operator(instance: &Instance) -> Option<String> {
    instance.operator.as_ref().map(|operator| {
        format!(
            "instance {} is operated by {operator}, and EC2 lets nobody else change it: have that service replace it (EKS \
             Auto Mode: cordon the node, and delete its NodeClaim once its disks were copied)",
            instance.id
        )
    })
}

/// The interfaces that carry others of their own, which stand in no description of the instance, as sentences.
pub(crate) fn unseen_interfaces(instance: &Instance) -> Vec<String> {
    instance
        .interfaces
        .iter()
        .filter(|interface| interface.is_trunk)
        .map(|interface| {
            format!(
                "network interface {} is a trunk: branch interfaces of pods or tasks on it have security groups of their \
                 own and aren't isolated",
                interface.id
            )
        })
        .collect()
}

/// Why others may lose their network with the instance; nothing if nothing shows it.
pub(crate) fn forwards(instance: &Instance) -> Option<String> {
    let forwarding: Vec<&str> = instance
        .interfaces
        .iter()
        .filter(|interface| interface.forwards)
        .map(|interface| interface.id.as_str())
        .collect();
    (!forwarding.is_empty()).then(|| {
        format!(
            "the instance forwards other machines' traffic, as a NAT instance, router or firewall does: network interface \
             {} has its source/destination check off",
            forwarding.join(", ")
        )
    })
}

#[cfg(test)]
mod tests;
