//! Reads CloudFormation's YAML as JSON, with each short tag (`!Sub`) in its long form (`Fn::Sub`).

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::{Map, Value};
use thiserror::Error;

/// The text is no YAML that CloudFormation takes.
#[derive(Debug, Error)]
pub enum YamlError {
    /// The parser refuses it.
    #[error("the text is no YAML")]
    Syntax(#[from] ScanError),
    /// CloudFormation knows no aliases and no merge keys.
    #[error("line {line} uses an alias, which CloudFormation refuses; write the value out")]
    Alias {
        /// Counted from 1.
        line: usize,
    },
    /// The same key stands twice in one mapping.
    #[error("line {line} repeats the key `{key}`; keep one of them")]
    RepeatedKey {
        /// Counted from 1.
        line: usize,
        /// The key.
        key: String,
    },
    /// A mapping's key is a list or a mapping.
    #[error("line {line} has a key that is no text; write a name")]
    KeyIsNoText {
        /// Counted from 1.
        line: usize,
    },
    /// It ends where a value should stand.
    #[error("the text ends where a value should stand")]
    Empty,
}

type Events<'text> = dyn Iterator<Item = Result<(Event<'text>, Span), ScanError>> + 'text;

/// Reads the first document.
pub(super) fn parse(text: &str) -> Result<Value, YamlError> {
    let mut events = Parser::new_from_str(text);
    let (event, span) = next(&mut events)?;
    node(event, span, &mut events)
}

/// The next event that is data.
fn next<'text>(events: &mut Events<'text>) -> Result<(Event<'text>, Span), YamlError> {
    for item in events {
        let (event, span) = item?;
        match event {
            Event::StreamStart | Event::DocumentStart(..) | Event::Comment(..) => {}
            Event::StreamEnd | Event::DocumentEnd => break,
            data => return Ok((data, span)),
        }
    }
    Err(YamlError::Empty)
}

fn node<'text>(event: Event<'text>, span: Span, events: &mut Events<'text>) -> Result<Value, YamlError> {
    match event {
        Event::Scalar(text, style, _, tag) => Ok(scalar(&text, style, tag.as_deref())),
        Event::SequenceStart(_, _, tag) => Ok(tagged(tag.as_deref(), sequence(events)?)),
        Event::MappingStart(_, _, tag) => Ok(tagged(tag.as_deref(), mapping(events)?)),
        _ => Err(YamlError::Alias {
            line: span.start.line(),
        }),
    }
}

fn sequence(events: &mut Events<'_>) -> Result<Value, YamlError> {
    let mut items = Vec::new();
    loop {
        match next(events)? {
            (Event::SequenceEnd, _) => return Ok(Value::Array(items)),
            (event, span) => items.push(node(event, span, events)?),
        }
    }
}

fn mapping(events: &mut Events<'_>) -> Result<Value, YamlError> {
    let mut entries = Map::new();
    loop {
        let (key, line) = match next(events)? {
            (Event::MappingEnd, _) => return Ok(Value::Object(entries)),
            (Event::Scalar(key, ..), span) => (key.into_owned(), span.start.line()),
            (_, span) => {
                return Err(YamlError::KeyIsNoText {
                    line: span.start.line(),
                });
            }
        };
        let (event, span) = next(events)?;
        let value = node(event, span, events)?;
        if entries.contains_key(&key) {
            return Err(YamlError::RepeatedKey { line, key });
        }
        entries.insert(key, value);
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    match intrinsic(tag) {
        Some(name) if name == "Fn::GetAtt" => long_form(name, get_att(text)),
        Some(name) => long_form(name, Value::from(text)),
        None if style == ScalarStyle::Plain => plain(text),
        None => Value::from(text),
    }
}

/// `!GetAtt Resource.Attribute.Part` names one resource; the rest, dots and all, is the attribute.
fn get_att(text: &str) -> Value {
    match text.split_once('.') {
        Some((resource, attribute)) => Value::from(vec![resource, attribute]),
        None => Value::from(text),
    }
}

/// An unquoted scalar, by YAML 1.2's core schema as far as templates use it.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" => return Value::Null,
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    let numeric = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e'));
    let number = if numeric {
        text.parse::<i64>()
            .map(Value::from)
            .or_else(|_| text.parse::<f64>().map(Value::from))
    } else {
        return Value::from(text);
    };
    number.unwrap_or_else(|_| Value::from(text))
}

fn tagged(tag: Option<&Tag>, value: Value) -> Value {
    match intrinsic(tag) {
        Some(name) => long_form(name, value),
        None => value,
    }
}

fn intrinsic(tag: Option<&Tag>) -> Option<String> {
    let tag = tag.filter(|tag| tag.handle() == "!")?;
    Some(match tag.suffix() {
        bare @ ("Ref" | "Condition") => bare.to_owned(),
        function => format!("Fn::{function}"),
    })
}

fn long_form(name: String, value: Value) -> Value {
    Value::Object(Map::from_iter([(name, value)]))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;

    #[test]
    fn short_tags_become_long_ones() {
        let text = "
            a: !Ref Table
            b: !GetAtt Queue.Arn
            c: !Sub arn:${AWS::Partition}:x
            d: !If [On, !GetAtt Nested.Outputs.Name, !Ref AWS::NoValue] # a comment
            e: !Equals [!Ref Mode, '7']
            f: { Condition: Drills }
            g: !Join ['', !Ref List]
            h: !Condition On";
        assert_eq!(
            parse(text).unwrap(),
            json!({
                "a": {"Ref": "Table"},
                "b": {"Fn::GetAtt": ["Queue", "Arn"]},
                "c": {"Fn::Sub": "arn:${AWS::Partition}:x"},
                "d": {"Fn::If": ["On", {"Fn::GetAtt": ["Nested", "Outputs.Name"]}, {"Ref": "AWS::NoValue"}]},
                "e": {"Fn::Equals": [{"Ref": "Mode"}, "7"]},
                "f": {"Condition": "Drills"},
                "g": {"Fn::Join": ["", {"Ref": "List"}]},
                "h": {"Condition": "On"},
            })
        );
    }

    #[test]
    fn only_plain_scalars_are_numbers_and_booleans() {
        let text =
            "{a: 180, b: '180', c: true, d: \"true\", e: 0.5, f: 2012-10-17, g: , h: -1, i: e, j: inf}";
        assert_eq!(
            parse(text).unwrap(),
            json!({"a": 180, "b": "180", "c": true, "d": "true", "e": 0.5, "f": "2012-10-17", "g": null, "h": -1, "i": "e", "j": "inf"})
        );
    }

    #[test]
    fn what_cloudformation_refuses_is_refused_with_its_line() {
        assert!(matches!(
            parse("a: &x 1\nb: *x"),
            Err(YamlError::Alias { line: 2 })
        ));
        let repeated = parse("a: 1\nb: 2\na: 3").unwrap_err();
        assert!(
            matches!(&repeated, YamlError::RepeatedKey { line: 3, key } if key == "a"),
            "{repeated}"
        );
        assert!(matches!(parse("[a]: 1"), Err(YamlError::KeyIsNoText { line: 1 })));
        assert!(matches!(parse("a: ["), Err(YamlError::Syntax(_))));
        assert!(matches!(parse("# nothing"), Err(YamlError::Empty)));
    }
}
