//! Whom people hear of while nothing is contained: of what the log says, of what it can't say, and of nothing else.
#![expect(clippy::unwrap_used, reason = "tests")]

use aws_sdk_dynamodb::{
    Client,
    operation::query::{QueryError, QueryOutput},
    types::{AttributeValue, error::ResourceNotFoundException},
};
use aws_smithy_mocks::mock;
use backstop_core::ErrorName;

use super::*;
use crate::testing::{not_yet, ordered};

#[tokio::test]
async fn nobody_is_paged_about_an_incident_that_isnt_there() {
    let nothing = mock!(Client::query).then_output(|| QueryOutput::builder().build());
    let (answer, told) = ordered(&nothing, not_yet()).await;
    let error = answer.unwrap_err();
    assert_eq!((error.name(), told), (ErrorName::InvalidInput, vec![]));
    assert_eq!(error.to_string(), "there is no incident `01J`");
}

#[tokio::test]
async fn people_are_paged_where_the_table_is_down_and_where_the_log_cant_be_read() {
    let down = mock!(Client::query)
        .then_error(|| QueryError::ResourceNotFoundException(ResourceNotFoundException::builder().build()));
    let altered = mock!(Client::query).then_output(|| {
        let record = AttributeValue::S("{}".to_owned());
        let items = vec![[("record".to_owned(), record)].into()];
        QueryOutput::builder().set_items(Some(items)).build()
    });
    for query in [down, altered] {
        let (answer, told) = ordered(&query, not_yet()).await;
        answer.unwrap();
        assert_eq!(told, [About::NotContainedYet]);
    }
}
