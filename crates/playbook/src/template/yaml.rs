//! Lines of YAML as the template has them, with CloudFormation's short forms.

use std::fmt::Write as _;

use backstop_actions::{Piece, pieces};

/// The longest line that lists several values.
const LONGEST_LINE: usize = 110;

/// A text that grows line by line.
#[derive(Default)]
pub(super) struct Lines(String);

impl Lines {
    /// A line at an indentation.
    pub(super) fn add(&mut self, indent: usize, content: &str) {
        // Writing to a text can't fail.
        writeln!(self.0, "{:indent$}{content}", "").unwrap_or_default();
    }

    /// Lines that are indented among themselves.
    pub(super) fn add_all(&mut self, indent: usize, content: &str) {
        for line in content.lines() {
            self.add(indent, line);
        }
    }

    /// A sentence as a comment, in lines of at most 120 characters; none if there is nothing to say.
    pub(super) fn comment(&mut self, indent: usize, sentence: &str) {
        let mut line = String::new();
        for word in sentence.split_whitespace() {
            if !line.is_empty() && indent + 2 + line.chars().count() + 1 + word.chars().count() > 120 {
                self.add(indent, &format!("# {line}"));
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if !line.is_empty() {
            self.add(indent, &format!("# {line}"));
        }
    }

    /// `key: value` for one value, else the values in one line, or one a line.
    pub(super) fn list(&mut self, indent: usize, key: &str, values: &[String]) {
        if let [only] = values {
            return self.add(indent, &format!("{key}: {only}"));
        }
        let inline = format!("{key}: [{}]", values.join(", "));
        // A `{` or a `,` inside a value would be read as the list's own.
        let is_plain = values.iter().all(|value| !value.contains(['{', ',', '[']));
        if is_plain && indent + inline.chars().count() <= LONGEST_LINE {
            return self.add(indent, &inline);
        }
        self.add(indent, &format!("{key}:"));
        for value in values {
            self.add(indent + 2, &format!("- {value}"));
        }
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// A text with placeholders as a value: `!Ref`, `!GetAtt` or `!Sub` where it has some.
pub(super) fn filled(template: &str) -> String {
    let pieces = pieces(template);
    match pieces.as_slice() {
        [Piece::Account] => return "!Ref AWS::AccountId".to_owned(),
        [Piece::Stack(name)] if name.contains('.') => return format!("!GetAtt {name}"),
        [Piece::Stack(name)] => return format!("!Ref {name}"),
        _ => {}
    }
    let mut has_placeholder = false;
    let mut text = String::new();
    for piece in pieces {
        let named = match piece {
            Piece::Plain(plain) => {
                text.push_str(plain);
                continue;
            }
            // A role serves every target in every Region.
            Piece::Region | Piece::Target { .. } => {
                text.push('*');
                continue;
            }
            Piece::Partition => "AWS::Partition",
            Piece::Account => "AWS::AccountId",
            Piece::Stack(name) => name,
        };
        has_placeholder = true;
        text.push_str("${");
        text.push_str(named);
        text.push('}');
    }
    if has_placeholder {
        format!("!Sub {text}")
    } else {
        scalar(&text)
    }
}

/// A text as YAML reads it back: in quotes where it would be something else without.
pub(super) fn scalar(text: &str) -> String {
    let is_other = matches!(text, "" | "true" | "false" | "null" | "Null" | "~");
    let starts_otherwise =
        text.starts_with(|c: char| c.is_ascii_digit() || "*&!|>%@`\"'#{}[],?:-".contains(c));
    let means_otherwise = text.contains(": ") || text.contains(" #") || text.ends_with(':');
    if is_other || starts_otherwise || means_otherwise {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        text.to_owned()
    }
}

/// A number, and why it is that behind it.
pub(super) fn with_reason(value: u32, why: &str) -> String {
    if why.is_empty() {
        value.to_string()
    } else {
        format!("{value} # {why}")
    }
}
