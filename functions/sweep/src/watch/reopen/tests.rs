//! What is open again, of which nobody was told by whoever found it.

use backstop_aws::Requests;
use backstop_core::{Mode, log::Event};

use super::*;
use crate::testing::{self, Table, asked_of, closed, hours_ago, id, opened, willing};

fn table() -> Table {
    let reopened = Event::Reopened {
        found: vec!["the key is active".to_owned()],
    };
    let events = vec![closed(Status::Contained), reopened];
    Table::of(hours_ago(3), opened(Mode::Auto), events, Status::Contained)
}

async fn watch(table: &Table) -> (Report, Requests) {
    let (config, requests) = willing("SUCCEEDED");
    let sweep = testing::sweep(table.client(), config);
    let mut report = Report::default();
    let until = Instant::now() + std::time::Duration::from_secs(60);
    sweep.watch(until, &mut report).await;
    (report, requests)
}

/// `close` wrote the verdict and failed at what comes after, or the machine died before it told people.
#[tokio::test]
async fn people_are_paged_of_a_reopening_that_only_the_log_knows() {
    let table = table();
    let (report, requests) = watch(&table).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert_eq!(table.written(), ["NOTICE#confirmation-3"]);
    let delivered = asked_of("notify", &requests);
    assert!(
        matches!(delivered.as_slice(), [one] if one.contains(id().as_str()) && one.contains("confirmation-3")),
        "{delivered:?}"
    );
    assert_eq!(
        asked_of("close", &requests),
        [r#"{"op":"confirm","incident":"01J"}"#],
        "the evidence is kept"
    );
    assert!(table.shown("watch_over").is_some());
    let (_, requests) = watch(&table).await;
    assert!(requests.all().is_empty(), "once");
}

#[tokio::test]
async fn it_is_handed_over_until_the_notice_is_written_down() {
    let table = table();
    table.refuse(Some("NOTICE#"));
    let (report, _) = watch(&table).await;
    assert_eq!(report.failures.len(), 1);
    assert_eq!(table.shown("watch_over"), None);
    table.refuse(None);
    let (report, _) = watch(&table).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert_eq!(table.written(), ["NOTICE#confirmation-3"]);
    assert!(table.shown("watch_over").is_some());
}
