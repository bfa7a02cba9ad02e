#![expect(clippy::unwrap_used, reason = "tests")]
use aws_sdk_s3::operation::{
    get_public_access_block::{
        GetPublicAccessBlockError as BucketBlockError, GetPublicAccessBlockOutput as BucketBlockOutput,
    },
    list_buckets::ListBucketsError,
};
use aws_sdk_s3control::{
    Client,
    operation::{
        delete_public_access_block::DeletePublicAccessBlockOutput,
        get_public_access_block::{GetPublicAccessBlockError, GetPublicAccessBlockOutput},
        put_public_access_block::{PutPublicAccessBlockError, PutPublicAccessBlockOutput},
    },
    types::PublicAccessBlockConfiguration,
};
use aws_smithy_mocks::{Rule, mock};
use backstop_core::{ErrorName, Plan, Receipt, Resource, UndoOutcome, guardrail::DRILL_TAG, kind};
use backstop_runtime::{Action, StepError, action::StepRequest};

use super::BlockAccountPublicAccess;
use crate::{
    block::Block,
    s3,
    testing::{
        BUCKET, OWNER, acl, buckets, error, no_block, no_website, permit, policy_is_public, request_for,
        tags, website,
    },
};

type Settings = [Option<bool>; 4];

const FULL: Settings = [Some(true); 4];
const PARTLY: Settings = [Some(true), Some(true), Some(false), None];
/// What S3 may make of [`PARTLY`].
const PARTLY_FILLED_IN: Settings = [Some(true), Some(true), Some(false), Some(false)];
const EVERYONE: &str = "http://acs.amazonaws.com/groups/global/AllUsers";

fn step_request() -> StepRequest {
    request_for(Resource::Account(kind::Account {}))
}

fn configuration([acls, ignore, policy, restrict]: Settings) -> PublicAccessBlockConfiguration {
    PublicAccessBlockConfiguration::builder()
        .set_block_public_acls(acls)
        .set_ignore_public_acls(ignore)
        .set_block_public_policy(policy)
        .set_restrict_public_buckets(restrict)
        .build()
}

fn now(settings: Settings) -> Rule {
    mock!(Client::get_public_access_block)
        .match_requests(|request| request.account_id() == Some(OWNER))
        .then_output(move || {
            GetPublicAccessBlockOutput::builder()
                .public_access_block_configuration(configuration(settings))
                .build()
        })
}

fn none_now() -> Rule {
    mock!(Client::get_public_access_block)
        .match_requests(|request| request.account_id() == Some(OWNER))
        .then_error(|| GetPublicAccessBlockError::generic(error("NoSuchPublicAccessBlockConfiguration")))
}

/// Takes exactly these settings, those left out included.
fn put(settings: Settings) -> Rule {
    mock!(Client::put_public_access_block)
        .match_requests(move |request| {
            request.account_id() == Some(OWNER)
                && request.public_access_block_configuration() == Some(&configuration(settings))
        })
        .then_output(|| PutPublicAccessBlockOutput::builder().build())
}

fn delete() -> Rule {
    mock!(Client::delete_public_access_block)
        .match_requests(|request| request.account_id() == Some(OWNER))
        .then_output(|| DeletePublicAccessBlockOutput::builder().build())
}

/// With an account that has no bucket.
async fn plan_of_empty(before: Rule) -> Result<Plan, StepError> {
    BlockAccountPublicAccess::new(s3!([buckets(&[], false)], control: [before]))
        .plan(&step_request())
        .await
}

async fn receipt(before: Rule) -> Receipt {
    plan_of_empty(before).await.unwrap().receipt
}

/// A bucket that is closed by its own settings, and one that may not be read.
fn closed_and_locked() -> [Rule; 2] {
    let closed = mock!(aws_sdk_s3::Client::get_public_access_block)
        .match_requests(|request| request.bucket() == Some("closed"))
        .then_output(|| {
            BucketBlockOutput::builder()
                .public_access_block_configuration(Block::FULL.configuration())
                .build()
        });
    let locked = mock!(aws_sdk_s3::Client::get_public_access_block)
        .match_requests(|request| request.bucket() == Some("locked"))
        .then_error(|| BucketBlockError::generic(error("AccessDenied")));
    [closed, locked]
}

fn says(lines: &[String], part: &str) -> bool {
    lines.iter().any(|line| line.contains(part))
}

#[tokio::test]
async fn plans_one_change_names_who_is_cut_off_and_always_asks() {
    let [closed, locked] = closed_and_locked();
    let accounts = s3!([
        buckets(&[BUCKET, "closed", "locked"], true),
        closed,
        locked,
        no_block(),
        tags(&[("backstop:intended-public", "shop")]),
        website(),
        policy_is_public(true),
        acl(Some(EVERYONE)),
    ], control: [none_now()]);
    let plan = BlockAccountPublicAccess::new(accounts)
        .plan(&step_request())
        .await
        .unwrap();
    let [change] = plan.changes.as_slice() else {
        unreachable!("one setting, one change")
    };
    assert_eq!(
        (change.now.as_str(), change.after.as_str()),
        ("none", "all four settings on")
    );
    let why = plan.needs_approval.unwrap();
    assert!(
        why.starts_with(
            "it reaches every bucket of account 123456789012, also those that are meant to be public"
        ) && why.ends_with("of the 3 buckets looked at, 1 public now, 1 hosting a website"),
        "{why}"
    );
    for part in [
        "public by policy now, so the public and every other account are cut off, also accounts that the policy \
         names: holiday-pictures",
        "public by ACL now, so the public is cut off: holiday-pictures",
        "answers 403 to everybody, also to CloudFront: holiday-pictures",
        "tagged `backstop:intended-public` by their owners: holiday-pictures",
        "of the 3 buckets looked at, 1 closed by their own settings already, 0 not public",
    ] {
        assert!(says(&plan.blast_radius, part), "{part}: {:#?}", plan.blast_radius);
    }
    assert!(says(&plan.limits, "more than 100 buckets"), "{:#?}", plan.limits);
    assert!(
        says(
            &plan.limits,
            "isn't known: `s3:GetBucketPublicAccessBlock` on bucket `locked`: AccessDenied"
        ),
        "{:#?}",
        plan.limits
    );
    assert_eq!(plan.principal, OWNER, "never the ARN of the root user");
}

#[tokio::test]
async fn buckets_that_cannot_be_listed_are_said_to_be_unknown() {
    let plan = async |code: &'static str| {
        let unlisted = mock!(aws_sdk_s3::Client::list_buckets)
            .then_error(move || ListBucketsError::generic(error(code)));
        BlockAccountPublicAccess::new(s3!([unlisted], control: [now(PARTLY)]))
            .plan(&step_request())
            .await
    };
    let denied = plan("AccessDenied").await.unwrap();
    assert_eq!(denied.changes.len(), 1);
    assert!(
        says(&denied.blast_radius, "couldn't be read"),
        "{:#?}",
        denied.blast_radius
    );
    assert!(denied.needs_approval.unwrap().contains("couldn't be read"));
    assert!(denied.tags.is_empty());
    assert!(plan("SlowDown").await.unwrap_err().name().is_retryable());
}

#[tokio::test]
async fn a_drill_may_close_an_account_only_if_all_that_is_open_is_for_drills() {
    let tags_with = async |extra: bool, tagged: bool, has_more: bool| {
        let [closed, locked] = closed_and_locked();
        let names: &[&str] = if extra {
            &[BUCKET, "closed", "locked"]
        } else {
            &[BUCKET, "closed"]
        };
        let tag: &[(&str, &str)] = if tagged { &[(DRILL_TAG, "yes")] } else { &[] };
        let accounts = s3!([
            buckets(names, has_more),
            closed,
            locked,
            no_block(),
            tags(tag),
            no_website(),
            policy_is_public(true),
            acl(None),
        ], control: [none_now()]);
        let action = BlockAccountPublicAccess::new(accounts);
        action.plan(&step_request()).await.unwrap().tags
    };
    assert!(tags_with(false, true, false).await.contains_key(DRILL_TAG));
    assert!(
        tags_with(false, false, false).await.is_empty(),
        "somebody's bucket"
    );
    assert!(tags_with(true, true, false).await.is_empty(), "one isn't known");
    assert!(
        tags_with(false, true, true).await.is_empty(),
        "some weren't looked at"
    );
    assert!(
        plan_of_empty(none_now()).await.unwrap().tags.is_empty(),
        "nothing is for drills"
    );
}

#[tokio::test]
async fn a_closed_account_has_nothing_to_change_and_nothing_to_ask() {
    let plan = plan_of_empty(now(FULL)).await.unwrap();
    assert!(plan.changes.is_empty() && plan.needs_approval.is_none() && plan.blast_radius.is_empty());
    let partly = plan_of_empty(now(PARTLY)).await.unwrap();
    let change = partly.changes.first().unwrap();
    assert_eq!(change.now, "only BlockPublicAcls, IgnorePublicAcls on");
    assert!(partly.needs_approval.is_some());
}

#[tokio::test]
async fn only_an_account_is_its_target() {
    let bucket = request_for(Resource::Bucket(kind::Bucket { name: BUCKET.into() }));
    let action = BlockAccountPublicAccess::new(s3!([], control: []));
    let error = action.plan(&bucket).await.unwrap_err();
    assert!(matches!(error, StepError::NotApplicable { .. }), "{error}");
}

#[tokio::test]
async fn sets_all_four_and_verifies_by_reading_back() {
    let receipt = receipt(none_now()).await;
    let put = put(FULL);
    let action = BlockAccountPublicAccess::new(s3!([], control: [put]));
    action.act(&permit(), &step_request(), &receipt).await.unwrap();
    action.act(&permit(), &step_request(), &receipt).await.unwrap();
    assert_eq!(put.num_calls(), 2, "twice is harmless");

    let refused = mock!(Client::put_public_access_block)
        .then_error(|| PutPublicAccessBlockError::generic(error("AccessDenied")));
    let action = BlockAccountPublicAccess::new(s3!([], control: [refused]));
    let refusal = action
        .act(&permit(), &step_request(), &receipt)
        .await
        .unwrap_err();
    assert_eq!(refusal.name(), ErrorName::AccessDenied);
    assert!(
        refusal.to_string().contains("`s3:PutAccountPublicAccessBlock`")
            && refusal.to_string().contains("change the organization's policy"),
        "{refusal}"
    );

    let verify = async |now: Rule| {
        BlockAccountPublicAccess::new(s3!([], control: [now]))
            .verify(&step_request(), Some(&receipt))
            .await
            .unwrap()
    };
    let closed = verify(now(FULL)).await;
    assert!(closed.holds);
    assert_eq!(
        closed.observed,
        "Block Public Access of account 123456789012: all four settings on"
    );
    assert!(
        !verify(now([Some(true), Some(true), Some(true), None]))
            .await
            .holds
    );
    assert!(!verify(none_now()).await.holds);
}

#[tokio::test]
async fn undo_brings_back_exactly_what_was() {
    let undo = async |now: Rule, change: &Rule, receipt: &Receipt| {
        BlockAccountPublicAccess::new(s3!([], control: [now, *change]))
            .undo(&permit(), &step_request(), receipt)
            .await
            .unwrap()
    };
    let (none, partly) = (receipt(none_now()).await, receipt(now(PARTLY)).await);

    // There was no setting: it is deleted, not set to false.
    let deleted = delete();
    let restored = undo(now(FULL), &deleted, &none).await;
    assert!(matches!(restored, UndoOutcome::Restored { .. }), "{restored:?}");
    assert_eq!(deleted.num_calls(), 1);

    // What was left out is left out.
    let put_back = put(PARTLY);
    let restored = undo(now(FULL), &put_back, &partly).await;
    assert!(matches!(restored, UndoOutcome::Restored { .. }), "{restored:?}");
    assert_eq!(put_back.num_calls(), 1);

    // Drift and undo twice change nothing.
    let untouched = put(PARTLY);
    let drifted = undo(now([Some(true), None, None, None]), &untouched, &partly).await;
    assert!(matches!(drifted, UndoOutcome::Drifted { .. }), "{drifted:?}");
    let removed = undo(none_now(), &untouched, &partly).await;
    assert!(matches!(removed, UndoOutcome::Drifted { .. }), "{removed:?}");
    let off_is_not_none = undo(now([Some(false); 4]), &untouched, &none).await;
    assert!(
        matches!(off_is_not_none, UndoOutcome::Drifted { .. }),
        "{off_is_not_none:?}"
    );
    let twice = undo(now(PARTLY_FILLED_IN), &untouched, &partly).await;
    assert!(matches!(twice, UndoOutcome::NothingToUndo { .. }), "{twice:?}");
    let twice = undo(none_now(), &untouched, &none).await;
    assert!(matches!(twice, UndoOutcome::NothingToUndo { .. }), "{twice:?}");
    assert_eq!(untouched.num_calls(), 0);
}

#[tokio::test]
async fn the_way_back_by_hand_is_the_same() {
    let by_hand = async |before: Rule| plan_of_empty(before).await.unwrap().manual_undo.join("; ");
    assert_eq!(
        by_hand(none_now()).await,
        "aws s3control delete-public-access-block --region eu-west-1 --account-id 123456789012"
    );
    assert_eq!(
        by_hand(now(PARTLY)).await,
        "aws s3control put-public-access-block --region eu-west-1 --account-id 123456789012 \
         --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=false"
    );
    assert!(
        by_hand(now([None; 4]))
            .await
            .ends_with("--public-access-block-configuration '{}'")
    );
}
