//! What a filter asks of one field.
//!
//! From AWS's documents ("Filtering findings in GuardDuty", "Creating suppression rules in GuardDuty", API Condition):
//! fields must all hold; of several values of `equals` one is enough, and of `not_equals` none may be there; `matches`
//! takes `*` and `?`; comparisons take integers, times in milliseconds since 1970; an address may be asked for by a range.
//!
//! What they leave open is answered by [`Truth::Perhaps`], so that nothing is missed: whether case counts, and what
//! `not_equals` means of a list that holds the value and others. A field that a finding doesn't have equals nothing and
//! so isn't equal to anything: `not_equals` hides it.

use std::{fmt, net::Ipv4Addr};

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use wildmatch::WildMatch;

use crate::{
    fields::{self, Holds},
    finding::Finding,
    truth::Truth,
};

/// All that is asked of one field; each of it must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// One of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub equals: Vec<String>,
    /// None of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_equals: Vec<String>,
    /// One of these patterns of `*` and `?`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<String>,
    /// None of these patterns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_matches: Vec<String>,
    /// More than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greater_than: Option<i64>,
    /// This or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greater_than_or_equal: Option<i64>,
    /// Less than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub less_than: Option<i64>,
    /// This or less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub less_than_or_equal: Option<i64>,
}

impl Condition {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it names what is hidden, rather than only what isn't.
    pub fn is_positive(&self) -> bool {
        !self.equals.is_empty() || !self.matches.is_empty() || self.compares()
    }

    /// Whether it asks for more or less.
    pub fn compares(&self) -> bool {
        self.bounds().next().is_some()
    }

    /// Whether it holds of a finding's field.
    pub fn holds(&self, field: &str, finding: &Finding) -> Truth {
        let values = finding.values(field);
        if values.is_empty() && !finding.is_whole() {
            return Truth::Perhaps;
        }
        let any = |wanted: &[String], is: &dyn Fn(&Value, &str) -> Truth| {
            let found = values
                .iter()
                .flat_map(|value| wanted.iter().map(|text| is(value, text)));
            found.fold(Truth::No, Truth::or)
        };
        let none = |unwanted: &[String], is: &dyn Fn(&Value, &str) -> Truth| {
            let has_it = any(unwanted, is);
            let has_others = values
                .iter()
                .any(|value| unwanted.iter().all(|text| is(value, text) == Truth::No));
            match (has_it, has_others) {
                (Truth::Yes, true) => Truth::Perhaps,
                (has_it, _) => !has_it,
            }
        };
        let equal = |value: &Value, text: &str| equals(field, value, text);
        let alike = |value: &Value, text: &str| is_like(value, text);
        let mut truth = Truth::Yes;
        if !self.equals.is_empty() {
            truth = truth.and(any(&self.equals, &equal));
        }
        if !self.not_equals.is_empty() {
            truth = truth.and(none(&self.not_equals, &equal));
        }
        if !self.matches.is_empty() {
            truth = truth.and(any(&self.matches, &alike));
        }
        if !self.not_matches.is_empty() {
            truth = truth.and(none(&self.not_matches, &alike));
        }
        for bound in self.bounds() {
            let inside = values.iter().filter_map(|value| number(field, value)).any(bound);
            truth = truth.and(inside.into());
        }
        truth
    }

    fn bounds(&self) -> impl Iterator<Item = impl Fn(f64) -> bool> + '_ {
        type Holds = fn(f64, f64) -> bool;
        let bounds: [(Option<i64>, Holds); 4] = [
            (self.greater_than, |a, b| a > b),
            (self.greater_than_or_equal, |a, b| a >= b),
            (self.less_than, |a, b| a < b),
            (self.less_than_or_equal, |a, b| a <= b),
        ];
        bounds.into_iter().filter_map(|(bound, holds)| {
            #[expect(
                clippy::cast_precision_loss,
                reason = "milliseconds since 1970 are exact until the year 287396"
            )]
            let bound = bound? as f64;
            Some(move |value: f64| holds(value, bound))
        })
    }
}

/// In words, for people.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = [
            ("is", "is one of", &self.equals),
            ("isn't", "is none of", &self.not_equals),
            ("is like", "is like one of", &self.matches),
            ("isn't like", "is like none of", &self.not_matches),
        ];
        let numbers = [
            ("is more than", self.greater_than),
            ("is at least", self.greater_than_or_equal),
            ("is less than", self.less_than),
            ("is at most", self.less_than_or_equal),
        ];
        let texts = texts.into_iter().filter(|(_, _, values)| !values.is_empty());
        let asked: Vec<String> = texts
            .map(|(of_one, of_several, values)| match values.as_slice() {
                [only] => format!("{of_one} {only}"),
                several => format!("{of_several} {}", several.join(", ")),
            })
            .chain(
                numbers
                    .into_iter()
                    .filter_map(|(words, value)| Some(format!("{words} {}", value?))),
            )
            .collect();
        f.write_str(&asked.join(" and "))
    }
}

fn equals(field: &str, value: &Value, text: &str) -> Truth {
    match value {
        Value::String(found) if found == text => Truth::Yes,
        Value::String(found) if found.eq_ignore_ascii_case(text) => Truth::Perhaps,
        Value::String(found) => Truth::from(fields::is_address(field) && is_in_range(found, text)),
        Value::Number(found) => Truth::from(found.as_f64() == text.parse().ok()),
        Value::Bool(found) => Truth::from(text.eq_ignore_ascii_case(if *found { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => Truth::No,
    }
}

fn is_in_range(address: &str, range: &str) -> bool {
    let parsed = address
        .parse::<Ipv4Addr>()
        .ok()
        .zip(range.parse::<Ipv4Net>().ok());
    parsed.is_some_and(|(address, range)| range.contains(&address))
}

fn is_like(value: &Value, pattern: &str) -> Truth {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return Truth::No,
    };
    if WildMatch::new(pattern).matches(&text) {
        Truth::Yes
    } else if WildMatch::new(&pattern.to_ascii_lowercase()).matches(&text.to_ascii_lowercase()) {
        Truth::Perhaps
    } else {
        Truth::No
    }
}

/// A number as filters compare it: times in milliseconds since 1970, whatever the finding has.
fn number(field: &str, value: &Value) -> Option<f64> {
    /// Larger is no time in seconds before the year 5138.
    const SECONDS: f64 = 1e11;
    let is_time = fields::named(field).is_some_and(|field| field.holds == Holds::Time);
    match value {
        Value::String(text) if is_time => {
            let at: Timestamp = text.parse().ok()?;
            #[expect(clippy::cast_precision_loss, reason = "as above")]
            let milliseconds = at.as_millisecond() as f64;
            Some(milliseconds)
        }
        Value::String(text) => text.parse().ok(),
        Value::Number(found) => {
            let found = found.as_f64()?;
            Some(if is_time && found < SECONDS {
                found * 1_000.0
            } else {
                found
            })
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
