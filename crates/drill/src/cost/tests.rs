//! What is billed must follow from counts and prices alone.
#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_emulator::RequestUnits;
use jiff::Timestamp;

use super::*;

fn call(service: &str, action: &str, (role, trace): (&str, &str), span: (u64, u64)) -> RecordedCall {
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
        access_key_id: None,
        principal: Principal::Role {
            account: "123456789012".into(),
            name: format!("backstop-{role}"),
            session: role.into(),
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

fn with_units(half_reads: usize, writes: usize, call: RecordedCall) -> RecordedCall {
    RecordedCall {
        units: Some(RequestUnits { half_reads, writes }),
        ..call
    }
}

fn cost(calls: &[RecordedCall]) -> Cost {
    let memory = Memory::from([
        ("backstop-Intake".to_owned(), 256),
        ("backstop-Notify".to_owned(), 512),
    ]);
    Cost::of(19, &FunctionCalls::of(calls, "backstop", 0), &memory)
}

fn count(cost: &Cost, price: Price) -> f64 {
    cost.billed
        .iter()
        .find(|one| one.what == price.what)
        .unwrap()
        .count
}

#[test]
fn each_thing_is_counted_at_its_price_and_summed() {
    let intake = ("Intake", "I");
    let cost = cost(&[
        with_units(5, 0, call("dynamodb", "Query", intake, (0, 10_000))),
        with_units(
            0,
            12,
            call("dynamodb", "TransactWriteItems", intake, (10_000, 400_000)),
        ),
        call("s3", "PutObject", ("Notify", "N1"), (1_000_000, 1_100_000)),
        call("s3", "GetObject", ("Notify", "N1"), (1_100_000, 1_200_000)),
        call("sns", "Publish", ("Notify", "N1"), (1_200_000, 2_000_000)),
        // The same function once more, for a moment.
        call("sqs", "SendMessage", ("Notify", "N2"), (3_000_000, 3_001_001)),
    ]);
    assert_eq!(count(&cost, TRANSITION), 19.0);
    assert_eq!(count(&cost, INVOCATION), 3.0);
    // 400 ms of 256 MiB; 1,000 ms, and two started ones, of 512 MiB.
    assert_eq!(count(&cost, GB_SECOND), 0.601);
    assert_eq!((count(&cost, READ), count(&cost, WRITE)), (2.5, 12.0));
    for price in [S3_PUT, S3_GET, PUBLISH, QUEUE] {
        assert_eq!(count(&cost, price), 1.0, "{}", price.what);
    }
    let by_hand = 19.0 * 0.000_025
        + 3.0 * 0.000_000_2
        + 0.601 * 0.000_016_666_7
        + 2.5 * 0.000_000_125
        + 12.0 * 0.000_000_625
        + 0.000_005
        + 0.000_000_4
        + 0.000_000_5
        + 0.000_000_4;
    assert!(
        (cost.usd - by_hand).abs() < 1e-12,
        "{} against {by_hand}",
        cost.usd
    );
}

#[test]
fn what_was_not_used_is_not_listed() {
    let billed: Vec<&str> = cost(&[]).billed.iter().map(|one| one.what).collect();
    assert_eq!(billed, [TRANSITION.what]);
}
