#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
use aws_sdk_s3::{
    Client,
    operation::{
        delete_public_access_block::DeletePublicAccessBlockOutput,
        put_public_access_block::PutPublicAccessBlockOutput,
    },
    types::ObjectOwnership,
};
use aws_smithy_mocks::{Rule, mock};
use backstop_core::{Plan, Receipt, UndoOutcome};
use backstop_runtime::{Action, StepError};

use super::BlockPublicAccess;
use crate::{
    block::Block,
    is_ours, s3,
    testing::{
        block, block_error, error, no_access_log, no_block, no_policy, no_website, of_account, ownership,
        permit, policy_is_public, policy_text, step_request, tags, website, website_error,
    },
};

const FULL: [bool; 4] = [true; 4];
const PARTLY: [bool; 4] = [true, true, false, false];

/// Takes exactly these four settings.
fn put(settings: [bool; 4]) -> Rule {
    mock!(Client::put_public_access_block)
        .match_requests(move |request| {
            let wanted = request.public_access_block_configuration().map(|wanted| {
                [
                    wanted.block_public_acls(),
                    wanted.ignore_public_acls(),
                    wanted.block_public_policy(),
                    wanted.restrict_public_buckets(),
                ]
            });
            is_ours!(request) && wanted == Some(settings.map(Some))
        })
        .then_output(|| PutPublicAccessBlockOutput::builder().build())
}

fn delete() -> Rule {
    mock!(Client::delete_public_access_block)
        .match_requests(|request| is_ours!(request))
        .then_output(|| DeletePublicAccessBlockOutput::builder().build())
}

async fn plan_with(before: Rule, tags: Rule, website: Rule, policy: Rule) -> Result<Plan, StepError> {
    plan_in_force(
        [before, tags, website, policy],
        [policy_text(None), ownership(None)],
        of_account(None),
    )
    .await
}

/// What is in force beside the bucket's own setting: its policy's text, object ownership, the account's setting.
async fn plan_in_force(
    [before, tags, website, policy]: [Rule; 4],
    [text, ownership]: [Rule; 2],
    account: Rule,
) -> Result<Plan, StepError> {
    let rules = s3!(
        [before, tags, website, policy, no_access_log(), text, ownership],
        control: [account]
    );
    BlockPublicAccess::new(rules).plan(&step_request()).await
}

async fn receipt(before: Rule) -> Receipt {
    plan_with(before, tags(&[]), no_website(), no_policy())
        .await
        .unwrap()
        .receipt
}

#[tokio::test]
async fn plans_one_change_and_says_who_is_cut_off() {
    let plan = plan_with(
        no_block(),
        tags(&[("team", "web")]),
        no_website(),
        policy_is_public(true),
    )
    .await
    .unwrap();
    let [change] = plan.changes.as_slice() else {
        unreachable!("one setting, one change")
    };
    assert_eq!(
        (change.now.as_str(), change.after.as_str()),
        ("none", "all four settings on")
    );
    assert_eq!(plan.principal, "arn:aws:s3:::holiday-pictures");
    assert_eq!(plan.tags.get("team").map(String::as_str), Some("web"));
    assert_eq!(plan.needs_approval, None);
    let says = |part: &str| plan.blast_radius.iter().any(|line| line.contains(part));
    assert!(says("cuts off every other account"), "{:?}", plan.blast_radius);
    assert!(!says("website"), "{:?}", plan.blast_radius);
    assert!(
        plan.limits
            .iter()
            .any(|line| line.starts_with("server access logging is off"))
    );
}

#[tokio::test]
async fn where_the_account_is_closed_nobody_is_cut_off_and_nobody_was_let_in() {
    // As S3 tells it where an organization's policy closes the account, too.
    let plan = plan_in_force(
        [no_block(), tags(&[]), website(), policy_is_public(true)],
        [policy_text(None), ownership(None)],
        of_account(Some(FULL)),
    )
    .await
    .unwrap();
    assert_eq!(plan.changes.len(), 1);
    assert_eq!(plan.needs_approval, None, "nobody loses anything");
    let [only] = plan.blast_radius.as_slice() else {
        unreachable!("{:?}", plan.blast_radius)
    };
    assert!(only.starts_with("nobody is cut off"), "{only}");
    let limits = plan.limits.join("\n");
    assert!(
        limits.contains("and nobody was") && !limits.contains("is out"),
        "{limits}"
    );

    // One of the two that keep the public out isn't enough.
    let plan = plan_in_force(
        [no_block(), tags(&[]), no_website(), policy_is_public(true)],
        [policy_text(None), ownership(None)],
        of_account(Some([true, true, true, false])),
    )
    .await
    .unwrap();
    assert!(
        plan.blast_radius[0].contains("gets 403"),
        "{:?}",
        plan.blast_radius
    );
}

#[tokio::test]
async fn what_is_in_force_and_cannot_be_read_is_unknown() {
    let denied = mock!(aws_sdk_s3control::Client::get_public_access_block).then_error(|| {
        aws_sdk_s3control::operation::get_public_access_block::GetPublicAccessBlockError::generic(error(
            "AccessDenied",
        ))
    });
    let plan = plan_in_force(
        [no_block(), tags(&[]), no_website(), no_policy()],
        [
            policy_text(None),
            ownership(Some(ObjectOwnership::BucketOwnerEnforced)),
        ],
        denied,
    )
    .await
    .unwrap();
    let limits = plan.limits.join("\n");
    assert!(
        limits.contains("whether the account's own Block Public Access keeps the public out already"),
        "{limits}"
    );
    let radius = plan.blast_radius.join("\n");
    assert!(
        radius.contains("object ownership has switched its ACLs off"),
        "{radius}"
    );
}

/// An origin access identity is outside the account: `RestrictPublicBuckets` cuts it off as soon as the policy is public.
#[tokio::test]
async fn a_public_policy_that_names_an_origin_access_identity_needs_a_person() {
    const POLICY: &str = r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE"},"Action":"s3:GetObject","Resource":"*"}]}"#;
    let reason = async |is_public: bool| {
        plan_in_force(
            [no_block(), tags(&[]), no_website(), policy_is_public(is_public)],
            [policy_text(Some(POLICY)), ownership(None)],
            of_account(None),
        )
        .await
        .unwrap()
        .needs_approval
    };
    let asked = reason(true).await.unwrap();
    assert!(asked.contains("origin access identity E1EXAMPLE"), "{asked}");
    assert_eq!(reason(false).await, None, "it goes on");
}

#[tokio::test]
async fn what_may_be_meant_to_be_public_needs_a_person() {
    let reason = async |tags: Rule, website: Rule| {
        plan_with(block(PARTLY), tags, website, no_policy())
            .await
            .unwrap()
            .needs_approval
    };
    assert_eq!(
        reason(tags(&[]), website()).await.unwrap(),
        "the bucket may be meant to be public: it hosts a website"
    );
    assert_eq!(
        reason(
            tags(&[("backstop:intended-public", "shop\u{1b}[31m")]),
            no_website()
        )
        .await
        .unwrap(),
        "the bucket may be meant to be public: it carries the tag backstop:intended-public=shop"
    );
    let unread = reason(tags(&[]), website_error("AccessDenied")).await.unwrap();
    assert!(unread.contains("couldn't be read"), "{unread}");
    assert_eq!(reason(tags(&[]), no_website()).await, None);
    // Worth a retry: nobody is woken for it.
    let slow = plan_with(no_block(), tags(&[]), website_error("SlowDown"), no_policy()).await;
    assert!(slow.unwrap_err().name().is_retryable());
}

#[tokio::test]
async fn a_closed_bucket_has_nothing_to_change_and_nothing_to_ask() {
    let plan = plan_with(block(FULL), tags(&[]), website(), no_policy())
        .await
        .unwrap();
    assert!(plan.changes.is_empty() && plan.needs_approval.is_none() && plan.blast_radius.is_empty());
}

#[tokio::test]
async fn sets_all_four_and_verifies_by_the_settings() {
    let receipt = receipt(no_block()).await;
    let put = put(FULL);
    let action = BlockPublicAccess::new(s3!(put));
    action.act(&permit(), &step_request(), &receipt).await.unwrap();
    action.act(&permit(), &step_request(), &receipt).await.unwrap();
    assert_eq!(put.num_calls(), 2, "twice is harmless");

    let verify = async |rules: [Rule; 2], receipt: Option<&Receipt>| {
        let [one, other] = rules;
        BlockPublicAccess::new(s3!(one, other))
            .verify(&step_request(), receipt)
            .await
            .unwrap()
    };
    // The policy stays what it is, and S3 goes on calling it public: that isn't a failed containment.
    let closed = verify([block(FULL), policy_is_public(true)], Some(&receipt)).await;
    assert!(closed.holds, "{}", closed.observed);
    assert_eq!(
        closed.observed,
        "Block Public Access of bucket holiday-pictures: all four settings on; its policy is public and \
         restricted to account 123456789012 and AWS services"
    );
    assert!(verify([block(FULL), no_policy()], None).await.holds);
    let open = verify(
        [block([true, true, true, false]), policy_is_public(false)],
        Some(&receipt),
    )
    .await;
    assert!(!open.holds, "{}", open.observed);
    assert!(!verify([no_block(), no_policy()], Some(&receipt)).await.holds);
    assert!(
        verify([block_error("NoSuchBucket"), no_policy()], Some(&receipt))
            .await
            .holds
    );
}

#[tokio::test]
async fn undo_brings_back_exactly_what_was() {
    let undo = async |now: Rule, change: &Rule, receipt: &Receipt| {
        BlockPublicAccess::new(s3!(now, *change))
            .undo(&permit(), &step_request(), receipt)
            .await
            .unwrap()
    };
    let (none, partly) = (receipt(no_block()).await, receipt(block(PARTLY)).await);

    // There was no setting: it is deleted, not set to false.
    let deleted = delete();
    assert!(matches!(
        undo(block(FULL), &deleted, &none).await,
        UndoOutcome::Restored { .. }
    ));
    assert_eq!(deleted.num_calls(), 1);

    let restored = put(PARTLY);
    assert!(matches!(
        undo(block(FULL), &restored, &partly).await,
        UndoOutcome::Restored { .. }
    ));
    assert_eq!(restored.num_calls(), 1);

    // Drift, absence and undo twice change nothing.
    let untouched = put(PARTLY);
    let drifted = undo(block([true, true, true, false]), &untouched, &partly).await;
    assert!(matches!(drifted, UndoOutcome::Drifted { .. }), "{drifted:?}");
    let removed = undo(no_block(), &untouched, &partly).await;
    assert!(matches!(removed, UndoOutcome::Drifted { .. }), "{removed:?}");
    let twice = undo(block(PARTLY), &untouched, &partly).await;
    assert!(matches!(twice, UndoOutcome::NothingToUndo { .. }), "{twice:?}");
    let gone = undo(block_error("NoSuchBucket"), &untouched, &none).await;
    assert!(matches!(gone, UndoOutcome::NothingToUndo { .. }), "{gone:?}");
    assert_eq!(untouched.num_calls(), 0);
}

#[tokio::test]
async fn the_way_back_by_hand_is_the_same() {
    let by_hand = async |before: Rule| {
        let plan = plan_with(before, tags(&[]), no_website(), no_policy())
            .await
            .unwrap();
        plan.manual_undo.join("; ")
    };
    assert_eq!(
        by_hand(no_block()).await,
        "aws s3api delete-public-access-block --region eu-west-1 --bucket holiday-pictures \
         --expected-bucket-owner 123456789012"
    );
    assert_eq!(
        by_hand(block(PARTLY)).await,
        "aws s3api put-public-access-block --region eu-west-1 --bucket holiday-pictures \
         --expected-bucket-owner 123456789012 --public-access-block-configuration \
         BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=false,RestrictPublicBuckets=false"
    );
}

#[tokio::test]
async fn the_receipt_knows_none_from_off() {
    let before = |receipt: Receipt| receipt.0.get("before").cloned().unwrap();
    assert!(before(receipt(no_block()).await).is_null());
    let off = before(receipt(block([false; 4])).await);
    assert_eq!(
        serde_json::from_value::<Block>(off).unwrap().to_string(),
        "all four settings off"
    );
}
