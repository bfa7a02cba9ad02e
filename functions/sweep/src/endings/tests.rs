//! For how long endings are looked for.

use backstop_core::Mode;

use super::*;
use crate::testing::{self, Table, WATCH_DAYS, asked_of, closed, hours_ago, opened, willing};

#[tokio::test]
async fn an_ending_is_told_however_long_its_question_waited() {
    let watched = i64::from(WATCH_DAYS);
    for (days, told) in [(1, 1), (8, 1), (watched + 15, 1), (watched + 17, 0)] {
        let table = Table::of(
            hours_ago(days * 24),
            opened(Mode::Approve),
            vec![closed(Status::Failed)],
            Status::Failed,
        );
        let (config, requests) = willing("SUCCEEDED");
        let sweep = testing::sweep(table.client(), config);
        let mut report = Report::default();
        sweep.tell_endings(&mut report).await;
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        assert_eq!(asked_of("notify", &requests).len(), told, "{days} days");
    }
}
