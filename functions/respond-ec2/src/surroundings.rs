//! What stands around the instance, and what others lose with it: whether nothing would serve any more once it is out of
//! service, or others would lose their network, database or directory. A person must want that, so that every step that
//! takes something from the instance asks here, once for all that it needs; what can't be read in time counts as the worst.

mod dependents;

use std::time::Duration;

use aws_sdk_ec2::types::RouteTable;
use backstop_aws::Access;
use backstop_runtime::{CallError, action::StepRequest};

use crate::{
    deregister_from_load_balancers::Holders,
    detach_from_auto_scaling::{Membership, membership_of},
    instance::Instance,
    owner, routes,
    services::Ec2,
};

/// Containment doesn't wait longer: then a person is asked.
const LONGEST_READING: Duration = Duration::from_secs(15);

/// The plan still counts as one that needs a person: today's must be the one that was approved.
const NOT_READ_AGAIN: &str = "a person was asked, and what others lose wasn't read again since";

/// What was read, or why it isn't known.
pub(crate) type Known<T> = Result<T, String>;

/// See the module.
pub(crate) struct Surroundings {
    /// The route tables of the instance's VPCs.
    pub(crate) tables: Known<Vec<RouteTable>>,
    /// None where a person approved the step: whoever loses what was in the plan.
    pub(crate) around: Option<Around>,
}

/// What would be lost.
pub(crate) struct Around {
    /// What sends users to the instance.
    pub(crate) holders: Known<Holders>,
    membership: Known<Membership>,
    services: Known<Vec<String>>,
}

impl Surroundings {
    /// Reads them. What only says whether a person must be asked isn't read once one has approved.
    pub(crate) async fn read(aws: &Access<'_>, instance: &Instance, request: &StepRequest) -> Self {
        let (ec2, vpcs) = (aws.client::<Ec2>(), instance.vpcs());
        let (tables, around) =
            tokio::join!(in_time("the route tables", routes::tables(&ec2, &vpcs)), async {
                tokio::select! {
                    biased;
                    () = request.approval.given() => None,
                    around = Around::read(aws, instance) => Some(around),
                }
            });
        Self { tables, around }
    }

    /// Why whatever takes something from the instance waits for a person.
    pub(crate) fn needs_approval(&self, instance: &Instance) -> Option<String> {
        let Some(around) = &self.around else {
            return Some(NOT_READ_AGAIN.to_owned());
        };
        let mut why: Vec<String> = owner::forwards(instance).into_iter().collect();
        match &self.tables {
            Ok(tables) => why.extend(dependents::routes_through(instance, tables)),
            Err(unknown) => why.push(format!(
                "whether others reach their network through it isn't known: {unknown}"
            )),
        }
        why.extend(around.last_to_serve());
        why.extend(around.others_depend());
        (!why.is_empty()).then(|| why.join("; "))
    }

    /// Why taking it out of service waits for a person, whatever becomes of the instance.
    pub(crate) fn last_to_serve(&self) -> Option<String> {
        let Some(around) = &self.around else {
            return Some(NOT_READ_AGAIN.to_owned());
        };
        let why = around.last_to_serve();
        (!why.is_empty()).then(|| why.join("; "))
    }
}

impl Around {
    async fn read(aws: &Access<'_>, instance: &Instance) -> Self {
        let ec2 = aws.client::<Ec2>();
        let (holders, membership, services) = tokio::join!(
            in_time("the load balancers", Holders::of(aws, instance)),
            in_time("the Auto Scaling group", membership_of(aws, &instance.id)),
            in_time("the security groups", dependents::services(&ec2, instance))
        );
        Self {
            holders,
            membership,
            services,
        }
    }

    fn last_to_serve(&self) -> Vec<String> {
        let unknown = |what: &String| Some(format!("whether others serve can't be read: {what}"));
        let of_group = self
            .membership
            .as_ref()
            .map_or_else(unknown, |membership| membership.needs_approval.clone());
        let of_balancers = self
            .holders
            .as_ref()
            .map_or_else(unknown, Holders::needs_approval);
        of_group.into_iter().chain(of_balancers).collect()
    }

    /// A member of a group, or a target, is one of several, and what replaces it is known.
    fn others_depend(&self) -> Option<String> {
        let is_member = self.membership.as_ref().is_ok_and(|it| it.is_member);
        let is_target = self.holders.as_ref().is_ok_and(|holders| !holders.is_empty());
        if is_member || is_target {
            return None;
        }
        match &self.services {
            Ok(services) if services.is_empty() => None,
            Ok(services) => Some(format!(
                "nothing stands in for it, and others may depend on it: {}",
                services.join(", ")
            )),
            Err(unknown) => Some(format!("whether others depend on it isn't known: {unknown}")),
        }
    }
}

/// Nothing that is only asked about holds containment up.
async fn in_time<T>(what: &str, reading: impl Future<Output = Result<T, CallError>>) -> Known<T> {
    match tokio::time::timeout(LONGEST_READING, reading).await {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_elapsed) => Err(format!(
            "{what} weren't read in {} seconds",
            LONGEST_READING.as_secs()
        )),
    }
}

#[cfg(test)]
mod tests;
