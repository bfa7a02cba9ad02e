//! Yes, no, or perhaps. A rule that perhaps hides an attack is treated as one that does.

use serde::Serialize;

/// Whether something holds. The order is that of certainty, so that of several which must all hold the least counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Truth {
    /// It doesn't.
    No,
    /// AWS doesn't document it, or what it depends on isn't in what was looked at.
    Perhaps,
    /// It does.
    Yes,
}

impl Truth {
    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// One of them holds.
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// Whether it can hold.
    pub fn is_possible(self) -> bool {
        self != Self::No
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Perhaps => Self::Perhaps,
            Self::Yes => Self::No,
        }
    }
}
