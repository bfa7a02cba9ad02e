//! Receipts that somebody forged together with their proof, given to every action of this function that changes something:
//! each value of each made hostile, and whole ones that are true of another account.
#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_core::{finding::Peer, guardrail::Protection};
use backstop_runtime::testing::forged::{Scene, nothing_is_gained};
use serde_json::json;

use crate::{
    actions,
    secure_snapshots::Custody,
    testing::{attached_otherwise, elsewhere, fake_account, planted, step_request},
};

#[tokio::test]
async fn no_forged_receipt_gives_anybody_more() {
    let locking = json!({ "forensic_account": null, "key": null, "lock_days": 30 });
    let custody: Custody = serde_json::from_value(locking).unwrap();
    let mut request = step_request();
    request.peers = vec![Peer {
        address: [93, 184, 216, 34].into(),
        is_amazons: false,
    }];
    let scene = Scene::new(request, planted()).or([elsewhere(), attached_otherwise()]);
    nothing_is_gained("respond-ec2", &[scene], |account| {
        actions(&fake_account(account), &Protection::default(), custody.clone())
    })
    .await;
}
