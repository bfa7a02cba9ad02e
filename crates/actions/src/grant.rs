//! What may be called, on what, under which conditions.

/// One IAM action, and where it may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// IAM's name: `iam:PutUserPolicy`.
    pub action: &'static str,
    /// On what.
    pub scope: &'static Scope,
}

/// Resources and conditions, under which a role's policy has one statement.
///
/// Resources and values of conditions are texts with placeholders, see [`crate::pieces`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The statement's `Sid`, which says what it is good for.
    pub sid: &'static str,
    /// What the resources are, as templates of ARNs.
    pub resources: &'static [&'static str],
    /// What must hold besides.
    pub conditions: &'static [Condition],
    /// The template's condition without which a stack hasn't this statement.
    pub only_if: Option<&'static str>,
    /// Why it isn't narrower, or what it is for, where that isn't plain; a sentence.
    pub why: &'static str,
}

/// One condition of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `StringEquals`.
    pub operator: &'static str,
    /// `aws:ResourceAccount`.
    pub key: &'static str,
    /// One of these.
    pub values: &'static [&'static str],
}

impl Grant {
    /// The IAM action on what the scope says.
    pub const fn on(scope: &'static Scope, action: &'static str) -> Self {
        Self { action, scope }
    }

    /// Whether it changes nothing.
    pub fn only_reads(&self) -> bool {
        is_reading(self.action)
    }
}

impl Scope {
    /// Every resource, for calls that take none.
    pub const fn everything(sid: &'static str, why: &'static str) -> Self {
        Self {
            why,
            ..Self::of(sid, &["*"])
        }
    }

    /// These resources, without conditions.
    pub const fn of(sid: &'static str, resources: &'static [&'static str]) -> Self {
        Self {
            sid,
            resources,
            conditions: &[],
            only_if: None,
            why: "",
        }
    }
}

impl Condition {
    /// The key's value must be one of these.
    pub const fn new(operator: &'static str, key: &'static str, values: &'static [&'static str]) -> Self {
        Self {
            operator,
            key,
            values,
        }
    }
}

/// Whether a call of this name only reads.
pub fn is_reading(action: &str) -> bool {
    let call = action.split_once(':').map_or(action, |(_, call)| call);
    ["Get", "List", "Describe", "Lookup"]
        .iter()
        .any(|verb| call.starts_with(verb))
}
