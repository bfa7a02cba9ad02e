//! A place in a JSON document that knows its path: findings are read by asking for the few fields that
//! matter, leniently, and the rest is ignored.
//!
//! Names are matched exactly, then without regard to case: GuardDuty's API writes `AccessKeyDetails` where
//! its events write `accessKeyDetails`, and nothing else differs. A null is the same as no field.

use jiff::{Timestamp, civil::DateTime, fmt::rfc2822, tz::TimeZone};
use serde_json::Value;

use super::error::ParseError;

/// One value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Node<'a> {
    pub(super) fn new(value: &'a Value, path: impl Into<String>) -> Self {
        Self {
            value,
            path: path.into(),
        }
    }

    /// The JSON path, such as `$.detail.resource.s3BucketDetails[1].name`.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The path of a field of this value, there or not.
    pub(super) fn path_of(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// The field, unless it is missing or null.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let map = self.value.as_object()?;
        let (key, value) = map.get_key_value(name).or_else(|| {
            map.iter()
                .find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null())
        })?;
        (!value.is_null()).then(|| Self::new(value, self.path_of(key)))
    }

    /// The field under exactly this name, unless it is missing or null: where case tells two shapes apart.
    pub(super) fn get_exact(&self, name: &str) -> Option<Self> {
        let value = self.value.as_object()?.get(name)?;
        (!value.is_null()).then(|| Self::new(value, self.path_of(name)))
    }

    /// The field's value, where it is an object or list, or the JSON that its text holds: products differ.
    pub(super) fn json(&self, name: &str) -> Option<Value> {
        let value = match self.get(name)?.value {
            Value::String(text) => serde_json::from_str(text).ok()?,
            value => value.clone(),
        };
        (value.is_object() || value.is_array()).then_some(value)
    }

    /// Whether a field of this name, here or in any object inside, is true. JSON has a depth that its parser limits.
    pub(super) fn has_flag(&self, name: &str) -> bool {
        match self.value {
            Value::Object(_) => {
                self.flag(name) == Some(true) || self.fields().any(|(_, it)| it.has_flag(name))
            }
            Value::Array(_) => self.items().iter().any(|it| it.has_flag(name)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
    }

    /// Follows several names.
    pub(super) fn at(&self, names: &[&str]) -> Option<Self> {
        names.iter().try_fold(self.clone(), |node, name| node.get(name))
    }

    /// The field, or the error that names it.
    pub(super) fn need(&self, name: &str, finding_type: &str) -> Result<Self, ParseError> {
        self.get(name)
            .ok_or_else(|| ParseError::missing(self.path_of(name), finding_type))
    }

    /// The field's text, or the error that names it. Empty text is as good as none.
    pub(super) fn need_text(&self, name: &str, finding_type: &str) -> Result<&'a str, ParseError> {
        let node = self.need(name, finding_type)?;
        match node.value.as_str().map(str::trim) {
            Some("") => Err(ParseError::missing(node.path, finding_type)),
            Some(text) => Ok(text),
            None => Err(node.wrong_shape("text")),
        }
    }

    /// The error for a value of another shape.
    pub(super) fn wrong_shape(&self, expected: &'static str) -> ParseError {
        ParseError::WrongShape {
            path: self.path.clone(),
            expected,
        }
    }

    pub(super) fn is_object(&self) -> bool {
        self.value.is_object()
    }

    pub(super) fn is_array(&self) -> bool {
        self.value.is_array()
    }

    /// The value's text, if it is text and not blank.
    pub(super) fn as_text(&self) -> Option<&'a str> {
        self.value.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// The field's text, if it is text and not blank.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_text()
    }

    /// The first of several fields that has text.
    pub(super) fn first_text(&self, names: &[&str]) -> Option<&'a str> {
        names.iter().find_map(|name| self.text(name))
    }

    /// The field's number, written as one or as text (ASFF's `ProductFields` hold only text).
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.as_number()
    }

    fn as_number(&self) -> Option<f64> {
        let number = match self.value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        number.filter(|number| number.is_finite())
    }

    /// The field as a whole number that isn't negative; `5.0` is 5.
    pub(super) fn whole(&self, name: &str) -> Option<u64> {
        let number = self.number(name)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be in range; a float's fraction is meant to go"
        )]
        (0.0..9.0e15).contains(&number).then_some(number as u64)
    }

    /// The field's truth, written as a boolean or as text.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)?.value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// The field's time: ISO 8601 with or without zone (then UTC), RFC 2822 (AWS Health's), or an epoch in seconds or
    /// milliseconds.
    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        let node = self.get(name)?;
        node.as_text()
            .and_then(time_from_text)
            .or_else(|| node.as_number().and_then(time_from_epoch))
    }

    /// The items of a list without its nulls; a single object counts as a list of one.
    pub(super) fn items(&self) -> Vec<Self> {
        match self.value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .filter(|(_, item)| !item.is_null())
                .map(|(index, item)| Self::new(item, format!("{}[{index}]", self.path)))
                .collect(),
            Value::Object(_) => vec![self.clone()],
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        }
    }

    /// The fields of an object.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'a str, Self)> {
        let fields = self.value.as_object().into_iter().flatten();
        fields.map(|(name, value)| (name.as_str(), Self::new(value, self.path_of(name))))
    }

    /// The fields of an object that hold text.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let fields = self.value.as_object().into_iter().flatten();
        fields.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
    }

    /// The texts of a list field.
    pub(super) fn list_of_texts(&self, name: &str) -> Vec<&'a str> {
        self.list(name).iter().filter_map(Self::as_text).collect()
    }

    /// The items of a list field; none if it is missing.
    pub(super) fn list(&self, name: &str) -> Vec<Self> {
        self.get(name).map(|node| node.items()).unwrap_or_default()
    }
}

/// AWS Health's own documentation has days of the week that are wrong: the date counts.
static MAIL_TIME: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);

fn time_from_text(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| {
            let civil: DateTime = text.parse().ok()?;
            TimeZone::UTC.to_timestamp(civil).ok()
        })
        .or_else(|| MAIL_TIME.parse_timestamp(text).ok())
}

/// Seconds up to 10^11 (year 5138), milliseconds beyond.
fn time_from_epoch(number: f64) -> Option<Timestamp> {
    let milliseconds = if number.abs() < 1e11 {
        number * 1000.0
    } else {
        number
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "`as` saturates, and jiff refuses what it can't hold"
    )]
    Timestamp::from_millisecond(milliseconds.round() as i64).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;

    #[test]
    fn times_in_every_form_are_the_same_instant() {
        let value = json!({
            "iso": "2021-11-11T10:42:35.218Z", "offset": "2021-11-11T11:42:35.218+01:00",
            "blank": "2021-11-11 10:42:35.218", "seconds": 1_636_627_355.218,
            "ms": 1_636_627_355_218_u64, "float_ms": 1.636_627_355_218e12, "text": "1636627355.218",
        });
        let node = Node::new(&value, "$");
        let expected: Timestamp = "2021-11-11T10:42:35.218Z".parse().unwrap();
        for name in ["iso", "offset", "blank", "seconds", "ms", "float_ms", "text"] {
            assert_eq!(node.time(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn what_is_no_time_or_number_is_none() {
        let value = json!({
            "word": "soon", "huge": 1e300, "list": [], "flag": true, "nan": "NaN", "negative": -1, "null": null,
        });
        let node = Node::new(&value, "$");
        for name in ["word", "huge", "list", "flag", "nan", "null", "absent"] {
            assert_eq!(node.time(name), None, "{name}");
        }
        assert_eq!(node.number("nan"), None);
        assert_eq!(node.whole("negative"), None);
    }

    #[test]
    fn numbers_may_be_floats_or_text() {
        let value = json!({"int": 5, "float": 5.0, "text": "5"});
        let node = Node::new(&value, "$");
        for name in ["int", "float", "text"] {
            assert_eq!(node.whole(name), Some(5), "{name}");
        }
    }

    #[test]
    fn case_is_forgiven_but_an_exact_name_wins() {
        let value = json!({"Type": "loud", "type": "quiet", "Ipv6Addresses": ["::1", null]});
        let node = Node::new(&value, "$");
        assert_eq!(node.text("type"), Some("quiet"));
        assert_eq!(node.list("ipv6Addresses").len(), 1);
        assert!(node.get_exact("TYPE").is_none());
    }

    #[test]
    fn errors_name_the_path_and_not_the_value() {
        let value = json!({"detail": {"id": {"secret": "s3cr3t"}, "blank": " "}});
        let detail = Node::new(&value, "$").get("detail").unwrap();
        let wrong = detail.need_text("id", "T").unwrap_err();
        assert_eq!(wrong.to_string(), "`$.detail.id` isn't text");
        let missing = detail.need_text("blank", "T").unwrap_err();
        assert_eq!(
            missing.to_string(),
            "`$.detail.blank` is missing in a finding of type `T`"
        );
    }
}
