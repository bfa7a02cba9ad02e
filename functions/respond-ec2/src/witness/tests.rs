#![expect(clippy::unwrap_used, reason = "tests")]
use std::cell::Cell;

use aws_sdk_ec2::{
    Client,
    operation::create_tags::{CreateTagsError, CreateTagsOutput},
};
use aws_smithy_mocks::{Rule, mock};
use backstop_core::ErrorName;
use backstop_runtime::{StepError, client};

use super::Witness;
use crate::testing::{INSTANCE, error, step_request};

/// EC2 refuses it so often with this code, and writes the next.
fn refused(times: usize, code: &'static str) -> Rule {
    mock!(Client::create_tags)
        .sequence()
        .error(move || CreateTagsError::generic(error(code)))
        .times(times)
        .output(|| CreateTagsOutput::builder().build())
        .build()
}

/// Makes a change that ends so, with the tag's write answered so.
async fn change(tag: &Rule, is_due: bool, ends: Result<(), StepError>) -> (Result<(), StepError>, usize) {
    let witness = Witness::of("ec2.protect-instance", &step_request(), &"before").unwrap();
    let ec2 = client!(aws_sdk_ec2: [tag]);
    let written_before = Cell::new(0);
    let change = async {
        written_before.set(tag.num_calls());
        ends
    };
    let result = witness.of_change(&ec2, INSTANCE, is_due, change).await;
    (result, written_before.get())
}

#[tokio::test]
async fn a_tag_that_aws_has_no_time_for_is_written_after_the_change() {
    // The SDK itself tries three times.
    let tag = refused(3, "RequestLimitExceeded");
    let (result, written_before) = change(&tag, true, Ok(())).await;
    result.unwrap();
    assert_eq!((written_before, tag.num_calls()), (3, 4));
}

#[tokio::test]
async fn a_tag_that_is_refused_stops_no_change_and_is_told() {
    let tag = refused(1, "UnauthorizedOperation");
    let (result, written_before) = change(&tag, true, Ok(())).await;
    let refused = result.unwrap_err();
    assert_eq!(refused.name(), ErrorName::AccessDenied);
    assert!(refused.to_string().contains("without whose tag"), "{refused}");
    assert_eq!((written_before, tag.num_calls()), (1, 1));
}

#[tokio::test]
async fn a_tag_that_is_refused_hides_no_change_that_can_be_made_later() {
    let busy = || StepError::NotYetVerified {
        observed: "not yet".to_owned(),
    };
    let tag = refused(1, "UnauthorizedOperation");
    let (result, _) = change(&tag, true, Err(busy())).await;
    assert_eq!(result.unwrap_err().name(), busy().name());
}

#[tokio::test]
async fn a_repeated_change_is_no_witness_of_what_was_before() {
    let tag = refused(1, "UnauthorizedOperation");
    let (result, _) = change(&tag, false, Ok(())).await;
    result.unwrap();
    assert_eq!(tag.num_calls(), 0);
}
