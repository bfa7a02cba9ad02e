//! What stands around the instance, and what others lose with it: whether nothing would serve any more once it is out of
//! service, or others would lose their network, database or directory. A person must want that, so that every step that
//! takes something from the instance asks here, once for all that it needs; what can't be read in time counts as the worst.

mod dependents;

use std::time::Duration;

use aws_sdk_ec2::types::RouteTable;
use backstop_aws::Access;
use backstop_runtime::{CallError, StepError, action::StepRequest};

use crate::{
    deregister_from_load_balancers::{Holders, Sweeps},
    detach_from_auto_scaling::{Membership, membership_of},
    instance::{self, Instance},
    marked::Marked,
    owner,
    peers::Peers,
    routes,
    services::Ec2,
    witness::Witness,
};

/// Containment doesn't wait longer: then a person is asked.
const LONGEST_READING: Duration = Duration::from_secs(15);

/// How long a new tag may take until everybody reads it; EC2 promises no time (Amazon EC2 Developer Guide, "Eventual
/// consistency in the Amazon EC2 API").
const UNTIL_SEEN: Duration = Duration::from_secs(if cfg!(test) { 0 } else { 1 });

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
    membership: Known<Option<Membership>>,
    services: Known<Vec<String>>,
    /// The others that incidents contain.
    marked: Known<Marked>,
    /// What stands for them where they couldn't be read.
    nobody: Marked,
}

impl Surroundings {
    /// Reads them. What only says whether a person must be asked isn't read once one has approved.
    pub(crate) async fn read(
        aws: &Access<'_>,
        instance: &Instance,
        request: &StepRequest,
        sweeps: &Sweeps,
    ) -> Self {
        let (ec2, vpcs) = (aws.client::<Ec2>(), instance.vpcs());
        let (tables, around) =
            tokio::join!(in_time("the route tables", routes::tables(&ec2, &vpcs)), async {
                tokio::select! {
                    biased;
                    () = request.approval.given() => None,
                    around = Around::read(aws, instance, request, sweeps) => Some(around),
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

    /// The others that incidents contain, as far as was read.
    pub(crate) fn marked(&self) -> Option<&Marked> {
        self.around.as_ref().map(Around::marked)
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

/// Has other incidents see that this one contains the instance, and reads once more whether they leave whom the plan counts
/// on: the reason to ask a person, if they don't. Two that plan in the same second see nothing of each other yet; each writes
/// its tag before it looks, so that one at least sees the other, and at worst both ask. Where nobody else serves anyway,
/// nothing is written.
pub(crate) async fn claim(
    aws: &Access<'_>,
    request: &StepRequest,
    witness: &Witness,
    sweeps: &Sweeps,
) -> Result<Option<String>, StepError> {
    let ec2 = aws.client::<Ec2>();
    let mut instance = instance::read(&ec2, &request.target).await?;
    let mut around = Around::read(aws, &instance, request, sweeps).await;
    if !around.counts_on_others() {
        return Ok(None);
    }
    match witness.write(&ec2, &instance.id).await {
        Ok(()) => {}
        Err(error) if error.name.is_retryable() => return Err(error.into()),
        Err(error) => {
            return Ok(Some(format!(
                "others serve beside the instance, and other incidents can't be shown that it is contained: {error}"
            )));
        }
    }
    tokio::time::sleep(UNTIL_SEEN).await;
    around.marked = in_time(CONTAINED, Marked::read(&ec2, &instance.id)).await;
    let why = around.last_to_serve();
    if why.is_empty() {
        return Ok(None);
    }
    // Nothing is taken from it now, so that others may count on it until a person has decided.
    witness.add_to(&mut instance.tags);
    if let Err(error) = witness.remove(&ec2, &instance.id, &instance.tags).await {
        tracing::warn!(incident = %request.incident, %error, "the instance keeps the tag of a step that waits");
    }
    Ok(Some(why.join("; ")))
}

/// What [`Marked`] is called where it can't be read.
const CONTAINED: &str = "the instances that incidents contain";

/// That it isn't known whom incidents contain, if it isn't.
pub(crate) fn unread(marked: &Known<Marked>) -> Option<String> {
    let why = marked.as_ref().err()?;
    Some(format!(
        "whether other incidents contain those that would remain isn't known: {why}"
    ))
}

/// The others that incidents contain, for a plan that tells who remains.
pub(crate) async fn marked(aws: &Access<'_>, instance: &Instance) -> Known<Marked> {
    in_time(CONTAINED, Marked::read(&aws.client::<Ec2>(), &instance.id)).await
}

impl Around {
    async fn read(aws: &Access<'_>, instance: &Instance, request: &StepRequest, sweeps: &Sweeps) -> Self {
        let ec2 = aws.client::<Ec2>();
        let (holders, membership, services, marked) = tokio::join!(
            in_time(
                "the load balancers",
                Holders::shared(aws, instance, request, sweeps)
            ),
            in_time("the Auto Scaling group", membership_of(aws, &instance.id)),
            in_time("the security groups", dependents::services(&ec2, instance)),
            in_time(CONTAINED, Marked::read(&ec2, &instance.id))
        );
        Self {
            holders,
            membership,
            services,
            marked,
            nobody: Marked::default(),
        }
    }

    fn marked(&self) -> &Marked {
        self.marked.as_ref().unwrap_or(&self.nobody)
    }

    /// Whether there is anybody else to serve, as far as was read.
    fn counts_on_others(&self) -> bool {
        let group = self.membership.as_ref().ok().and_then(Option::as_ref);
        let of_group = group.and_then(Membership::peers).into_iter();
        let of_balancers = self.holders.iter().flat_map(Holders::peers);
        let mut all: Box<dyn Iterator<Item = &Peers> + '_> = Box::new(of_group.chain(of_balancers));
        all.any(|peers| !peers.healthy.is_empty())
    }

    fn last_to_serve(&self) -> Vec<String> {
        let unknown = |what: &String| Some(format!("whether others serve can't be read: {what}"));
        let marked = self.marked();
        let of_group = self.membership.as_ref().map_or_else(unknown, |membership| {
            membership.as_ref().and_then(|group| group.needs_approval(marked))
        });
        let of_balancers = self
            .holders
            .as_ref()
            .map_or_else(unknown, |holders| holders.needs_approval(marked));
        let unread = unread(&self.marked).filter(|_| self.counts_on_others());
        of_group.into_iter().chain(of_balancers).chain(unread).collect()
    }

    /// A member of a group, or a target, is one of several, and what replaces it is known.
    fn others_depend(&self) -> Option<String> {
        let is_member = self.membership.as_ref().is_ok_and(Option::is_some);
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
