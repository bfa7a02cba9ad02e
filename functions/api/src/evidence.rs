//! What is kept of an incident, with addresses under which it is read for some minutes: bytes don't go through here.

use std::time::Duration;

use backstop_core::{
    api::{ErrorCode, EvidenceAnswer, EvidenceItem},
    evidence::{MANIFEST, Manifest},
};

use crate::{
    Api,
    answer::{Answered, Done},
    refusal::{of_call, of_ledger, refusal},
    request::Request,
};

/// Enough to fetch all of it, little enough that an address in a log or a history is of no use.
const VALID_FOR: Duration = Duration::from_secs(5 * 60);

impl Api {
    pub(crate) async fn list_evidence(&self, request: &Request) -> Answered {
        let id = request.incident()?;
        let log = self.ledger.log(&id).await.map_err(of_ledger)?;
        let kept = log.incident().map_err(of_ledger)?.evidence;
        let Some(manifest) = Manifest::of(&id, &kept) else {
            let message = match kept.failure {
                Some(why) => format!("nothing could be kept of incident `{id}`: {why}"),
                None => format!(
                    "nothing is kept of incident `{id}` yet: it is kept once the incident is closed; follow it with `backstop \
                     incidents show {id} --watch`"
                ),
            };
            return Err(refusal(ErrorCode::NoEvidence, &message));
        };
        let mut items: Vec<EvidenceItem> = Vec::new();
        for version in self.evidence.versions(&id).await.map_err(of_call)? {
            let url = self.evidence.address(&id, &version, VALID_FOR).await;
            let url = url.map_err(of_call)?;
            if version.name == MANIFEST {
                items.retain(|earlier| earlier.name != MANIFEST);
            }
            items.push(EvidenceItem {
                name: version.name,
                url,
                version: version.number,
                is_hidden: version.is_hidden,
            });
        }
        Done::ok(&EvidenceAnswer {
            incident: id,
            head: manifest.head,
            items,
        })
    }
}
