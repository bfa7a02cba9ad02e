//! What a call is about, or made.

use serde::Serialize;

/// What a call was about: `UserName` = `alice`, `TableName` = `incidents`, `Bucket` = `logs/2026/…`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Resource {
    /// The request parameter that names it.
    pub kind: String,
    /// Its name, id or ARN.
    pub name: String,
}
