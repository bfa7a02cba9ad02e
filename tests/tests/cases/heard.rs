//! What is in the table, and what people heard of it.

use std::{collections::BTreeSet, time::Duration};

use backstop_core::IncidentId;
use backstop_tests::{Notice, People, Scene};

/// One message.
pub(crate) type Heard = Notice;

const PATIENCE: Duration = Duration::from_secs(60);

/// Every incident that was ever opened here.
pub(crate) async fn in_table(scene: &Scene) -> BTreeSet<IncidentId> {
    let rows = scene.environment.ledger().incidents(1000).await.unwrap();
    rows.into_iter().map(|row| row.incident).collect()
}

/// Every message that names one of these, once the ending of each is told and nothing is on its way.
pub(crate) async fn heard_of(scene: &Scene, people: &People, incidents: &[&IncidentId]) -> Vec<Heard> {
    for id in incidents {
        scene
            .until_of(id, |incident| {
                let is_read_again = incident.confirmation.is_none()
                    || incident
                        .notices
                        .is_known(backstop_core::about::About::Confirmation);
                incident.notices.ending_is_known() && is_read_again
            })
            .await;
    }
    scene.settled(PATIENCE).await;
    let mut told = people.told().await;
    told.retain(|notice| incidents.iter().any(|id| notice.body.contains(id.as_str())));
    told
}
