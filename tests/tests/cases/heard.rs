//! What is in the table, and what people heard of it.

use std::{collections::BTreeSet, time::Duration};

use backstop_core::IncidentId;
use backstop_tests::{Notice, People, Scene};
use tokio::time::{Instant, sleep};

/// One message.
pub(crate) type Heard = Notice;

const PATIENCE: Duration = Duration::from_secs(60);
/// One more than there should be would be handed over right behind the last.
const ONE_MORE: Duration = Duration::from_secs(3);

/// Every incident that was ever opened here.
pub(crate) async fn in_table(scene: &Scene) -> BTreeSet<IncidentId> {
    let rows = scene.environment.ledger().incidents(1000).await.unwrap();
    rows.into_iter().map(|row| row.incident).collect()
}

/// Every message that names one of these, once the ending of each is told and nothing is on its way.
pub(crate) async fn heard_of(scene: &Scene, people: &People, incidents: &[&IncidentId]) -> Vec<Heard> {
    let ledger = scene.environment.ledger();
    let until = Instant::now() + PATIENCE;
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
    loop {
        sleep(ONE_MORE).await;
        if ledger.undelivered(1).await.unwrap().is_empty() {
            break;
        }
        assert!(Instant::now() < until, "what is to be told isn't delivered");
    }
    let mut told = people.told().await;
    told.retain(|notice| incidents.iter().any(|id| notice.body.contains(id.as_str())));
    told
}
