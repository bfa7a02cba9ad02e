//! An S3 that keeps what Block Public Access does for the bucket and for the account; both do nothing at first. Settings
//! that are all off do what no setting does, and are read as none.

use std::sync::Arc;

use aws_sdk_s3::operation::{
    delete_public_access_block::DeletePublicAccessBlockOutput,
    get_public_access_block::{GetPublicAccessBlockError, GetPublicAccessBlockOutput},
    put_public_access_block::PutPublicAccessBlockOutput,
};
use aws_sdk_s3control::operation::{
    delete_public_access_block::DeletePublicAccessBlockOutput as OfAccountDeleted,
    get_public_access_block::{
        GetPublicAccessBlockError as OfAccountError, GetPublicAccessBlockOutput as OfAccountOutput,
    },
    put_public_access_block::PutPublicAccessBlockOutput as OfAccountPut,
};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use backstop_aws::Accounts;
use backstop_runtime::testing::forged::{FakeAccount, States};
use serde_json::json;

use super::{
    BUCKET, OWNER, acl, buckets, error, no_access_log, no_policy, no_website, ownership, policy_text, tags,
};
use crate::s3;

const OPEN: [bool; 4] = [false; 4];
const SHUT: [bool; 4] = [true; 4];
const NO_SETTING: &str = "NoSuchPublicAccessBlockConfiguration";

/// What there is before anything is done: ours, and another bucket and account that are shut.
pub(crate) fn planted() -> States {
    States::from([
        (of_bucket(BUCKET, OWNER), json!(OPEN)),
        (of_bucket("mallory", OWNER), json!(SHUT)),
        (of_account(OWNER), json!(OPEN)),
        (of_account("999999999999"), json!(SHUT)),
    ])
}

fn of_bucket(bucket: &str, owner: &str) -> String {
    format!("Block Public Access of bucket {bucket} of {owner}")
}

fn of_account(account: &str) -> String {
    format!("Block Public Access of account {account}")
}

fn read(account: &FakeAccount, name: &str) -> [Option<bool>; 4] {
    let states = account.lock().unwrap();
    let settings: [bool; 4] = serde_json::from_value(states.get(name).unwrap().clone()).unwrap();
    settings.map(Some)
}

fn write(account: &FakeAccount, name: String, settings: [Option<bool>; 4]) {
    let settings = settings.map(|is_on| is_on == Some(true));
    account.lock().unwrap().insert(name, json!(settings));
}

/// Four settings of either service's configuration.
macro_rules! settings {
    ($configuration:expr) => {{
        let configuration = $configuration.unwrap();
        [
            configuration.block_public_acls(),
            configuration.ignore_public_acls(),
            configuration.block_public_policy(),
            configuration.restrict_public_buckets(),
        ]
    }};
}

/// Such a configuration, or none if none is on.
macro_rules! configuration {
    ($sdk:ident, $settings:expr) => {{
        let settings: [Option<bool>; 4] = $settings;
        let [acls, ignore, policy, restrict] = settings;
        settings.contains(&Some(true)).then(|| {
            $sdk::types::PublicAccessBlockConfiguration::builder()
                .set_block_public_acls(acls)
                .set_ignore_public_acls(ignore)
                .set_block_public_policy(policy)
                .set_restrict_public_buckets(restrict)
                .build()
        })
    }};
}

/// The account's clients: a call that no action of this function makes fails the test.
pub(crate) fn fake_s3(account: &FakeAccount) -> Arc<Accounts> {
    let ([get, put, delete], [get_all, put_all, delete_all]) =
        (bucket_rules(account), account_rules(account));
    s3!(
        [
            buckets(&[BUCKET], false), get, put, delete, tags(&[]), acl(None), no_website(), no_policy(),
            no_access_log(), policy_text(None), ownership(None)
        ],
        control: [get_all, put_all, delete_all]
    )
}

fn bucket_rules(account: &FakeAccount) -> [Rule; 3] {
    let kept = Arc::clone(account);
    let get = mock!(aws_sdk_s3::Client::get_public_access_block).then_compute_response(move |asked| {
        let name = of_bucket(asked.bucket().unwrap(), asked.expected_bucket_owner().unwrap());
        match configuration!(aws_sdk_s3, read(&kept, &name)) {
            Some(found) => MockResponse::Output(
                GetPublicAccessBlockOutput::builder()
                    .public_access_block_configuration(found)
                    .build(),
            ),
            None => MockResponse::Error(GetPublicAccessBlockError::generic(error(NO_SETTING))),
        }
    });
    let kept = Arc::clone(account);
    let put = mock!(aws_sdk_s3::Client::put_public_access_block).then_compute_output(move |asked| {
        let name = of_bucket(asked.bucket().unwrap(), asked.expected_bucket_owner().unwrap());
        write(&kept, name, settings!(asked.public_access_block_configuration()));
        PutPublicAccessBlockOutput::builder().build()
    });
    let kept = Arc::clone(account);
    let delete = mock!(aws_sdk_s3::Client::delete_public_access_block).then_compute_output(move |asked| {
        let name = of_bucket(asked.bucket().unwrap(), asked.expected_bucket_owner().unwrap());
        write(&kept, name, [None; 4]);
        DeletePublicAccessBlockOutput::builder().build()
    });
    [get, put, delete]
}

fn account_rules(account: &FakeAccount) -> [Rule; 3] {
    let kept = Arc::clone(account);
    let get = mock!(aws_sdk_s3control::Client::get_public_access_block).then_compute_response(move |asked| {
        let name = of_account(asked.account_id().unwrap());
        match configuration!(aws_sdk_s3control, read(&kept, &name)) {
            Some(found) => MockResponse::Output(
                OfAccountOutput::builder()
                    .public_access_block_configuration(found)
                    .build(),
            ),
            None => MockResponse::Error(OfAccountError::generic(error(NO_SETTING))),
        }
    });
    let kept = Arc::clone(account);
    let put = mock!(aws_sdk_s3control::Client::put_public_access_block).then_compute_output(move |asked| {
        let name = of_account(asked.account_id().unwrap());
        write(&kept, name, settings!(asked.public_access_block_configuration()));
        OfAccountPut::builder().build()
    });
    let kept = Arc::clone(account);
    let delete =
        mock!(aws_sdk_s3control::Client::delete_public_access_block).then_compute_output(move |asked| {
            write(&kept, of_account(asked.account_id().unwrap()), [None; 4]);
            OfAccountDeleted::builder().build()
        });
    [get, put, delete]
}
