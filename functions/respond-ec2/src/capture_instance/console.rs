//! What the instance last wrote to its serial console: the end of it, where an attack shows.
//!
//! Without `Latest` EC2 answers what it kept after the last start or stop. Only Nitro instances have the latest (EC2 API
//! Reference, "GetConsoleOutput"); of others what was kept is read, and it is said which of the two it is.

use aws_sdk_ec2::{Client, operation::get_console_output::GetConsoleOutputOutput};
use aws_smithy_types::base64;
use backstop_actions::permissions;
use backstop_runtime::CallError;
use serde_json::{Value, json};

/// The longest end that is kept, as JSON: control characters take six bytes there.
const LONGEST: usize = 64 * 1024;

/// The end of the console's output; `None` if the instance has written nothing, or EC2 keeps none.
pub(super) async fn read(ec2: &Client, instance: &str) -> Result<Option<Value>, CallError> {
    let (answer, is_latest) = match ask(ec2, instance, true).await {
        Err(error) if !error.name.is_retryable() => (ask(ec2, instance, false).await?, false),
        answer => (answer?, true),
    };
    let Some(output) = answer.output().filter(|output| !output.is_empty()) else {
        return Ok(None);
    };
    let Ok(bytes) = base64::decode(output) else {
        return Ok(Some(json!({ "undecodable": true, "length": output.len() })));
    };
    let text = String::from_utf8_lossy(&bytes);
    let end = end_of(&text);
    Ok(Some(json!({
        "is_latest": is_latest,
        "written_at": answer.timestamp().map(ToString::to_string),
        "length": text.len(),
        "is_whole": end.len() == text.len(),
        "end": end,
    })))
}

async fn ask(ec2: &Client, instance: &str, latest: bool) -> Result<GetConsoleOutputOutput, CallError> {
    ec2.get_console_output()
        .instance_id(instance)
        .latest(latest)
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::GET_CONSOLE_OUTPUT.action,
            format!("instance `{instance}`"),
        ))
}

/// The longest end of the text that fits.
fn end_of(text: &str) -> &str {
    let mut length = 0;
    for (at, letter) in text.char_indices().rev() {
        length += match letter {
            '"' | '\\' | '\n' | '\r' | '\t' => 2,
            letter if letter.is_control() => 6,
            letter => letter.len_utf8(),
        };
        if length > LONGEST {
            return text.get(at + letter.len_utf8()..).unwrap_or_default();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use aws_sdk_ec2::operation::get_console_output::GetConsoleOutputError;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;
    use crate::testing::{INSTANCE, error};

    fn answers(latest: bool, text: &'static str) -> aws_smithy_mocks::Rule {
        mock!(Client::get_console_output)
            .match_requests(move |request| request.latest() == Some(latest))
            .then_output(move || {
                let output = base64::encode(text);
                GetConsoleOutputOutput::builder().output(output).build()
            })
    }

    #[tokio::test]
    async fn the_latest_is_asked_for_and_of_others_what_was_kept_is_read_and_said_so() {
        let kept = answers(false, "booted");
        let nitro = answers(true, "curl 203.0.113.66");
        let client = mock_client!(aws_sdk_ec2, RuleMode::MatchAny, &[&nitro, &kept]);
        let read = super::read(&client, INSTANCE).await.unwrap().unwrap();
        assert_eq!(
            (&read["end"], &read["is_latest"]),
            (&json!("curl 203.0.113.66"), &json!(true))
        );
        let xen = mock!(Client::get_console_output)
            .match_requests(|request| request.latest() == Some(true))
            .then_error(|| GetConsoleOutputError::generic(error("UnsupportedOperation")));
        let client = mock_client!(aws_sdk_ec2, RuleMode::MatchAny, &[&xen, &kept]);
        let read = super::read(&client, INSTANCE).await.unwrap().unwrap();
        assert_eq!(
            (&read["end"], &read["is_latest"]),
            (&json!("booted"), &json!(false))
        );
    }

    #[test]
    fn the_end_is_kept_and_fits_as_json() {
        assert_eq!(end_of("all of it"), "all of it");
        let long = format!("{}the end", "\u{1b}[31mé".repeat(40_000));
        let end = end_of(&long);
        assert!(end.ends_with("the end"));
        let length = Value::from(end).to_string().len();
        assert!((LONGEST - 10..=LONGEST + 2).contains(&length), "{length}");
    }
}
