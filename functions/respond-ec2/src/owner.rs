//! Which service or tool runs the instance, where it isn't a person: container services give pods and tasks interfaces and
//! credentials of their own, and whatever launched the instance may replace or terminate it.
//!
//! By the tags that they set and by EC2's own word on the operator. Whoever may tag can set them too, so that they are only
//! told to people and never let anything pass.

pub(crate) mod branches;

use backstop_core::text::for_shell;
use backstop_runtime::StepError;

use crate::instance::{Instance, Interface};
use branches::Branch;

/// Somebody who runs instances.
#[derive(Debug, PartialEq, Eq)]
struct Owner {
    name: &'static str,
    /// What its tags begin with, see [`Owner::tag_of`].
    tags: &'static [&'static str],
    runs: Runs,
}

/// What is run on the instances, and with it what people must do beside isolation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Runs {
    /// Pods: the node is cordoned in Kubernetes.
    Pods,
    /// Tasks of ECS.
    Tasks,
    /// A cluster of EMR.
    Emr,
    /// Whatever it is: an Auto Scaling group of the account's own replaces the instance.
    InGroup,
    SpotFleet,
    Fleet,
}

const fn owner(name: &'static str, runs: Runs, tags: &'static [&'static str]) -> Owner {
    Owner { name, tags, runs }
}

/// Sources: the services' user guides on the tags they set, and Karpenter's documentation. A key that ends in `/` stands for
/// all that begin so.
const OWNERS: &[Owner] = &[
    owner(
        "Amazon EKS",
        Runs::Pods,
        &[
            "eks:cluster-name",
            "aws:eks:cluster-name",
            "eks:eks-cluster-name",
            "eks:nodegroup-name",
            "kubernetes.io/cluster/",
            "k8s.io/cluster-autoscaler/",
        ],
    ),
    owner("Karpenter", Runs::Pods, &["karpenter.sh/"]),
    owner(
        "Amazon ECS",
        Runs::Tasks,
        &["aws:ecs:clusterName", "AmazonECSManaged"],
    ),
    owner("AWS Batch", Runs::Tasks, &["AWSBatchServiceTag"]),
    owner("Amazon EMR", Runs::Emr, &["aws:elasticmapreduce:job-flow-id"]),
    owner(
        "AWS Elastic Beanstalk",
        Runs::InGroup,
        &[
            "elasticbeanstalk:environment-id",
            "elasticbeanstalk:environment-name",
        ],
    ),
    owner("a Spot Fleet", Runs::SpotFleet, &["aws:ec2spot:fleet-request-id"]),
    owner("an EC2 Fleet", Runs::Fleet, &["aws:ec2:fleet-id"]),
];

impl Owner {
    /// The value of the first of its tags that the instance has.
    fn tag_of<'a>(&self, instance: &'a Instance) -> Option<&'a str> {
        self.tags.iter().find_map(|tag| {
            let is_own = |key: &str| key == *tag || (tag.ends_with('/') && key.starts_with(tag));
            let mut tags = instance.tags.iter();
            tags.find(|(key, _)| is_own(key)).map(|(_, value)| value.as_str())
        })
    }
}

/// What isolation doesn't reach there, and what a person does beside it, in sentences.
pub(crate) fn limits(instance: &Instance) -> Vec<String> {
    OWNERS
        .iter()
        .filter_map(|owner| {
            let value = owner.tag_of(instance)?;
            let beside = owner.runs.beside(instance, value);
            Some(format!("{} runs the instance, by its tags: {beside}", owner.name))
        })
        .collect()
}

impl Runs {
    fn beside(self, instance: &Instance, value: &str) -> String {
        match self {
            Self::Pods => format!(
                "pods that share its interfaces are cut off with it, those with branch interfaces aren't; the \
                 credentials that pods were given (EKS Pod Identity, IRSA) go on elsewhere; so that no pod is placed on \
                 it: `kubectl cordon {}`",
                for_shell(instance.private_dns_name.as_deref().unwrap_or("NODE"))
            ),
            Self::Tasks => format!(
                "tasks that share its interfaces are cut off with it, those in `awsvpc` mode have interfaces that nobody \
                 but Amazon ECS can change; the credentials of task roles go on elsewhere; so that services place their \
                 tasks elsewhere it is drained once it is isolated, since draining stops tasks; where no step does that: \
                 `aws ecs update-container-instances-state --cluster {cluster} --status DRAINING --container-instances \
                 $(aws ecs list-container-instances --cluster {cluster} --filter 'ec2InstanceId == {}' --query 'containerInstanceArns[]' --output text)`",
                instance.id,
                cluster = for_shell(cluster_of(instance).unwrap_or("CLUSTER"))
            ),
            Self::Emr => format!(
                "the cluster replaces a node that no longer answers, evidence included, unless it is protected: `aws emr \
                 modify-cluster-attributes --cluster-id {} --termination-protected --no-unhealthy-node-replacement`",
                for_shell(value)
            ),
            Self::InGroup => {
                "the environment's Auto Scaling group may terminate it, evidence included, unless it was detached \
                 before; rebuilding or updating the environment doesn't bring it back"
                    .to_owned()
            }
            Self::SpotFleet => format!(
                "an instance can't leave its fleet, which may terminate it when its target is lowered or its health \
                 check fails, evidence included; so that it keeps what is too much: `aws ec2 \
                 modify-spot-fleet-request --spot-fleet-request-id {} --excess-capacity-termination-policy \
                 noTermination`",
                for_shell(value)
            ),
            Self::Fleet => format!(
                "an instance can't leave its fleet, which may terminate it when its target is lowered or its health \
                 check fails, evidence included; so that it keeps what is too much: `aws ec2 modify-fleet --fleet-id {} \
                 --excess-capacity-termination-policy no-termination`",
                for_shell(value)
            ),
        }
    }
}

/// The ECS cluster that tags name.
pub(crate) fn cluster_of(instance: &Instance) -> Option<&str> {
    instance.tags.get("aws:ecs:clusterName").map(String::as_str)
}

/// Refuses an instance that none but the service that operates it can change (EC2 User Guide, "Amazon EC2 managed
/// instances").
pub(crate) fn refuse_operated(instance: &Instance) -> Result<(), StepError> {
    match &instance.operator {
        None => Ok(()),
        Some(operator) => Err(StepError::Refused {
            guardrail: "operated-by-a-service".to_owned(),
            reason: format!(
                "instance {} is operated by {operator}, and EC2 lets nobody else change it: have that service replace it \
                 (EKS Auto Mode: cordon the node, and delete its NodeClaim once its disks were copied)",
                instance.id
            ),
        }),
    }
}

/// The interfaces that can be put into other security groups. One that only looks like a task's is tried, but not counted on.
pub(crate) fn changeable(instance: &Instance) -> impl Iterator<Item = &Interface> {
    let is_changeable =
        |interface: &&Interface| interface.operator.is_none() && !interface.looks_like_a_tasks;
    instance.interfaces.iter().filter(is_changeable)
}

/// Whether something on the instance may have a network interface that isolating the instance doesn't reach.
pub(crate) fn may_talk_on(instance: &Instance) -> bool {
    let has_trunk = instance.interfaces.iter().any(|interface| interface.is_trunk);
    has_trunk || changeable(instance).count() < instance.interfaces.len()
}

/// The interfaces that talk on whatever is done to the others, as sentences: those that carry others of their own, which
/// stand in no description of the instance, and those that nobody but a service can change.
pub(crate) fn uncovered_interfaces(instance: &Instance, branches: &[Branch]) -> Vec<String> {
    let trunks = instance
        .interfaces
        .iter()
        .filter(|interface| interface.is_trunk)
        .map(|trunk| of_trunk(trunk, branches));
    let operated = instance.interfaces.iter().filter_map(|interface| {
        interface.operator.as_ref().map(|operator| {
            format!(
                "network interface {} is operated by {operator}, and EC2 lets nobody else change it: it isn't isolated and \
                 talks on",
                interface.id
            )
        })
    });
    trunks.chain(operated).collect()
}

fn of_trunk(trunk: &Interface, branches: &[Branch]) -> String {
    let own: Vec<String> = branches
        .iter()
        .filter(|branch| branch.trunk == trunk.id)
        .map(Branch::to_string)
        .collect();
    let which = if own.is_empty() {
        "none has the tag of Amazon EKS, those of ECS tasks have no tag to find them by".to_owned()
    } else {
        format!("of pods, by their tags: {}", own.join(", "))
    };
    format!(
        "network interface {} is a trunk: its branch interfaces have security groups of their own, aren't isolated and \
         talk on ({which}); deny their addresses in the network ACLs of their subnets, or stop the instance, which loses \
         its memory",
        trunk.id
    )
}

/// Said of an interface that looks like a task's, which is tried all the same: the description may be anybody's.
pub(crate) fn of_task(interface: &str) -> String {
    format!(
        "network interface {interface} is of a task of Amazon ECS, by its description: where that is so nobody else can \
         change it, and it isn't isolated and talks on; deny its addresses in its subnet's network ACL, or stop the \
         instance, which loses its memory"
    )
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
