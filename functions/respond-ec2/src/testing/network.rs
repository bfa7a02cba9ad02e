//! A VPC with one instance, its interfaces, security groups, routes and network ACLs.

mod addresses;
mod groups;
mod interfaces;
mod paths;

use std::sync::{Arc, Mutex, MutexGuard};

pub(crate) use addresses::elastic_ip;
use aws_sdk_autoscaling::operation::describe_auto_scaling_instances::DescribeAutoScalingInstancesOutput;
use aws_sdk_ec2::types::{
    Address, Filter, IpPermission, IpRange, Ipv6Range, NetworkAcl, Route, SecurityGroup, Tag,
};
use aws_sdk_elasticloadbalancing::operation::describe_load_balancers::DescribeLoadBalancersOutput;
use aws_smithy_mocks::{Rule, mock, mock_client};
use backstop_aws::Accounts;
use backstop_runtime::inline_deny::Iam;

use crate::services::{AutoScaling, ClassicElb, Ec2, Elb};

pub(crate) const VPC: &str = "vpc-1";

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Nic {
    pub(crate) id: String,
    pub(crate) groups: Vec<String>,
    pub(crate) timeout: Option<i32>,
    pub(crate) public: Option<String>,
    pub(crate) ipv6: Option<String>,
    /// `trunk`, where it carries others.
    pub(crate) kind: Option<String>,
    pub(crate) description: Option<String>,
    /// The service that alone may change it.
    pub(crate) operator: Option<String>,
}

/// What EC2 knows, and what tests want of it.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) nics: Vec<Nic>,
    pub(crate) groups: Vec<SecurityGroup>,
    pub(crate) routes: Vec<Route>,
    pub(crate) acls: Vec<NetworkAcl>,
    pub(crate) addresses: Vec<Address>,
    pub(crate) terminated: bool,
    pub(crate) instance_type: Option<String>,
    /// Tags that were written on the instance, beside its team's.
    pub(crate) tags: std::collections::BTreeMap<String, String>,
    /// The others that incidents contain, by id and tag; and those that one sees only when it looks again.
    pub(crate) marked: Vec<(&'static str, &'static str)>,
    pub(crate) marked_late: Vec<(&'static str, &'static str)>,
    /// Each time that somebody asked for them: whether the instance had a tag of ours by then.
    pub(crate) looks_at_others: Vec<bool>,
    /// Branch interfaces: the trunk, their id and address.
    pub(crate) branches: Vec<(String, String, String)>,
    /// Whose VPC it is, if it is shared.
    pub(crate) vpc_owner: Option<String>,
    /// Every changing call, in order.
    pub(crate) calls: Vec<String>,
    /// Whether a changing call fails, by what it would be written as in `calls`.
    pub(crate) fails: Option<fn(&str) -> bool>,
    /// With which code; `OperationNotPermitted` if none is given.
    pub(crate) refusal: Option<&'static str>,
    /// Another incident makes the group just before us.
    pub(crate) is_raced: bool,
    /// Groups of interfaces that exist no longer.
    pub(crate) lost: Vec<String>,
    /// Which groups were asked for by their ids.
    pub(crate) questions: Vec<Vec<String>>,
}

/// See the module.
#[derive(Clone, Default)]
pub(crate) struct Network(Arc<Mutex<State>>);

impl Network {
    pub(crate) fn with(nics: Vec<Nic>) -> Self {
        let network = Self::default();
        network.state().nics = nics;
        network
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Each interface's groups.
    pub(crate) fn groups_of_nics(&self) -> Vec<Vec<String>> {
        self.state().nics.iter().map(|nic| nic.groups.clone()).collect()
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// A group with egress to everywhere, as EC2 makes it.
    pub(crate) fn add_group(&self, id: &str, name: &str, tag: Option<(&str, &str)>) {
        self.state().add_group(id, name, tag);
    }

    /// How many rules the group of this name has; `None` if there is none.
    pub(crate) fn rules(&self, name: &str) -> Option<usize> {
        let state = self.state();
        let group = state
            .groups
            .iter()
            .find(|group| group.group_name() == Some(name))?;
        Some(group.ip_permissions().len() + group.ip_permissions_egress().len())
    }

    /// Accounts that reach this network in every Region, and IAM and ELB by these rules.
    pub(crate) fn accounts(&self, ec2: &[Rule], iam: &[Rule], elb: &[Rule]) -> Arc<Accounts> {
        let rules = [
            ec2.to_vec(),
            addresses::answers(&self.0),
            groups::answers(&self.0),
            interfaces::answers(&self.0),
            paths::answers(&self.0),
        ]
        .concat();
        let rules: Vec<&Rule> = rules.iter().collect();
        let iam: Vec<&Rule> = iam.iter().collect();
        let elb: Vec<&Rule> = elb.iter().collect();
        let mode = aws_smithy_mocks::RuleMode::MatchAny;
        let in_no_group = mock!(aws_sdk_autoscaling::Client::describe_auto_scaling_instances)
            .then_output(|| DescribeAutoScalingInstancesOutput::builder().build());
        let no_classic = mock!(aws_sdk_elasticloadbalancing::Client::describe_load_balancers)
            .then_output(|| DescribeLoadBalancersOutput::builder().build());
        let accounts = backstop_runtime::testing::accounts()
            .mock::<Ec2>(mock_client!(aws_sdk_ec2, mode, &rules))
            .mock::<AutoScaling>(mock_client!(aws_sdk_autoscaling, mode, &[&in_no_group]))
            .mock::<ClassicElb>(mock_client!(aws_sdk_elasticloadbalancing, mode, &[&no_classic]))
            .mock::<Elb>(mock_client!(aws_sdk_elasticloadbalancingv2, mode, &elb))
            .mock::<Iam>(mock_client!(aws_sdk_iam, mode, &iam));
        Arc::new(accounts)
    }
}

impl State {
    /// Writes a changing call down, and says whether it works.
    fn allows(&mut self, call: String) -> bool {
        let fails = self.fails.is_some_and(|fails| fails(&call));
        self.calls
            .push(if fails { format!("{call} FAILED") } else { call });
        !fails
    }

    fn add_group(&mut self, id: &str, name: &str, tag: Option<(&str, &str)>) {
        let everywhere = IpPermission::builder()
            .ip_protocol("-1")
            .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build())
            .build();
        let everywhere_ipv6 = IpPermission::builder()
            .ip_protocol("-1")
            .ipv6_ranges(Ipv6Range::builder().cidr_ipv6("::/0").build())
            .build();
        let group = SecurityGroup::builder()
            .group_id(id)
            .group_name(name)
            .vpc_id(VPC)
            .owner_id(backstop_runtime::testing::ACCOUNT)
            .ip_permissions_egress(everywhere)
            .ip_permissions_egress(everywhere_ipv6)
            .set_tags(tag.map(|(key, value)| vec![Tag::builder().key(key).value(value).build()]))
            .build();
        self.groups.push(group);
    }

    pub(crate) fn group(&mut self, id: &str) -> &mut SecurityGroup {
        self.groups
            .iter_mut()
            .find(|group| group.group_id() == Some(id))
            .unwrap()
    }

    pub(crate) fn acl(&mut self, id: &str) -> &mut NetworkAcl {
        self.acls
            .iter_mut()
            .find(|acl| acl.network_acl_id() == Some(id))
            .unwrap()
    }
}

fn values(filters: &[Filter], name: &str) -> Vec<String> {
    filters
        .iter()
        .filter(|filter| filter.name() == Some(name))
        .flat_map(|filter| filter.values().to_vec())
        .collect()
}
