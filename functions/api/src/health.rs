//! How the deployment is. What only looking at other services could say, the sweep says of its last run, so that this
//! function needs no right there; whether anybody is told is read now, since it is asked right after a deployment.

use backstop_core::{
    api::{Check, HealthAnswer, LAST_RUN},
    words::with_causes,
};
use backstop_runtime::now;

use crate::{
    Api,
    answer::{Answered, Done},
};

/// So many notices are counted.
const MOST: usize = 200;

impl Api {
    pub(crate) async fn show_health(&self) -> Answered {
        let read_at = now();
        let (confirmed, waiting, run) = tokio::join!(
            self.topic.confirmed_subscriptions(),
            self.ledger.undelivered(MOST),
            self.ledger.memo(LAST_RUN, read_at),
        );
        let confirmed = confirmed.map_err(|error| with_causes(&error));
        let waiting = waiting
            .map(|all| (all.len(), all.first().map(|oldest| oldest.written)))
            .map_err(|error| with_causes(&error));
        let run = run.map_err(|error| with_causes(&error));
        let mut checks = vec![
            Check::notices(waiting),
            Check::subscriptions(confirmed, self.topic.arn(), self.region.as_str()),
        ];
        checks.extend(Check::last_run(run, self.sweeps_every, read_at));
        Done::ok(&HealthAnswer { checks, read_at })
    }
}
