//! What the instance last wrote to its serial console: the end of it, where an attack shows.

use aws_sdk_ec2::Client;
use aws_smithy_types::base64;
use backstop_actions::permissions;
use backstop_runtime::CallError;
use serde_json::{Value, json};

/// The longest end that is kept, as JSON: control characters take six bytes there.
const LONGEST: usize = 64 * 1024;

/// The end of the console's output; `None` if the instance has written nothing, or EC2 keeps none.
pub(super) async fn read(ec2: &Client, instance: &str) -> Result<Option<Value>, CallError> {
    let answer = ec2
        .get_console_output()
        .instance_id(instance)
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::GET_CONSOLE_OUTPUT.action,
            format!("instance `{instance}`"),
        ))?;
    let Some(output) = answer.output().filter(|output| !output.is_empty()) else {
        return Ok(None);
    };
    let Ok(bytes) = base64::decode(output) else {
        return Ok(Some(json!({ "undecodable": true, "length": output.len() })));
    };
    let text = String::from_utf8_lossy(&bytes);
    let end = end_of(&text);
    Ok(Some(json!({
        "written_at": answer.timestamp().map(ToString::to_string),
        "length": text.len(),
        "is_whole": end.len() == text.len(),
        "end": end,
    })))
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
    use super::*;

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
