//! Which playbook contains what, as the playbooks were compiled when this was built.

use std::sync::LazyLock;

use backstop_core::Playbooks;

static COMPILED: LazyLock<Playbooks> =
    LazyLock::new(|| Playbooks::from_table(include_str!("../../../playbooks/containing.tsv")));

/// The table that was compiled from the playbooks.
pub fn playbooks() -> &'static Playbooks {
    &COMPILED
}
