//! `docs/reference/playbooks.md`: every playbook as `backstop playbook list` and `backstop playbook show` tell of it, so that
//! the diff of a change says what people will read.

use crate::{
    catalog::Catalog,
    show::{list, show},
};

const HEAD: &str = "\
# Playbooks

Compiled from `playbooks/` and the contracts in `crates/actions` by `backstop playbook compile`: what `backstop playbook list`
and `backstop playbook show` say. How to write one is in [playbooks](../playbooks.md).
";

/// The page.
pub(crate) fn playbooks(catalog: &Catalog) -> String {
    let each = catalog
        .iter()
        .map(|playbook| section(playbook.name.as_str(), &show(playbook).to_string()));
    let all = section("All of them", &list(catalog).to_string());
    [HEAD.to_owned(), all].into_iter().chain(each).collect()
}

fn section(title: &str, text: &str) -> String {
    format!("\n## {title}\n\n```text\n{}\n```\n", text.trim_end())
}
