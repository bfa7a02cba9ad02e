//! One received message → the findings it holds, what else it holds, and what of it can't be read.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::{
    Finding,
    envelope::{self, Envelope},
    error::ParseError,
    message,
    node::Node,
    wrapping,
};

/// What one message holds. Indexes count the message's items from 0, findings or not.
#[derive(Debug)]
pub struct Parsed {
    /// The envelope around it; for several records of one message, the first one's.
    pub envelope: Envelope,
    /// Findings, active or not: see [`Finding::standing`].
    pub findings: Vec<Finding>,
    /// Items that are understood and aren't findings.
    pub left: Vec<Left>,
    /// Items that can't be read while others could; if none could, [`parse`] fails instead.
    pub refused: Vec<Refused>,
}

/// An item that is readable but nothing to act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Which item of the message.
    pub index: usize,
    /// For people: "malware scan of an S3 object without threats: not a finding".
    pub reason: String,
}

/// An item that can't be read.
#[derive(Debug)]
pub struct Refused {
    /// Which item of the message.
    pub index: usize,
    /// Why.
    pub error: ParseError,
}

/// What one item turned out to be.
#[derive(Debug)]
pub(super) enum Item {
    Finding(Box<Finding>),
    Left(String),
}

/// Reads one message: an EventBridge event, the same inside SNS or SQS, a bare `detail`, or an answer of
/// `GetFindings`. Fails if nothing in it can be read, with the first reason.
pub fn parse(bytes: &[u8]) -> Result<Parsed, ParseError> {
    read_message(bytes, false)
}

/// Reads one message of the intake queue: as [`parse`], but every record must be an event with its envelope. Rules, the
/// sweep and whoever else has a right to send write one; without it nothing says what sent a finding.
pub fn parse_event(bytes: &[u8]) -> Result<Parsed, ParseError> {
    read_message(bytes, true)
}

fn read_message(bytes: &[u8], refuses_bare: bool) -> Result<Parsed, ParseError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let value: Value = serde_json::from_slice(bytes).map_err(|source| ParseError::NotJson {
        path: "$".to_owned(),
        source,
    })?;
    let mut collected = Collected {
        refuses_bare,
        ..Collected::default()
    };
    for message in wrapping::unwrap(value)? {
        match message.content {
            Ok(content) => collected.add(&Node::new(&content, message.path)),
            Err(error) => collected.refuse(error),
        }
    }
    collected.finish()
}

/// Reads a saved file: one message, or several of them, one a line, as GuardDuty exports its findings to S3 (GuardDuty
/// User Guide, "Exporting findings"). A line that can't be read doesn't lose the others.
pub fn parse_saved(bytes: &[u8]) -> Result<Parsed, ParseError> {
    let lines: Vec<&[u8]> = bytes
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .collect();
    let is_json = |text: &[u8]| serde_json::from_slice::<IgnoredAny>(text).is_ok();
    match lines.as_slice() {
        [first, _, ..] if is_json(first) && !is_json(bytes) => of_lines(&lines),
        _ => parse(bytes),
    }
}

fn of_lines(lines: &[&[u8]]) -> Result<Parsed, ParseError> {
    let mut collected = Collected::default();
    for (index, line) in lines.iter().enumerate() {
        let path = format!("$[{index}]");
        match serde_json::from_slice::<Value>(line) {
            Ok(content) => collected.add(&Node::new(&content, path)),
            Err(source) => collected.refuse(ParseError::NotJson { path, source }),
        }
    }
    collected.finish()
}

#[derive(Default)]
struct Collected {
    refuses_bare: bool,
    envelope: Option<Envelope>,
    findings: Vec<Finding>,
    left: Vec<Left>,
    refused: Vec<Refused>,
}

impl Collected {
    fn add(&mut self, node: &Node<'_>) {
        let read = envelope::read(node).and_then(|(envelope, kind, body)| {
            if self.refuses_bare && envelope.source.is_none() {
                return Err(ParseError::NoEnvelope {
                    path: node.path().to_owned(),
                });
            }
            let is_drill = self.envelope.as_ref().map(|first| first.is_drill);
            if is_drill.is_some_and(|first| first != envelope.is_drill) {
                return Err(ParseError::MixedDrill {
                    path: node.path().to_owned(),
                });
            }
            let items = message::read(kind, &body, &envelope)?;
            Ok((envelope, items))
        });
        match read {
            Ok((envelope, items)) => {
                self.envelope.get_or_insert(envelope);
                for item in items {
                    self.add_item(item);
                }
            }
            Err(error) => self.refuse(error),
        }
    }

    fn add_item(&mut self, item: Result<Item, ParseError>) {
        let index = self.next_index();
        match item {
            Ok(Item::Finding(finding)) => self.findings.push(*finding),
            Ok(Item::Left(reason)) => self.left.push(Left { index, reason }),
            Err(error) => self.refuse(error),
        }
    }

    fn refuse(&mut self, error: ParseError) {
        let index = self.next_index();
        self.refused.push(Refused { index, error });
    }

    const fn next_index(&self) -> usize {
        self.findings.len() + self.left.len() + self.refused.len()
    }

    fn finish(mut self) -> Result<Parsed, ParseError> {
        match self.envelope {
            Some(envelope) if !(self.findings.is_empty() && self.left.is_empty()) => Ok(Parsed {
                envelope,
                findings: self.findings,
                left: self.left,
                refused: self.refused,
            }),
            _ if self.refused.is_empty() => Err(ParseError::NoRecords { path: "$".to_owned() }),
            _ => Err(self.refused.swap_remove(0).error),
        }
    }
}
