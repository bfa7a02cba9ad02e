//! Which buckets an account's Block Public Access reaches today: who is public, who hosts a website, who says that it
//! is meant so. Bounded, and for people: what can't be read is named and stops nothing.

mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use backstop_actions::permissions;
use backstop_aws::Access;
use backstop_core::{AccountId, Target, guardrail::DRILL_TAG};
use backstop_runtime::CallError;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::{
    block::Block,
    bucket::{Bucket, BucketLocation, PolicyStatus},
    buckets,
    intended_public::TAG,
    services::S3,
};

/// Buckets that are looked at; an account may have thousands.
pub(crate) const MOST: i32 = 100;
const AT_ONCE: usize = 8;
/// For all of them together: the function has 30 seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a look at the account's buckets showed.
#[derive(Debug)]
pub(crate) struct Reach {
    account: AccountId,
    buckets: Vec<Seen>,
    /// Whether there are more buckets than were looked at.
    has_more: bool,
}

/// One bucket, and what was seen of it or why nothing was.
#[derive(Debug)]
struct Seen {
    name: String,
    door: Result<Door, String>,
}

/// How a bucket stands to the public.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Door {
    /// Its own settings are all on: the account's add nothing.
    Closed,
    /// They aren't.
    Ajar(Ways),
}

/// By which ways the public comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ways {
    by_policy: bool,
    by_acl: bool,
    hosts_website: bool,
    is_intended: bool,
    is_for_drills: bool,
}

impl Reach {
    /// Looks. Fails only if the buckets can't be listed.
    pub(crate) async fn read(aws: &Access<'_>, target: &Target) -> Result<Self, CallError> {
        let until = Instant::now() + PATIENCE;
        let listed = aws
            .client::<S3>()
            .list_buckets()
            .max_buckets(MOST)
            .send()
            .await
            .map_err(CallError::of(
                permissions::s3::LIST_ALL_MY_BUCKETS.action,
                format!("account `{}`", target.account),
            ))?;
        let places = listed.buckets().iter().filter_map(|bucket| {
            Some(BucketLocation {
                name: bucket.name()?.to_owned(),
                owner: target.account.clone(),
                region: bucket
                    .bucket_region()
                    .unwrap_or(target.region.as_str())
                    .to_owned(),
                partition: target.partition.clone(),
            })
        });
        let looks: Vec<_> = places.map(|place| see(buckets::at(aws, place), until)).collect();
        Ok(Self {
            account: target.account.clone(),
            buckets: stream::iter(looks).buffered(AT_ONCE).collect().await,
            has_more: listed.continuation_token().is_some(),
        })
    }

    /// An account carries no tag that it could read itself. A drill may close it if every bucket that isn't closed
    /// already is for drills, and each of them was looked at.
    pub(crate) fn tags(&self) -> BTreeMap<String, String> {
        let mut ajar = self
            .buckets
            .iter()
            .filter(|seen| !matches!(seen.door, Ok(Door::Closed)))
            .peekable();
        let has_any = ajar.peek().is_some();
        let are_for_drills =
            ajar.all(|seen| matches!(&seen.door, Ok(Door::Ajar(ways)) if ways.is_for_drills));
        let tag =
            (has_any && are_for_drills && !self.has_more).then(|| (DRILL_TAG.to_owned(), "yes".to_owned()));
        tag.into_iter().collect()
    }

    /// For evidence.
    pub(crate) fn json(&self) -> Value {
        let buckets = self.buckets.iter().map(|seen| match &seen.door {
            Ok(Door::Closed) => json!({ "name": seen.name, "closed_by_its_own_settings": true }),
            Ok(Door::Ajar(ways)) => json!({
                "name": seen.name,
                "public_by_policy": ways.by_policy,
                "public_by_acl": ways.by_acl,
                "website": ways.hosts_website,
                "intended_public": ways.is_intended,
            }),
            Err(why) => json!({ "name": seen.name, "unreadable": why }),
        });
        json!({ "looked_at": buckets.collect::<Vec<_>>(), "there_are_more": self.has_more })
    }

    fn ajar(&self) -> impl Iterator<Item = (&str, &Ways)> {
        self.buckets.iter().filter_map(|seen| match &seen.door {
            Ok(Door::Ajar(ways)) => Some((seen.name.as_str(), ways)),
            _ => None,
        })
    }

    /// The names of those buckets for which it holds.
    fn names(&self, holds: impl Fn(&Ways) -> bool) -> BTreeSet<&str> {
        let found = self.ajar().filter(|(_, ways)| holds(ways));
        found.map(|(name, _)| name).collect()
    }
}

async fn see(bucket: Bucket, until: Instant) -> Seen {
    let door = match timeout_at(until, door(&bucket)).await {
        Ok(door) => door,
        Err(_too_late) => Err(format!("{} wasn't looked at in time", bucket.named())),
    };
    Seen {
        name: bucket.place.name,
        door,
    }
}

async fn door(bucket: &Bucket) -> Result<Door, String> {
    let in_words = |error: CallError| error.to_string();
    let block = bucket.block().await.map_err(in_words)?;
    if block == Some(Block::FULL) {
        return Ok(Door::Closed);
    }
    let (policy, has_public_acl, hosts_website, tags) = tokio::join!(
        bucket.policy_status(),
        bucket.has_public_acl(),
        bucket.is_website(),
        bucket.tags()
    );
    let has_public_policy = match policy {
        PolicyStatus::Public => true,
        PolicyStatus::NotPublic | PolicyStatus::NoPolicy => false,
        PolicyStatus::Unknown(why) => return Err(why),
    };
    let tags = tags.map_err(in_words)?;
    let holds_back = |setting: fn(Block) -> bool| block.is_some_and(setting);
    Ok(Door::Ajar(Ways {
        by_policy: has_public_policy && !holds_back(Block::restricts_policies),
        by_acl: has_public_acl.map_err(in_words)? && !holds_back(Block::ignores_acls),
        hosts_website: hosts_website.map_err(in_words)?,
        is_intended: tags.contains_key(TAG),
        is_for_drills: tags.contains_key(DRILL_TAG),
    }))
}
