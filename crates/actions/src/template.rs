//! Texts with placeholders, from which ARNs are made: for a role whatever the target, for a session of one target.
//!
//! `{partition}`, `{account}` and `{region}` are the target's; for a role they are the deployment's, and every Region.
//! `{role_name}` is a field of the target's resource, and `{bucket.name}` the field of one kind only; for a role both
//! are `*`. What begins with a capital is CloudFormation's: `{IncidentsTable.Arn}`, `{ForensicAccountId}`.

/// A piece of a text with placeholders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that stands as it is.
    Plain(&'a str),
    /// `{partition}`.
    Partition,
    /// `{account}`.
    Account,
    /// `{region}`.
    Region,
    /// A field of the target's resource, and the kind it is of, if it counts for one only.
    Target {
        /// The kind's name.
        kind: Option<&'a str>,
        /// The field's name.
        field: &'a str,
    },
    /// A parameter, a resource, or an attribute of one, in the template.
    Stack(&'a str),
}

/// The pieces of a text.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        if !before.is_empty() {
            pieces.push(Piece::Plain(before));
        }
        pieces.push(placeholder(name));
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Plain(rest));
    }
    pieces
}

fn placeholder(name: &str) -> Piece<'_> {
    match name {
        "partition" => Piece::Partition,
        "account" => Piece::Account,
        "region" => Piece::Region,
        stack if stack.starts_with(|c: char| c.is_ascii_uppercase()) => Piece::Stack(stack),
        field => match field.split_once('.') {
            Some((kind, field)) => Piece::Target {
                kind: Some(kind),
                field,
            },
            None => Piece::Target { kind: None, field },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_text() {
        assert_eq!(
            pieces("arn:{partition}:s3:::{bucket.name}"),
            [
                Piece::Plain("arn:"),
                Piece::Partition,
                Piece::Plain(":s3:::"),
                Piece::Target {
                    kind: Some("bucket"),
                    field: "name"
                },
            ]
        );
        assert_eq!(
            pieces("{IncidentsTable.Arn}"),
            [Piece::Stack("IncidentsTable.Arn")]
        );
        assert_eq!(pieces("*"), [Piece::Plain("*")]);
        assert_eq!(pieces(""), []);
    }
}
