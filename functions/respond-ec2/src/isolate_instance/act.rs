//! Isolating: the tag that says what was, the timeouts, the group, the optional opening, and the swap. Each interface is
//! tried even if another fails, and the first error is the step's.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use aws_sdk_ec2::Client;
use backstop_actions::permissions;
use backstop_core::ErrorName;
use backstop_runtime::{
    CallError, StepError,
    action::{StepRequest, unlike},
    each_tried,
};
use futures_util::future::join_all;

use super::{
    Before, SHORTEST_TIMEOUT,
    group::{IsolationGroup, Place},
    interface::{read, set_groups, set_timeout},
    open_group::OpenGroup,
    witness,
};
use crate::instance::{Instance, Interface};

/// Nothing is opened once this much of the function's 120 seconds is gone: what is opened must be closed in time.
const LATEST_OPENING: Duration = Duration::from_secs(15);
/// Opening may take this long; then what is open is closed.
const LONGEST_OPENING: Duration = Duration::from_secs(10);
/// An interface that is open is moved with patience, but not for ever.
const TRIES: u32 = 3;
const LONGEST_TRY: Duration = Duration::from_secs(10);
const BETWEEN_TRIES: Duration = Duration::from_millis(300);

/// EC2's codes for what an instance type can't do (EC2 User Guide, "Error codes for the Amazon EC2 API").
const NO_CONFIGURABLE_TRACKING: [&str; 4] = [
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "Unsupported",
    "UnsupportedOperation",
];

/// Isolates the interfaces that are the instance's; `open_for` is how long they are opened first, if at all.
pub(super) async fn act(
    ec2: &Client,
    request: &StepRequest,
    instance: &Instance,
    interfaces: &[Before],
    open_for: Option<Duration>,
) -> Result<(), StepError> {
    let started = Instant::now();
    let (incident, account) = (&request.incident, &request.target.account);
    let (own, foreign): (Vec<&Before>, Vec<&Before>) = interfaces
        .iter()
        .partition(|before| attached(instance, before).is_some());
    let witness = witness(request, interfaces)?;
    let is_known = witness.is_in(&instance.tags);
    let is_due = !is_known && interfaces.iter().all(|before| is_as_read(instance, before));
    let ((witnessed, timeouts), groups) = tokio::join!(
        async {
            // Before anything is changed: what is half changed is no state to say of that it was so.
            let witnessed = if is_due {
                witness.write(ec2, &instance.id).await
            } else {
                Ok(())
            };
            (witnessed, shorten(ec2, &own).await)
        },
        isolation_groups(ec2, request, &own)
    );
    let ready: Vec<(&Before, String)> = own
        .iter()
        .filter_map(|before| Some((*before, groups.get(&before.vpc)?.as_ref().ok()?.clone())))
        .collect();
    // Where closing fails, an interface gets back the groups of the receipt: none is opened whose groups nobody vouches for.
    let open_for = open_for.filter(|_| witnessed.is_ok() && (is_known || is_due));
    let mut openings = Vec::new();
    for (vpc, candidates) in by_vpc(
        ready
            .iter()
            .map(|(before, _)| *before)
            .filter(|before| before.untrack && open_for.is_some()),
    ) {
        let group = OpenGroup::new(ec2, Place { vpc, account }, incident);
        openings.push(open(group, candidates, started).await);
    }
    if openings.iter().any(|opening| opening.opened_now) {
        tokio::time::sleep(open_for.unwrap_or_default()).await;
    }
    let open: BTreeSet<&str> = openings
        .iter()
        .flat_map(|opening| opening.open.iter().map(|before| before.id.as_str()))
        .collect();
    let swapped = join_all(ready.iter().map(|(before, group)| async {
        let result = swap(ec2, before, group, open.contains(before.id.as_str())).await;
        (before.id.as_str(), unless_a_tasks(before, result))
    }))
    .await;
    let failed: BTreeSet<&str> = swapped
        .iter()
        .filter_map(|(id, result)| result.is_err().then_some(*id))
        .collect();
    let mut worst = Vec::new();
    for opening in &openings {
        worst.extend(close(ec2, opening, &failed).await);
    }
    let witnessed = witness.after_change(ec2, &instance.id, witnessed).await;
    // What may still be open comes first, then what isn't isolated, then what only isolates less well.
    let errors = worst
        .into_iter()
        .map(StepError::from)
        .chain(groups.into_values().filter_map(Result::err))
        .chain(foreign.into_iter().map(isnt_attached))
        .chain(
            swapped
                .into_iter()
                .filter_map(|(_, result)| result.err().map(StepError::from)),
        )
        .chain(
            openings
                .into_iter()
                .filter_map(|opening| opening.error.map(StepError::from)),
        )
        .chain(timeouts.into_iter().map(StepError::from))
        .chain(witnessed.err().map(StepError::from));
    each_tried(errors.map(Err::<(), _>))
}

/// The instance's interface of this id, if it is where the receipt says.
fn attached<'a>(instance: &'a Instance, before: &Before) -> Option<&'a Interface> {
    instance
        .interfaces
        .iter()
        .find(|interface| interface.id == before.id && interface.vpc.as_ref() == Some(&before.vpc))
}

fn isnt_attached(before: &Before) -> StepError {
    unlike(format!(
        "the instance has no network interface `{}` in `{}`",
        before.id, before.vpc
    ))
}

/// Whether the interface is as the receipt says that it was.
fn is_as_read(instance: &Instance, before: &Before) -> bool {
    attached(instance, before).is_some_and(|now| {
        now.groups == before.groups && now.tcp_established_timeout == before.tcp_established_timeout
    })
}

/// Shortens every interface's timeout, and says which failed.
async fn shorten(ec2: &Client, interfaces: &[&Before]) -> Vec<CallError> {
    let wanted = interfaces.iter().filter(|before| before.is_shortened());
    let shortened = join_all(wanted.map(|before| async {
        let result = set_timeout(ec2, &before.id, SHORTEST_TIMEOUT).await;
        unless_a_tasks(before, unless_fixed(result))
    }));
    shortened
        .await
        .into_iter()
        .filter_map(Result::err)
        .map(isolated_all_the_same)
        .collect()
}

/// What EC2 answers where the instance's type has no connection tracking that could be configured. Its interfaces are
/// isolated as well as such ones can be, and the proof says with which timeout.
fn unless_fixed(result: Result<(), CallError>) -> Result<(), CallError> {
    result.or_else(|error| {
        if !NO_CONFIGURABLE_TRACKING.contains(&error.code.as_str()) {
            return Err(error);
        }
        tracing::warn!(%error, "the timeout stays as it is");
        Ok(())
    })
}

/// Nobody but Amazon ECS can change a task's interface: that isn't the step's failure, and the proof says that it isn't
/// isolated.
fn unless_a_tasks(before: &Before, result: Result<(), CallError>) -> Result<(), CallError> {
    result.or_else(|error| {
        if !before.looks_like_a_tasks || error.name.is_retryable() {
            return Err(error);
        }
        tracing::warn!(%error, "a task's interface isn't isolated");
        Ok(())
    })
}

fn isolated_all_the_same(mut error: CallError) -> CallError {
    error.message = format!(
        "{} (the interface was isolated all the same; connections that are open may live on for longer)",
        error.message
    );
    error
}

/// The isolation group of each VPC, read back as without rules.
async fn isolation_groups(
    ec2: &Client,
    request: &StepRequest,
    interfaces: &[&Before],
) -> BTreeMap<String, Result<String, StepError>> {
    let mut groups = BTreeMap::new();
    for before in interfaces {
        if !groups.contains_key(&before.vpc) {
            let place = Place {
                vpc: &before.vpc,
                account: &request.target.account,
            };
            let group = IsolationGroup::new(ec2, place).ready().await;
            groups.insert(before.vpc.clone(), group);
        }
    }
    groups
}

fn by_vpc<'a>(candidates: impl Iterator<Item = &'a Before>) -> BTreeMap<&'a str, Vec<&'a Before>> {
    let mut by_vpc: BTreeMap<&str, Vec<&Before>> = BTreeMap::new();
    for before in candidates {
        by_vpc.entry(&before.vpc).or_default().push(before);
    }
    by_vpc
}

/// What opening did in one VPC.
struct Opening<'a> {
    group: OpenGroup<'a>,
    /// May be open now, by this attempt or by one that was cut off.
    open: Vec<&'a Before>,
    opened_now: bool,
    error: Option<CallError>,
}

/// Opens those that hold the groups they held before: one that is isolated, or was changed since, is never opened.
async fn open<'a>(group: OpenGroup<'a>, candidates: Vec<&'a Before>, started: Instant) -> Opening<'a> {
    let mut opening = Opening {
        group,
        open: Vec::new(),
        opened_now: false,
        error: None,
    };
    if let Err(error) = try_to_open(&mut opening, &candidates, started).await {
        opening.error = Some(CallError {
            // Not worth a retry: by then it is isolated, and what is isolated isn't opened.
            name: ErrorName::Rejected,
            message: format!(
                "{} (the instance was isolated without untracking its connections first)",
                error.message
            ),
            ..error
        });
    }
    opening
}

async fn try_to_open<'a>(
    opening: &mut Opening<'a>,
    candidates: &[&'a Before],
    started: Instant,
) -> Result<(), CallError> {
    let ec2 = opening.group.ec2();
    let ids: Vec<&str> = candidates.iter().map(|before| before.id.as_str()).collect();
    let (now, left) = tokio::try_join!(read(ec2, &ids), opening.group.id())?;
    let holds =
        |before: &Before, groups: &[String]| now.get(&before.id).is_some_and(|now| now.groups == groups);
    if let Some(left) = left {
        let left = [left];
        opening.open = candidates
            .iter()
            .copied()
            .filter(|before| holds(before, &left))
            .collect();
    }
    let unopened: Vec<&Before> = candidates
        .iter()
        .copied()
        .filter(|before| holds(before, &before.groups))
        .collect();
    if unopened.is_empty() {
        return Ok(());
    }
    let too_slow = || CallError {
        name: ErrorName::Rejected,
        call: permissions::ec2::MODIFY_NETWORK_INTERFACE_ATTRIBUTE.action,
        on: format!("security group `{}`", opening.group.name),
        code: String::new(),
        message: "EC2 answers too slowly to open an interface and be sure to close it in time".to_owned(),
    };
    if started.elapsed() > LATEST_OPENING {
        return Err(too_slow());
    }
    let slow = too_slow();
    let id = tokio::time::timeout(LONGEST_OPENING, opening.group.ready())
        .await
        .map_err(|_elapsed| slow)??;
    let slow = too_slow();
    // From here on they may be open, whatever the answers are.
    opening.open.extend(unopened.iter().copied());
    opening.opened_now = true;
    let opened = join_all(
        unopened
            .iter()
            .map(|before| set_groups(ec2, &before.id, std::slice::from_ref(&id))),
    );
    let opened = tokio::time::timeout(LONGEST_OPENING, opened)
        .await
        .map_err(|_elapsed| slow)?;
    opened
        .into_iter()
        .collect::<Result<Vec<()>, CallError>>()
        .map(drop)
}

/// Puts an interface into the isolation group; one that is open, with patience.
async fn swap(ec2: &Client, before: &Before, group: &str, is_open: bool) -> Result<(), CallError> {
    let groups = [group.to_owned()];
    if is_open {
        patiently(ec2, before, &groups).await
    } else {
        set_groups(ec2, &before.id, &groups).await
    }
}

async fn patiently(ec2: &Client, before: &Before, groups: &[String]) -> Result<(), CallError> {
    let mut last = None;
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
        match tokio::time::timeout(LONGEST_TRY, set_groups(ec2, &before.id, groups)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => last = Some(error),
            Err(_elapsed) => {}
        }
    }
    Err(last.unwrap_or_else(|| CallError {
        name: ErrorName::Unavailable,
        call: permissions::ec2::MODIFY_NETWORK_INTERFACE_ATTRIBUTE.action,
        on: format!("network interface `{}`", before.id),
        code: String::new(),
        message: "no answer in time".to_owned(),
    }))
}

/// Ends the opening. The group's rules are taken away in any case, so an interface that couldn't be moved is
/// closed where it is. Only if that fails as well, it gets back the groups it had: better as before than open.
async fn close(ec2: &Client, opening: &Opening<'_>, failed: &BTreeSet<&str>) -> Vec<CallError> {
    let Err(mut error) = opening.group.close().await else {
        return Vec::new();
    };
    let stuck = opening
        .open
        .iter()
        .filter(|before| failed.contains(before.id.as_str()));
    let mut errors = Vec::new();
    for before in stuck {
        errors.push(match patiently(ec2, before, &before.groups).await {
            Ok(()) => CallError {
                message: format!(
                    "{}; it couldn't be isolated either, so it was given back its groups: NOT ISOLATED",
                    error.message
                ),
                on: format!("network interface `{}`", before.id),
                ..copy(&error)
            },
            Err(restoring) => CallError {
                message: format!(
                    "{}; STILL OPEN TO THE INTERNET: type now `aws ec2 modify-network-interface-attribute \
                     --network-interface-id {} --groups {}`",
                    restoring.message,
                    before.id,
                    before.groups.join(" ")
                ),
                ..restoring
            },
        });
    }
    if errors.is_empty() {
        error.message.push_str(" (no interface is left in it)");
        errors.push(error);
    }
    errors
}

fn copy(error: &CallError) -> CallError {
    CallError {
        name: error.name,
        call: error.call,
        on: error.on.clone(),
        code: error.code.clone(),
        message: error.message.clone(),
    }
}
