//! Which playbook contains what. Here no playbook is known by name: the catalog fills the table, and whoever tells
//! people what to run asks it. Where there is no playbook for something, there is no command for it.

use crate::{
    ids::{ActionId, PlaybookName},
    target::TargetKind,
};

/// One containing step of one playbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Containing {
    /// The kind of target that it contains.
    pub kind: TargetKind,
    /// What it does.
    pub action: ActionId,
    /// The playbook.
    pub playbook: PlaybookName,
}

/// The containing steps of all playbooks, those of the playbook that fits a kind best first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Playbooks(Vec<Containing>);

impl Playbooks {
    /// The table as it is compiled; what isn't a row of it is left out.
    pub fn from_table(text: &str) -> Self {
        let row = |line: &str| {
            let (kind, rest) = line.split_once('\t')?;
            let (action, playbook) = rest.split_once('\t')?;
            Some(Containing {
                kind: TargetKind::named(kind)?,
                action: action.into(),
                playbook: playbook.into(),
            })
        };
        Self(text.lines().filter_map(row).collect())
    }

    /// The table with its heading, for [`Self::from_table`].
    pub fn to_table(&self) -> String {
        let rows = self.0.iter().map(|row| {
            let Containing {
                kind,
                action,
                playbook,
            } = row;
            format!("{kind}\t{action}\t{playbook}\n")
        });
        std::iter::once("target kind\taction\tplaybook\n".to_owned())
            .chain(rows)
            .collect()
    }

    /// The playbook that contains this kind.
    pub fn containing(&self, kind: TargetKind) -> Option<&PlaybookName> {
        self.first(|row| row.kind == kind)
    }

    /// The playbook that contains this kind by this action.
    pub fn containing_by(&self, action: &str, kind: TargetKind) -> Option<&PlaybookName> {
        self.first(|row| row.kind == kind && row.action.as_str() == action)
    }

    fn first(&self, fits: impl Fn(&Containing) -> bool) -> Option<&PlaybookName> {
        self.0.iter().find(|row| fits(row)).map(|row| &row.playbook)
    }
}

impl FromIterator<Containing> for Playbooks {
    fn from_iter<Rows: IntoIterator<Item = Containing>>(rows: Rows) -> Self {
        Self(rows.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_as_it_is_written_and_the_first_row_counts() {
        let table = "target kind\taction\tplaybook\ninstance\tec2.isolate\tfirst\ninstance\tec2.isolate\tsecond\n\
                     instance\tec2.cut\tsecond\n";
        let playbooks = Playbooks::from_table(table);
        assert_eq!(playbooks.to_table(), table);
        let kind = TargetKind::Instance;
        assert_eq!(playbooks.containing(kind), Some(&"first".into()));
        assert_eq!(playbooks.containing_by("ec2.cut", kind), Some(&"second".into()));
        assert_eq!(playbooks.containing_by("ec2.other", kind), None);
        assert_eq!(playbooks.containing(TargetKind::Role), None);
    }
}
