//! Receipts that somebody forged together with their proof, given to every action of this function that changes something.
//!
//! One thing no action can tell from what it wrote itself: which settings were on before. A forged receipt that says that
//! fewer were has undo leave fewer; the proof, which only responders write, is what stands before it. Here none were.

use backstop_core::{Resource, kind};
use backstop_runtime::testing::forged::{Scene, nothing_is_gained};

use crate::{
    actions,
    testing::{fake_s3, planted, request_for, step_request},
};

#[tokio::test]
async fn no_forged_receipt_opens_anything() {
    let requests = [step_request(), request_for(Resource::Account(kind::Account {}))];
    let scenes = requests.map(|request| Scene::new(request, planted()));
    nothing_is_gained("respond-s3", &scenes, |account| actions(&fake_s3(account))).await;
}
