//! A VPC with one instance, its interfaces, security groups, routes and network ACLs.

use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_autoscaling::operation::describe_auto_scaling_instances::DescribeAutoScalingInstancesOutput;
use aws_sdk_ec2::{
    Client,
    operation::{
        authorize_security_group_egress::AuthorizeSecurityGroupEgressOutput,
        authorize_security_group_ingress::AuthorizeSecurityGroupIngressOutput,
        create_network_acl_entry::CreateNetworkAclEntryOutput,
        create_security_group::{CreateSecurityGroupError, CreateSecurityGroupOutput},
        delete_network_acl_entry::DeleteNetworkAclEntryOutput,
        delete_security_group::{DeleteSecurityGroupError, DeleteSecurityGroupOutput},
        describe_instances::DescribeInstancesOutput,
        describe_network_acls::DescribeNetworkAclsOutput,
        describe_network_interfaces::DescribeNetworkInterfacesOutput,
        describe_route_tables::DescribeRouteTablesOutput,
        describe_security_group_rules::DescribeSecurityGroupRulesOutput,
        describe_security_groups::DescribeSecurityGroupsOutput,
        modify_network_interface_attribute::{
            ModifyNetworkInterfaceAttributeError, ModifyNetworkInterfaceAttributeInput,
            ModifyNetworkInterfaceAttributeOutput,
        },
        revoke_security_group_egress::{RevokeSecurityGroupEgressError, RevokeSecurityGroupEgressOutput},
        revoke_security_group_ingress::RevokeSecurityGroupIngressOutput,
    },
    types::{
        ConnectionTrackingConfiguration, ConnectionTrackingSpecificationResponse, Filter, GroupIdentifier,
        IamInstanceProfile, Instance, InstanceIpv6Address, InstanceNetworkInterface,
        InstanceNetworkInterfaceAssociation, InstanceNetworkInterfaceAttachment, InstancePrivateIpAddress,
        InstanceState, InstanceStateName, IpPermission, IpRange, Ipv6Range, NetworkAcl, NetworkInterface,
        Reservation, Route, RouteTable, RouteTableAssociation, SecurityGroup, SecurityGroupRule, Tag,
    },
};
use aws_sdk_elasticloadbalancing::operation::describe_load_balancers::DescribeLoadBalancersOutput;
use aws_smithy_mocks::{MockResponse, Rule, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;

use super::INSTANCE;
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
}

/// What EC2 knows, and what tests want of it.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) nics: Vec<Nic>,
    pub(crate) groups: Vec<SecurityGroup>,
    pub(crate) routes: Vec<Route>,
    pub(crate) acls: Vec<NetworkAcl>,
    pub(crate) terminated: bool,
    /// Every changing call, in order.
    pub(crate) calls: Vec<String>,
    /// Whether a changing call fails, by what it would be written as in `calls`.
    pub(crate) fails: Option<fn(&str) -> bool>,
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
        let rules = [ec2.to_vec(), self.rules_of_ec2()].concat();
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

    fn rules_of_ec2(&self) -> Vec<Rule> {
        let own = || self.0.clone();
        let (s1, s2, s3, s4, s5, s6, s7) = (own(), own(), own(), own(), own(), own(), own());
        let s15 = own();
        let (s8, s9, s10, s11, s12, s13, s14) = (own(), own(), own(), own(), own(), own(), own());
        vec![
            mock!(Client::describe_instances).then_compute_output(move |request| {
                let state = s1.lock().unwrap();
                // By id: the one instance. By profile: a neighbour too.
                if request.instance_ids().is_empty() {
                    return instances(vec![instance(INSTANCE, &state), neighbour()]);
                }
                instances(vec![instance(INSTANCE, &state)])
            }),
            mock!(Client::describe_network_interfaces).then_compute_output(move |request| {
                let state = s2.lock().unwrap();
                let wanted = values(request.filters(), "network-interface-id");
                let nics = state.nics.iter().filter(|nic| wanted.contains(&nic.id));
                DescribeNetworkInterfacesOutput::builder()
                    .set_network_interfaces(Some(nics.map(free_interface).collect()))
                    .build()
            }),
            mock!(Client::describe_security_groups).then_compute_output(move |request| {
                let mut state = s3.lock().unwrap();
                assert_eq!(values(request.filters(), "vpc-id"), [VPC]);
                let purposes = values(request.filters(), "tag:backstop:purpose");
                let ids = values(request.filters(), "group-id");
                if !ids.is_empty() {
                    state.questions.push(ids.clone());
                }
                let is_asked = |group: &&SecurityGroup| {
                    let has = |purpose: &String| {
                        let mut tags = group.tags().iter();
                        tags.any(|tag| tag.key() == Some("backstop:purpose") && tag.value() == Some(purpose))
                    };
                    purposes.iter().any(has) || ids.iter().any(|id| group.group_id() == Some(id))
                };
                let mut found: Vec<SecurityGroup> = state.groups.iter().filter(is_asked).cloned().collect();
                // Those that the interfaces had before, wherever tests got them from.
                let missing = |id: &&String| {
                    !state.lost.contains(id) && !found.iter().any(|group| group.group_id() == Some(id))
                };
                let plain: Vec<SecurityGroup> = ids
                    .iter()
                    .filter(missing)
                    .map(|id| SecurityGroup::builder().group_id(id).vpc_id(VPC).build())
                    .collect();
                found.extend(plain);
                DescribeSecurityGroupsOutput::builder()
                    .set_security_groups(Some(found))
                    .build()
            }),
            mock!(Client::create_security_group).then_compute_response(move |request| {
                let mut state = s4.lock().unwrap();
                let name = request.group_name().unwrap();
                let tag = request
                    .tag_specifications()
                    .first()
                    .and_then(|tags| tags.tags().first());
                if !state.allows(format!("create {name}")) {
                    return MockResponse::Error(CreateSecurityGroupError::generic(error(
                        "UnauthorizedOperation",
                    )));
                }
                if state.groups.iter().any(|group| group.group_name() == Some(name)) {
                    return MockResponse::Error(CreateSecurityGroupError::generic(error(
                        "InvalidGroup.Duplicate",
                    )));
                }
                let end = if name.len() > 40 && name.contains("isolation") {
                    "-own"
                } else {
                    ""
                };
                let id = format!("sg-{}{end}", name.chars().take(14).collect::<String>());
                let tag = tag.map(|tag| (tag.key().unwrap(), tag.value().unwrap()));
                state.add_group(&id, name, tag);
                if state.is_raced {
                    return MockResponse::Error(CreateSecurityGroupError::generic(error(
                        "InvalidGroup.Duplicate",
                    )));
                }
                MockResponse::Output(CreateSecurityGroupOutput::builder().group_id(id).build())
            }),
            mock!(Client::delete_security_group).then_compute_response(move |request| {
                let mut state = s5.lock().unwrap();
                let id = request.group_id().unwrap();
                if state
                    .nics
                    .iter()
                    .any(|nic| nic.groups.iter().any(|group| group == id))
                {
                    return MockResponse::Error(DeleteSecurityGroupError::generic(error(
                        "DependencyViolation",
                    )));
                }
                state.allows(format!("delete {id}"));
                state.groups.retain(|group| group.group_id() != Some(id));
                MockResponse::Output(DeleteSecurityGroupOutput::builder().build())
            }),
            mock!(Client::describe_security_group_rules).then_compute_output(move |request| {
                let mut state = s15.lock().unwrap();
                let id = values(request.filters(), "group-id").concat();
                let group = state.group(&id);
                let into = rules(group.ip_permissions(), false);
                let out = rules(group.ip_permissions_egress(), true);
                DescribeSecurityGroupRulesOutput::builder()
                    .set_security_group_rules(Some([into, out].concat()))
                    .build()
            }),
            mock!(Client::revoke_security_group_egress).then_compute_response(move |request| {
                let mut state = s6.lock().unwrap();
                let id = request.group_id().unwrap();
                if !state.allows(format!("strip {id}")) {
                    return MockResponse::Error(RevokeSecurityGroupEgressError::generic(error(
                        "UnauthorizedOperation",
                    )));
                }
                let group = state.group(id);
                let left = without(
                    group.ip_permissions_egress(),
                    request.security_group_rule_ids(),
                    true,
                );
                group.ip_permissions_egress = Some(left);
                MockResponse::Output(RevokeSecurityGroupEgressOutput::builder().build())
            }),
            mock!(Client::revoke_security_group_ingress).then_compute_output(move |request| {
                let mut state = s7.lock().unwrap();
                let group = state.group(request.group_id().unwrap());
                let left = without(group.ip_permissions(), request.security_group_rule_ids(), false);
                group.ip_permissions = Some(left);
                RevokeSecurityGroupIngressOutput::builder().build()
            }),
            mock!(Client::authorize_security_group_egress).then_compute_output(move |request| {
                let mut state = s8.lock().unwrap();
                let group = state.group(request.group_id().unwrap());
                group
                    .ip_permissions_egress
                    .get_or_insert_default()
                    .extend(request.ip_permissions().to_vec());
                AuthorizeSecurityGroupEgressOutput::builder().build()
            }),
            mock!(Client::authorize_security_group_ingress).then_compute_output(move |request| {
                let mut state = s9.lock().unwrap();
                let group = state.group(request.group_id().unwrap());
                group
                    .ip_permissions
                    .get_or_insert_default()
                    .extend(request.ip_permissions().to_vec());
                AuthorizeSecurityGroupIngressOutput::builder().build()
            }),
            mock!(Client::modify_network_interface_attribute).then_compute_response(move |request| {
                let mut state = s10.lock().unwrap();
                if state.modify(request) {
                    MockResponse::Output(ModifyNetworkInterfaceAttributeOutput::builder().build())
                } else {
                    MockResponse::Error(ModifyNetworkInterfaceAttributeError::generic(error(
                        "OperationNotPermitted",
                    )))
                }
            }),
            mock!(Client::describe_route_tables).then_compute_output(move |_| {
                let main = RouteTableAssociation::builder().main(true).build();
                let table = RouteTable::builder()
                    .vpc_id(VPC)
                    .associations(main)
                    .set_routes(Some(s11.lock().unwrap().routes.clone()))
                    .build();
                DescribeRouteTablesOutput::builder().route_tables(table).build()
            }),
            mock!(Client::describe_network_acls).then_compute_output(move |_| {
                DescribeNetworkAclsOutput::builder()
                    .set_network_acls(Some(s12.lock().unwrap().acls.clone()))
                    .build()
            }),
            mock!(Client::create_network_acl_entry).then_compute_output(move |request| {
                let mut state = s13.lock().unwrap();
                let entry = aws_sdk_ec2::types::NetworkAclEntry::builder()
                    .set_cidr_block(request.cidr_block().map(str::to_owned))
                    .set_ipv6_cidr_block(request.ipv6_cidr_block().map(str::to_owned))
                    .set_egress(request.egress())
                    .set_protocol(request.protocol().map(str::to_owned))
                    .set_rule_action(request.rule_action().cloned())
                    .set_rule_number(request.rule_number())
                    .build();
                state.allows(format!("deny {}", request.rule_number().unwrap()));
                state
                    .acl(request.network_acl_id().unwrap())
                    .entries
                    .get_or_insert_default()
                    .push(entry);
                CreateNetworkAclEntryOutput::builder().build()
            }),
            mock!(Client::delete_network_acl_entry).then_compute_output(move |request| {
                let mut state = s14.lock().unwrap();
                state.allows(format!("undeny {}", request.rule_number().unwrap()));
                state
                    .acl(request.network_acl_id().unwrap())
                    .entries
                    .get_or_insert_default()
                    .retain(|rule| {
                        rule.rule_number() != request.rule_number() || rule.egress() != request.egress()
                    });
                DeleteNetworkAclEntryOutput::builder().build()
            }),
        ]
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

    /// EC2's own rules: only existing groups, at least one, and never of another VPC.
    fn modify(&mut self, request: &ModifyNetworkInterfaceAttributeInput) -> bool {
        let id = request.network_interface_id().unwrap();
        if let Some(tracking) = request.connection_tracking_specification() {
            let seconds = tracking.tcp_established_timeout();
            if !self.allows(format!("timeout {id} {}", seconds.unwrap())) {
                return false;
            }
            self.nics.iter_mut().find(|nic| nic.id == id).unwrap().timeout = seconds;
            return true;
        }
        let groups = request.groups().to_vec();
        assert!(!groups.is_empty(), "an interface can't be without groups");
        if !self.allows(format!("move {id} {}", groups.join(" "))) {
            return false;
        }
        self.nics.iter_mut().find(|nic| nic.id == id).unwrap().groups = groups;
        true
    }
}

pub(crate) fn error(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("as told").build()
}

fn values(filters: &[Filter], name: &str) -> Vec<String> {
    filters
        .iter()
        .filter(|filter| filter.name() == Some(name))
        .flat_map(|filter| filter.values().to_vec())
        .collect()
}

/// One rule for each permission.
fn rules(permissions: &[IpPermission], is_egress: bool) -> Vec<SecurityGroupRule> {
    let one = |(index, _): (usize, &IpPermission)| {
        SecurityGroupRule::builder()
            .security_group_rule_id(format!("sgr-{is_egress}-{index}"))
            .is_egress(is_egress)
            .build()
    };
    permissions.iter().enumerate().map(one).collect()
}

/// The permissions whose rules aren't among these.
fn without(permissions: &[IpPermission], ids: &[String], is_egress: bool) -> Vec<IpPermission> {
    let rules = rules(permissions, is_egress);
    let kept = permissions
        .iter()
        .zip(&rules)
        .filter(|(_, rule)| !ids.iter().any(|id| rule.security_group_rule_id() == Some(id)));
    kept.map(|(permission, _)| permission.clone()).collect()
}

fn instances(instances: Vec<Instance>) -> DescribeInstancesOutput {
    DescribeInstancesOutput::builder()
        .reservations(Reservation::builder().set_instances(Some(instances)).build())
        .build()
}

fn neighbour() -> Instance {
    Instance::builder().instance_id("i-0fedcba9876543210").build()
}

fn instance(id: &str, state: &State) -> Instance {
    let name = if state.terminated {
        InstanceStateName::Terminated
    } else {
        InstanceStateName::Running
    };
    Instance::builder()
        .instance_id(id)
        .state(InstanceState::builder().name(name).build())
        .tags(Tag::builder().key("team").value("web").build())
        .iam_instance_profile(
            IamInstanceProfile::builder()
                .arn("arn:aws:iam::123456789012:instance-profile/web")
                .build(),
        )
        .set_network_interfaces(Some(state.nics.iter().enumerate().map(attached).collect()))
        .build()
}

fn identifiers(nic: &Nic) -> Option<Vec<GroupIdentifier>> {
    let one = |id: &String| GroupIdentifier::builder().group_id(id).build();
    Some(nic.groups.iter().map(one).collect())
}

fn attached((index, nic): (usize, &Nic)) -> InstanceNetworkInterface {
    let index = i32::try_from(index).unwrap();
    let mut builder = InstanceNetworkInterface::builder()
        .network_interface_id(&nic.id)
        .attachment(
            InstanceNetworkInterfaceAttachment::builder()
                .device_index(index)
                .build(),
        )
        .subnet_id("subnet-1")
        .vpc_id(VPC)
        .private_ip_addresses(
            InstancePrivateIpAddress::builder()
                .private_ip_address(format!("10.0.0.{}", index + 5))
                .build(),
        )
        .set_groups(identifiers(nic));
    if let Some(address) = &nic.public {
        builder = builder.association(
            InstanceNetworkInterfaceAssociation::builder()
                .public_ip(address)
                .build(),
        );
    }
    if let Some(address) = &nic.ipv6 {
        builder = builder.ipv6_addresses(InstanceIpv6Address::builder().ipv6_address(address).build());
    }
    if let Some(seconds) = nic.timeout {
        builder = builder.connection_tracking_configuration(
            ConnectionTrackingSpecificationResponse::builder()
                .tcp_established_timeout(seconds)
                .build(),
        );
    }
    builder.build()
}

fn free_interface(nic: &Nic) -> NetworkInterface {
    let tracking = nic.timeout.map(|seconds| {
        ConnectionTrackingConfiguration::builder()
            .tcp_established_timeout(seconds)
            .build()
    });
    NetworkInterface::builder()
        .network_interface_id(&nic.id)
        .set_groups(identifiers(nic))
        .set_connection_tracking_configuration(tracking)
        .build()
}
