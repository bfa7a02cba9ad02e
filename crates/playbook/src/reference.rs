//! References for people, from the playbooks and from the contracts of actions and functions.

mod actions;
mod permissions;
mod playbooks;

pub(crate) use actions::actions;
pub(crate) use permissions::permissions;
pub(crate) use playbooks::playbooks;

/// A table's cell: what stands in code, each in a line of its own.
fn codes<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts
        .into_iter()
        .map(|text| format!("`{text}`"))
        .collect::<Vec<_>>()
        .join("<br>")
}
