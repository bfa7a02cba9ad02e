//! Findings by many routes at once, and findings that never arrived.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod missed;
mod routes;

use backstop_core::Mode;
use backstop_tests::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_finding_by_many_routes_is_one_incident_and_missed_ones_are_found() {
    let scene = Scene::start(Mode::Auto, &[]).await;
    routes::five_routes_and_ten_copies_open_one_incident(&scene).await;
    missed::what_never_arrived_is_found_and_answered_once(&scene).await;
    scene.end().await;
}
