//! `ec2.isolate-instance`: puts every network interface into one security group without rules.
//!
//! *Changes* the groups of each interface, and how long an idle tracked connection of it lives; with the option
//! `untrack` it opens the interface to everyone for seconds first, so that connections lose their tracking. The
//! group without rules is one for each VPC and stays: other incidents use it too. No rule of anybody else's group
//! is touched.
//! *Undo* is exact for the groups: the receipt holds those of each interface, and undo refuses where an interface
//! no longer holds just ours, or the instance's tag doesn't say that it held those before. A timeout that was unset can't
//! be unset again; undo says so. *Twice* is harmless: the same groups, and an interface that was opened or isolated before
//! is never opened again.

mod act;
mod default_timeout;
mod group;
mod interface;
mod open_group;
mod tracked;
mod undo;
mod words;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use backstop_actions::{ActionSpec, ec2};
use backstop_aws::{Access, Accounts};
use backstop_core::{Change, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, read_receipt, unlike, write_receipt},
    playbooks,
};
use serde::{Deserialize, Serialize};

use self::{
    group::{Isolation, IsolationGroup},
    tracked::Paths,
};
use crate::{
    deregister_from_load_balancers::Sweeps,
    instance::{self, Instance, Interface},
    nitro,
    owner::{self, branches},
    services::Ec2,
    surroundings::{self, Surroundings},
    witness::{self, Witness},
};

/// The shortest and the longest idle timeout that EC2 allows for established TCP connections, in seconds (EC2 User Guide,
/// "Idle connection tracking timeout").
const SHORTEST_TIMEOUT: i32 = 60;
const LONGEST_TIMEOUT: i32 = 432_000;

/// How long an interface stays open: a connection loses its tracking by its next packet, and a live one sends
/// some within seconds.
const OPEN_FOR: Duration = Duration::from_secs(20);

/// See the module.
pub(crate) struct IsolateInstance {
    accounts: Arc<Accounts>,
    sweeps: Arc<Sweeps>,
    open_for: Duration,
}

/// The state before, of each interface.
#[derive(Debug, Serialize, Deserialize)]
struct IsolationReceipt {
    instance: String,
    /// Its type, which says what EC2's default timeout is; older receipts don't.
    #[serde(default)]
    instance_type: Option<String>,
    interfaces: Vec<Before>,
}

/// One interface before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Before {
    id: String,
    vpc: String,
    groups: Vec<String>,
    /// Absent is not a value: EC2's default depends on the instance type.
    tcp_established_timeout: Option<i32>,
    /// Whether it is opened before it is isolated.
    untrack: bool,
    /// Whether it looks like a task's, which nobody but Amazon ECS can change: it is tried, and a refusal is expected.
    #[serde(default)]
    looks_like_a_tasks: bool,
    /// Whether its instance's type has no connection tracking that could be configured.
    #[serde(default)]
    has_fixed_tracking: bool,
}

impl Before {
    /// Whether the timeout is to be shortened.
    fn is_shortened(&self) -> bool {
        self.tcp_established_timeout != Some(SHORTEST_TIMEOUT) && !self.has_fixed_tracking
    }
}

/// What the instance's tag says of them: where they were, in which groups, with which timeout.
fn witness(request: &StepRequest, interfaces: &[Before]) -> Result<Witness, StepError> {
    let before: Vec<_> = interfaces
        .iter()
        .map(|it| (&it.id, &it.vpc, &it.groups, it.tcp_established_timeout))
        .collect();
    Witness::of(ec2::isolate_instance::SPEC.id, request, &before)
}

/// Refuses a receipt of another instance, or with a timeout that no interface can have.
fn check(request: &StepRequest, receipt: &IsolationReceipt) -> Result<(), StepError> {
    instance::check_own(request, &receipt.instance)?;
    let is_possible = |seconds: i32| (SHORTEST_TIMEOUT..=LONGEST_TIMEOUT).contains(&seconds);
    let mut timeouts = receipt
        .interfaces
        .iter()
        .filter_map(|it| it.tcp_established_timeout);
    match timeouts.find(|seconds| !is_possible(*seconds)) {
        Some(seconds) => Err(unlike(format!("EC2 knows no TCP timeout of {seconds} seconds"))),
        None => Ok(()),
    }
}

impl IsolateInstance {
    pub(crate) const fn new(accounts: Arc<Accounts>, sweeps: Arc<Sweeps>) -> Self {
        Self {
            accounts,
            sweeps,
            open_for: OPEN_FOR,
        }
    }
}

#[async_trait]
impl Action for IsolateInstance {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::isolate_instance::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let aws = self.accounts.at(request)?;
        let ec2 = aws.client::<Ec2>();
        let wants_untracking = request.flag(&ec2::isolate_instance::UNTRACK)?;
        let instance = instance::read(&ec2, &request.target).await?;
        owner::refuse_operated(&instance)?;
        let (groups, surroundings, branches) = tokio::join!(
            groups_of(&aws, request, &instance),
            Surroundings::read(&aws, &instance, request, &self.sweeps),
            branches::of(&ec2, &instance)
        );
        let groups = groups?;
        let paths = Paths::of(&surroundings, &instance, &request.target.account);
        let interfaces = instance
            .interfaces
            .iter()
            .filter(|interface| interface.operator.is_none())
            .map(|interface| {
                before(
                    &instance,
                    interface,
                    wants_untracking && paths.is_direct(interface),
                )
            })
            .collect::<Result<Vec<_>, _>>()?;
        if interfaces.is_empty() {
            return Err(StepError::NotApplicable {
                reason: format!(
                    "instance {} has no network interface that can be changed",
                    instance.id
                ),
            });
        }
        let changes = changes(&interfaces, &groups, self.open_for);
        let is_open = !changes.is_empty();
        let untracked = interfaces.iter().any(|interface| interface.untrack);
        let untracking = words::Untracking {
            wanted: wants_untracking,
            done: untracked,
            open_for: self.open_for,
        };
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: instance.arn.clone(),
            tags: instance.tags.clone(),
            changes,
            blast_radius: if is_open {
                words::blast_radius(&instance, &groups, &untracking)
            } else {
                Vec::new()
            },
            limits: words::limits(&instance, &paths, &branches, &untracking, playbooks()),
            needs_approval: surroundings.needs_approval(&instance).filter(|_| is_open),
            captured: None,
            manual_undo: witness::by_hand(
                self.spec().id,
                &request.target,
                &instance.id,
                words::manual_undo(&interfaces, &instance, &request.target),
            ),
            receipt: write_receipt(&IsolationReceipt {
                instance: instance.id,
                instance_type: instance.instance_type,
                interfaces,
            })?,
        })
    }

    async fn claim(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<Option<String>, StepError> {
        let receipt: IsolationReceipt = read_receipt(receipt)?;
        let witness = witness(request, &receipt.interfaces)?;
        let aws = self.accounts.at(request)?;
        surroundings::claim(&aws, request, &witness, &self.sweeps).await
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let receipt: IsolationReceipt = read_receipt(receipt)?;
        check(request, &receipt)?;
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        // Whether to open is the order's to say, never the receipt's.
        let open_for = request
            .flag(&ec2::isolate_instance::UNTRACK)?
            .then_some(self.open_for);
        let instance = instance::read(&ec2, &request.target).await?;
        act::act(&ec2, request, &instance, &receipt.interfaces, open_for).await
    }

    /// Every interface that is attached now counts, also one that was attached since.
    async fn verify(
        &self,
        request: &StepRequest,
        _receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = match instance::read(&ec2, &request.target).await {
            Ok(instance) => instance,
            // A terminated instance sends nothing.
            Err(StepError::TargetGone { what }) => {
                return Ok(Verification {
                    holds: true,
                    observed: format!("{what} no longer exists"),
                });
            }
            Err(error) => return Err(error),
        };
        let branches = branches::of(&ec2, &instance).await?;
        let mut groups = BTreeMap::new();
        for vpc in instance.vpcs() {
            let place = group::Place {
                vpc: &vpc,
                account: &request.target.account,
            };
            let found = group::find(&ec2, place, group::ISOLATION).await?;
            groups.insert(vpc, found);
        }
        let faults: Vec<String> = instance
            .interfaces
            .iter()
            .filter(|interface| interface.operator.is_none())
            .filter_map(|interface| words::fault(interface, &groups))
            .chain(owner::uncovered_interfaces(&instance, &branches))
            .collect();
        Ok(Verification {
            holds: faults.is_empty(),
            observed: if faults.is_empty() {
                words::isolated(&instance)
            } else {
                faults.join("; ")
            },
        })
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let receipt: IsolationReceipt = read_receipt(receipt)?;
        check(request, &receipt)?;
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        undo::undo(
            &ec2,
            request,
            &receipt.interfaces,
            receipt.instance_type.as_deref(),
        )
        .await
    }
}

/// What there is of our isolation group in each VPC.
async fn groups_of(
    aws: &Access<'_>,
    request: &StepRequest,
    instance: &Instance,
) -> Result<BTreeMap<String, Isolation>, StepError> {
    let ec2 = aws.client::<Ec2>();
    let mut groups = BTreeMap::new();
    for vpc in instance.vpcs() {
        let place = group::Place {
            vpc: &vpc,
            account: &request.target.account,
        };
        let isolation = IsolationGroup::new(&ec2, place).look().await?;
        groups.insert(vpc, isolation);
    }
    Ok(groups)
}

fn before(instance: &Instance, interface: &Interface, untrack: bool) -> Result<Before, StepError> {
    let vpc = interface.vpc.clone().ok_or_else(|| StepError::Invalid {
        what: "what EC2 says of the instance",
        detail: format!("network interface `{}` is in no VPC", interface.id),
    })?;
    Ok(Before {
        id: interface.id.clone(),
        vpc,
        groups: interface.groups.clone(),
        tcp_established_timeout: interface.tcp_established_timeout,
        untrack: untrack && !interface.looks_like_a_tasks,
        looks_like_a_tasks: interface.looks_like_a_tasks,
        has_fixed_tracking: instance.instance_type.as_deref().is_some_and(nitro::is_without),
    })
}

/// The group's own creation is told beside the changes: another incident may make it while people decide, and the
/// plan they approve is the same.
fn changes(interfaces: &[Before], groups: &BTreeMap<String, Isolation>, open_for: Duration) -> Vec<Change> {
    let mut changes: Vec<Change> = groups
        .iter()
        .filter_map(|(vpc, isolation)| words::strip(vpc, isolation))
        .collect();
    for interface in interfaces {
        let is_isolated = groups
            .get(&interface.vpc)
            .and_then(Isolation::id)
            .is_some_and(|id| interface.groups == [id]);
        if interface.is_shortened() {
            changes.push(words::shorten(interface));
        }
        if interface.untrack && !is_isolated {
            changes.push(words::open(interface, open_for));
        }
        if !is_isolated {
            changes.push(words::isolate(interface));
        }
    }
    changes
}

#[cfg(test)]
mod tests;
