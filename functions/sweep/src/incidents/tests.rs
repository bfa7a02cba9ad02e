//! What is left of closing an incident, by whoever died over it, and what the next run does about it.
#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_aws::Requests;
use backstop_core::{Mode, log::Origin};

use super::*;
use crate::{
    closer::Closer,
    testing::{self, Table, asked, asked_of, closed, denied, hours_ago, opened, willing},
};

/// Opened hours ago, with these events; lists show this status.
fn table(events: Vec<Event>, shown: Status) -> Table {
    Table::of(hours_ago(3), opened(Mode::Approve), events, shown)
}

/// One run; what it says, and what was asked for.
async fn run(table: &Table, execution: &str) -> (Report, Requests) {
    let (config, requests) = willing(execution);
    let sweep = testing::sweep(table.client(), config);
    let mut report = Report::default();
    sweep.see_to_incidents(&mut report).await;
    (report, requests)
}

async fn run_that_cant_ask_close(table: &Table) -> Report {
    let (config, _) = willing("FAILED");
    let mut sweep = testing::sweep(table.client(), config);
    sweep.closer = Closer::new(denied(), "close".to_owned());
    let mut report = Report::default();
    sweep.see_to_incidents(&mut report).await;
    report
}

#[tokio::test]
async fn what_was_closed_and_isnt_shown_so_is_finished_and_shown() {
    for shown in [Status::Open, Status::Containing, Status::AwaitingApproval] {
        let table = table(vec![closed(Status::Failed)], shown);
        let (report, requests) = run(&table, "FAILED").await;
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        assert_eq!(
            asked_of("close", &requests),
            [r#"{"op":"confirm","incident":"01J"}"#]
        );
        assert_eq!(table.shown("status").unwrap(), "failed");
        let (_, requests) = run(&table, "FAILED").await;
        assert!(requests.all().is_empty(), "once");
    }
}

/// Or it would be said of a containment that nobody read it a second time.
#[tokio::test]
async fn what_a_running_machine_closed_is_shown_and_left_to_it() {
    let table = table(vec![closed(Status::Contained)], Status::Containing);
    let (report, requests) = run(&table, "RUNNING").await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert!(asked_of("close", &requests).is_empty());
    assert_eq!(table.shown("status").unwrap(), "contained");
}

#[tokio::test]
async fn what_close_couldnt_be_asked_for_is_asked_for_by_the_next_run() {
    let table = table(vec![asked()], Status::AwaitingApproval);
    let report = run_that_cant_ask_close(&table).await;
    assert_eq!((report.closed, report.failures.len()), (1, 1));
    let status = table.incident().status();
    assert!(table.incident().closed.is_some());
    assert_eq!(table.shown("status").unwrap(), "awaiting-approval");

    let (_, requests) = run(&table, "FAILED").await;
    assert!(requests.all().is_empty(), "it may be on its way");
    let table = table.aged();
    let (report, requests) = run(&table, "FAILED").await;
    assert_eq!((report.closed, report.failures.len()), (0, 0));
    assert_eq!(asked_of("close", &requests).len(), 1);
    assert_eq!(table.shown("status").unwrap(), status.as_str());
}

#[tokio::test]
async fn what_expired_and_is_closed_leaves_the_list() {
    for status in [Status::Expired, Status::Unreached] {
        let table = table(vec![closed(status)], status);
        let (config, _) = willing("SUCCEEDED");
        let sweep = testing::sweep(table.client(), config);
        assert_eq!(sweep.rows_by_turn().await.unwrap().len(), 1);
        sweep.see_to_incidents(&mut Report::default()).await;
        assert_eq!(sweep.rows_by_turn().await.unwrap(), []);
    }
}

#[tokio::test]
async fn what_is_open_or_stuck_stays_in_the_list() {
    let stuck = Event::Stuck {
        during: "undo".into(),
        reason: "drifted".into(),
        commands: vec![],
    };
    for (events, shown) in [
        (vec![asked()], Status::AwaitingApproval),
        (vec![closed(Status::Expired), stuck], Status::Stuck),
    ] {
        let table = table(events, shown);
        let (config, _) = willing("RUNNING");
        let sweep = testing::sweep(table.client(), config);
        sweep.see_to_incidents(&mut Report::default()).await;
        assert_eq!(sweep.rows_by_turn().await.unwrap().len(), 1, "{shown}");
    }
}

/// Its machine died: it is closed as any other, and only whoever asked for it knows of it.
#[tokio::test]
async fn nobody_is_called_for_a_plan_that_is_closed() {
    let by_origin = async |origin: Origin| {
        let Event::Opened(mut opened) = opened(Mode::Observe) else {
            unreachable!("it opens")
        };
        opened.origin = origin;
        let table = Table::of(hours_ago(3), Event::Opened(opened), vec![], Status::Open);
        let (report, _) = run(&table, "FAILED").await;
        assert!(table.incident().closed.is_some());
        (report.closed, report.attention)
    };
    let plan = Origin::Plan {
        by: "arn:aws:iam::123456789012:user/alice".into(),
        reason: None,
    };
    assert_eq!(by_origin(plan).await, (1, 0));
    assert_eq!(by_origin(Origin::Finding).await, (1, 1));
}
