//! Records are made by hand: what is counted must follow from times and names alone.
#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_emulator::Resource;
use jiff::Timestamp;

use super::*;

/// A call of the function `session` in the invocation `trace`.
fn call(service: &str, action: &str, session: &str, trace: &str, span: (u64, u64)) -> RecordedCall {
    RecordedCall {
        seq: span.0,
        started_at: Timestamp::UNIX_EPOCH,
        started_us: span.0,
        ended_us: span.1,
        service: service.into(),
        action: action.into(),
        region: None,
        resource: None,
        made: None,
        access_key_id: Some(format!("ASIA{session}")),
        principal: Principal::Role {
            account: "123456789012".into(),
            name: format!("backstop-{session}"),
            session: session.into(),
        },
        user_agent: None,
        trace: Some(trace.into()),
        status: Some(200),
        error_code: None,
        request_id: None,
        fault: None,
        units: None,
    }
}

/// Intake opens and starts; two invocations of one function then work side by side.
fn record() -> Vec<RecordedCall> {
    vec![
        call("dynamodb", "Query", "intake", "I", (1_000, 2_000)),
        call("dynamodb", "TransactWriteItems", "intake", "I", (2_100, 3_000)),
        call("states", "StartExecution", "intake", "I", (3_100, 4_000)),
        // After the start, beside the machine.
        call("dynamodb", "UpdateItem", "intake", "I", (4_100, 4_500)),
        call("iam", "GetUser", "respond", "A", (5_000, 6_000)),
        call("dynamodb", "Query", "respond", "A", (5_000, 5_500)),
        call("dynamodb", "PutItem", "respond", "A", (6_100, 7_000)),
        // The other invocation: its calls fit between the first one's, but nobody waits for them.
        call("iam", "GetUser", "respond", "B", (4_050, 4_900)),
        call("iam", "UpdateAccessKey", "respond", "A", (7_100, 8_000)),
        call("iam", "PutUserPolicy", "respond", "B", (8_100, 12_500)),
    ]
}

#[test]
fn calls_that_wait_for_each_other_are_counted() {
    let calls = FunctionCalls::of(&record(), "backstop", 500);
    let expected = [
        "dynamodb:Query",
        "dynamodb:TransactWriteItems",
        "states:StartExecution",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "iam:UpdateAccessKey",
    ];
    assert_eq!(calls.summary().series, expected);
    assert_eq!(calls.summary().serial_before_containment, Some(6));
    assert_eq!(calls.summary().total, 10);
    assert_eq!(calls.ms_to_first_change(), Some(7));
    assert_eq!(calls.ms_to_last_change(), Some(12));
}

#[test]
fn only_calls_of_the_stack_since_the_event_count() {
    let mut record = record();
    record.push(RecordedCall {
        principal: Principal::Root {
            account: "123456789012".into(),
        },
        ..record.first().unwrap().clone()
    });
    assert_eq!(FunctionCalls::of(&record, "backstop", 500).summary().total, 10);
    assert_eq!(FunctionCalls::of(&record, "other", 500).summary().total, 0);
    assert_eq!(FunctionCalls::of(&record, "backstop", 7_000).summary().total, 2);
}

#[test]
fn reading_and_own_keeping_are_no_changes() {
    let record: Vec<RecordedCall> = record()
        .into_iter()
        .filter(|call| !matches!(call.action.as_str(), "UpdateAccessKey" | "PutUserPolicy"))
        .collect();
    let calls = FunctionCalls::of(&record, "backstop", 0);
    assert_eq!(calls.summary().changes, []);
    assert_eq!(calls.summary().serial_before_containment, None);
    assert_eq!(calls.ms_to_last_change(), None);
}

#[test]
fn a_refused_change_is_a_change_that_was_tried_but_contains_nothing() {
    let refused = RecordedCall {
        status: Some(403),
        error_code: Some("AccessDenied".into()),
        ..call("iam", "PutUserPolicy", "respond", "A", (10, 20))
    };
    let calls = FunctionCalls::of(&[refused], "backstop", 0);
    let summary = calls.summary();
    let line = CallLine {
        call: "iam:PutUserPolicy".into(),
        on: None,
        by: "role/backstop-respond".into(),
        error: Some("AccessDenied".into()),
    };
    assert_eq!(summary.changes, summary.denied);
    assert_eq!(summary.denied, [line]);
    assert_eq!(calls.ms_to_first_change(), None);
}

#[test]
fn overlapping_calls_count_once() {
    let spans = [(0, 10), (1, 3), (2, 4), (3, 5), (5, 9), (10, 11)];
    let calls: Vec<RecordedCall> = spans
        .iter()
        .map(|span| call("iam", "GetUser", "respond", "A", *span))
        .collect();
    let chain = longest_chain(calls.iter().collect());
    let spans: Vec<_> = chain
        .iter()
        .map(|call| (call.started_us, call.ended_us))
        .collect();
    assert_eq!(spans, [(1, 3), (3, 5), (5, 9), (10, 11)]);
    assert!(longest_chain(vec![]).is_empty());
}

#[test]
fn an_invocation_that_ended_before_was_waited_for() {
    let mut record = record();
    record.push(call("iam", "GetUser", "respond", "P", (4_100, 4_200)));
    record.push(call("dynamodb", "PutItem", "respond", "P", (4_300, 4_900)));
    assert_eq!(
        FunctionCalls::of(&record, "backstop", 500)
            .summary()
            .serial_before_containment,
        Some(8)
    );
}

#[test]
fn writes_that_came_too_late_are_counted() {
    let mut record = record();
    let failed = |error: &str, action: &str| {
        let mut call = call("dynamodb", action, "respond", "B", (6_200, 6_900));
        call.status = Some(400);
        call.error_code = Some(error.into());
        call
    };
    let lost = |record: &[RecordedCall]| {
        FunctionCalls::of(record, "backstop", 500)
            .summary()
            .lost_log_writes
    };
    assert_eq!(lost(&record), 0);
    record.push(failed("ConditionalCheckFailedException", "PutItem"));
    record.push(failed("ProvisionedThroughputExceededException", "PutItem"));
    // The lock of a target, not a log.
    record.push(failed("ConditionalCheckFailedException", "UpdateItem"));
    assert_eq!(lost(&record), 1);
}

#[test]
fn keeping_evidence_is_no_change_but_writing_elsewhere_is() {
    let put = |bucket: &str| {
        let mut put = call("s3", "PutObject", "close", "C", (1_000, 2_000));
        put.resource = Some(Resource {
            kind: "Bucket".into(),
            name: format!("{bucket}/incidents/01K/manifest.json"),
        });
        put
    };
    let record = [
        put("backstop-evidencebucket-2bf322cde970f"),
        put("backstop-other"),
    ];
    let calls = FunctionCalls::of(&record, "backstop", 0).summary();
    assert_eq!(calls.total, 2);
    let changed: Vec<&str> = calls
        .changes
        .iter()
        .filter_map(|line| line.on.as_deref())
        .collect();
    assert_eq!(changed, ["Bucket backstop-other/incidents/01K/manifest.json"]);
}
