#![expect(clippy::unwrap_used, reason = "tests")]
use backstop_aws::answering;

use super::*;

const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:intake";

fn read(text: &str) -> Result<Mapping, NoSource> {
    let (config, _) = answering("eu-west-1", &[]);
    Mapping::read(Client::new(&config), text)
}

fn mapping(queue: &str, state: &str) -> EventSourceMappingConfiguration {
    EventSourceMappingConfiguration::builder()
        .event_source_arn(queue)
        .state(state)
        .function_response_types(FunctionResponseType::ReportBatchItemFailures)
        .build()
}

#[test]
fn one_that_lets_lambda_delete_what_intake_never_saw_is_told_of() {
    let intake = read(&format!("intake|{QUEUE}")).unwrap();
    let filter = aws_sdk_lambda::types::Filter::builder().pattern("{}").build();
    let filters = aws_sdk_lambda::types::FilterCriteria::builder()
        .filters(filter)
        .build();
    let mut filtered = mapping(QUEUE, "Enabled");
    filtered.filter_criteria = Some(filters);
    let mut deaf = mapping(QUEUE, "Enabled");
    deaf.function_response_types = None;
    for loses in [filtered, deaf] {
        let both = [mapping(QUEUE, "Enabled"), loses.clone()];
        assert_eq!(intake.judge(&[loses]), RuleState::Loses);
        assert_eq!(
            intake.judge(&both),
            RuleState::Loses,
            "whichever gets a message first"
        );
    }
}

#[test]
fn the_setting_names_the_function_and_its_queue() {
    for text in ["", "intake", "intake|", "|arn:aws:sqs:eu-west-1:1:q", "intake|q"] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn it_works_while_one_of_the_queue_is_on() {
    let intake = read(&format!("intake|{QUEUE}")).unwrap();
    let other = "arn:aws:sqs:eu-west-1:123456789012:other";
    assert_eq!(intake.judge(&[]), RuleState::Gone);
    assert_eq!(intake.judge(&[mapping(other, "Enabled")]), RuleState::NoTarget);
    for (state, expected) in [
        ("Enabled", RuleState::Works),
        ("Enabling", RuleState::Works),
        ("Updating", RuleState::Works),
        ("Disabling", RuleState::Disabled),
        ("Disabled", RuleState::Disabled),
    ] {
        assert_eq!(intake.judge(&[mapping(QUEUE, state)]), expected, "{state}");
    }
    let both = [mapping(QUEUE, "Disabled"), mapping(QUEUE, "Enabled")];
    assert_eq!(intake.judge(&both), RuleState::Works);
}
