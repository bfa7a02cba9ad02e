//! Evidence that says something else afterwards, or nothing.

use aws_credential_types::Credentials;
use aws_sdk_s3::{
    Client,
    primitives::ByteStream,
    types::{
        BucketLifecycleConfiguration, BucketVersioningStatus, ExpirationStatus, LifecycleExpiration,
        LifecycleRule, LifecycleRuleFilter, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetention,
        ObjectVersion, VersioningConfiguration,
    },
};
use backstop_core::IncidentId;
use backstop_tests::Scene;

use crate::{
    attacker,
    tried::{Tried, in_row, refusal},
};

const DELETES: &str = "s3:DeleteObjectVersion, BypassGovernanceRetention";
const HIDES: &str = "s3:PutObject, DeleteObject on the bucket";

struct Bucket {
    client: Client,
    name: String,
}

pub(crate) async fn attacks(scene: &Scene, incident: &IncidentId) -> Vec<Tried> {
    let root = bucket(scene, scene.environment.account().root());
    let prefix = format!("incidents/{incident}/");
    let before = root.versions(&prefix).await;
    let one = before
        .first()
        .unwrap_or_else(|| panic!("incident {incident} has evidence"))
        .clone();

    let mut tried = of_versions(scene, &one).await;
    tried.extend(of_the_bucket(scene).await);
    let after = root.versions(&prefix).await;
    let ids = |versions: &[ObjectVersion]| -> Vec<_> {
        let id = |one: &ObjectVersion| (one.key.clone(), one.version_id.clone(), one.e_tag.clone());
        versions.iter().map(id).collect()
    };
    assert_eq!(
        ids(&after),
        ids(&before),
        "every version is as it was, and there is no new one"
    );

    // It isn't that nobody can: the break-glass user is let through to Object Lock, and through that with the bypass.
    let keeper =
        attacker::break_glass(scene, &["s3:BypassGovernanceRetention", "s3:DeleteObjectVersion"]).await;
    let keeper = bucket(scene, keeper);
    refusal("the lock itself", keeper.delete(&one, false).send().await);
    keeper.delete(&one, true).send().await.unwrap();
    tried
}

async fn of_versions(scene: &Scene, one: &ObjectVersion) -> Vec<Tried> {
    let all = [
        "s3:BypassGovernanceRetention",
        "s3:DeleteObject*",
        "s3:PutObject*",
    ];
    let thief = bucket(scene, attacker::with(scene, &all).await);
    let key = one.key().unwrap();
    let (client, name) = (&thief.client, &thief.name);

    let deleted = refusal("deleting a version", thief.delete(one, false).send().await);
    let bypassed = refusal(
        "deleting a version past its lock",
        thief.delete(one, true).send().await,
    );
    let hidden = client.delete_object().bucket(name).key(key);
    let hidden = refusal("a delete marker", hidden.send().await);
    let on_top = client
        .put_object()
        .bucket(name)
        .key(key)
        .body(ByteStream::from_static(b"{}"));
    let on_top = refusal("a version on top", on_top.send().await);
    let shorter = client
        .put_object_retention()
        .bucket(name)
        .key(key)
        .bypass_governance_retention(true);
    let shorter = shorter.retention(ObjectLockRetention::builder().build());
    let shorter = refusal("no retention any more", shorter.send().await);
    vec![
        Tried::refused("deleting a piece of evidence", "s3:DeleteObjectVersion", deleted).in_row(DELETES),
        Tried::refused(
            "deleting it past its lock",
            "s3:BypassGovernanceRetention",
            bypassed,
        )
        .in_row(DELETES),
        Tried::refused("hiding it by a delete marker", "s3:DeleteObject", hidden).in_row(HIDES),
        Tried::refused("hiding it by another version", "s3:PutObject", on_top).in_row(HIDES),
        Tried::refused("ending its retention", "s3:PutObjectRetention", shorter),
    ]
}

async fn of_the_bucket(scene: &Scene) -> Vec<Tried> {
    let all = [
        "s3:DeleteBucket*",
        "s3:PutBucket*",
        "s3:PutLifecycleConfiguration",
    ];
    let thief = bucket(scene, attacker::with(scene, &all).await);
    let (client, name) = (&thief.client, &thief.name);

    let open = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let put = client.put_bucket_policy().bucket(name).policy(open);
    let put = refusal("another policy", put.send().await);
    let none = refusal(
        "no policy",
        client.delete_bucket_policy().bucket(name).send().await,
    );
    let unlocked = ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .build();
    let unlocked = client
        .put_object_lock_configuration()
        .bucket(name)
        .object_lock_configuration(unlocked);
    let unlocked = refusal("no default retention", unlocked.send().await);
    let suspended = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Suspended)
        .build();
    let suspended = client
        .put_bucket_versioning()
        .bucket(name)
        .versioning_configuration(suspended);
    let suspended = refusal("no versions", suspended.send().await);
    let expiring = LifecycleRule::builder().status(ExpirationStatus::Enabled);
    let expiring = expiring.filter(LifecycleRuleFilter::builder().prefix("").build());
    let expiring = expiring
        .expiration(LifecycleExpiration::builder().days(1).build())
        .build()
        .unwrap();
    let expiring = BucketLifecycleConfiguration::builder()
        .rules(expiring)
        .build()
        .unwrap();
    let expiring = client
        .put_bucket_lifecycle_configuration()
        .bucket(name)
        .lifecycle_configuration(expiring);
    let expiring = refusal("an expiry", expiring.send().await);
    let tried = vec![
        Tried::refused(
            "another policy for the evidence bucket",
            "s3:PutBucketPolicy",
            put,
        ),
        Tried::refused("no policy for it", "s3:DeleteBucketPolicy", none),
        Tried::refused(
            "no lock for what comes",
            "s3:PutBucketObjectLockConfiguration",
            unlocked,
        ),
        Tried::refused("no versions of what comes", "s3:PutBucketVersioning", suspended),
        Tried::refused(
            "an expiry for everything",
            "s3:PutLifecycleConfiguration",
            expiring,
        ),
    ];
    in_row(
        "s3:PutBucketPolicy, DeleteBucketPolicy, PutBucketObjectLockConfiguration, PutBucketVersioning, \
         PutLifecycleConfiguration",
        tried,
    )
}

fn bucket(scene: &Scene, credentials: Credentials) -> Bucket {
    Bucket {
        client: Client::new(&scene.environment.account().sdk_config(credentials)),
        name: scene
            .environment
            .stack()
            .output("EvidenceBucket")
            .unwrap()
            .to_owned(),
    }
}

impl Bucket {
    async fn versions(&self, prefix: &str) -> Vec<ObjectVersion> {
        let list = self
            .client
            .list_object_versions()
            .bucket(&self.name)
            .prefix(prefix);
        list.send().await.unwrap().versions.unwrap_or_default()
    }

    fn delete(
        &self,
        one: &ObjectVersion,
        bypass: bool,
    ) -> aws_sdk_s3::operation::delete_object::builders::DeleteObjectFluentBuilder {
        let delete = self
            .client
            .delete_object()
            .bucket(&self.name)
            .key(one.key().unwrap());
        let delete = delete.version_id(one.version_id().unwrap());
        delete.set_bypass_governance_retention(bypass.then_some(true))
    }
}
