//! The disposable account as the real SDK sees it. One account serves all checks, since starting is the slow part.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod account_block;
mod answered;
mod faults;
mod fixtures;
mod leftovers;
mod permissions;
mod signed;
mod table_policy;

use backstop_emulator::{Account, Settings, Silent};

#[tokio::test]
async fn the_account_behaves_like_aws() {
    let account = Account::start(Settings::default(), &Silent).await.unwrap();
    let logs = account.logs().to_owned();
    let fixtures = fixtures::plant(&account).await;

    permissions::permissions_are_enforced_and_recorded(&account, &fixtures).await;
    permissions::a_role_session_is_recorded_as_its_role(&account, &fixtures).await;
    permissions::the_bodies_of_calls_are_not_recorded(&account, &fixtures);
    permissions::moto_is_behind_the_same_permissions(&account, &fixtures).await;
    faults::throttling_is_retried_by_the_sdk(&account, &fixtures).await;
    faults::denials_and_failures_have_each_protocols_shape(&account, &fixtures).await;
    faults::a_lost_response_took_effect(&account).await;
    faults::timeouts_and_latency_take_their_time(&account, &fixtures).await;
    answered::other_credentials_can_be_switched_off(&account, &fixtures).await;
    answered::cloudtrail_knows_the_calls(&account, &fixtures).await;
    table_policy::a_tables_own_policy_and_its_items_keys_count(&account, &fixtures).await;
    account_block::the_accounts_block_closes_every_bucket(&account, &fixtures).await;
    permissions::an_inactive_key_stops_working(&account, &fixtures).await;

    assert!(!leftovers::processes_in(&logs).is_empty());
    account.shutdown().await.unwrap();
    assert_eq!(leftovers::processes_in(&logs), Vec::<String>::new());
    assert!(!logs.exists());
}
