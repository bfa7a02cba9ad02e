//! The playbooks that this deployment has.

use backstop_core::{
    PlaybookName,
    api::{ApiError, ErrorCode, PlaybookAnswer, PlaybookList, PlaybookRow},
};
use backstop_playbook::{Playbook, show, suggest};

use crate::{
    Api,
    answer::{Answered, Done},
    refusal::{fault, refusal},
    request::{Request, shown},
};

impl Api {
    pub(crate) fn list_playbooks(&self) -> Answered {
        let row = |playbook: &Playbook| PlaybookRow {
            name: playbook.name.clone(),
            title: playbook.title.clone(),
            mode: playbook.mode,
            targets: playbook.targets.iter().map(ToString::to_string).collect(),
        };
        Done::ok(&PlaybookList {
            playbooks: self.catalog.iter().map(row).collect(),
            maximum_mode: self.limits.maximum,
        })
    }

    pub(crate) fn show_playbook(&self, request: &Request) -> Answered {
        let shown = show(self.playbook(request.parameter("playbook"))?);
        Done::ok(&PlaybookAnswer {
            playbook: serde_json::to_value(&shown).map_err(|error| fault(&error))?,
            text: shown.to_string(),
        })
    }

    /// The playbook of this name, or which there are.
    pub(crate) fn playbook(&self, name: &str) -> Result<&Playbook, ApiError> {
        self.catalog.get(&PlaybookName::new(name)).ok_or_else(|| {
            let known: Vec<String> = self.catalog.iter().map(|it| format!("`{}`", it.name)).collect();
            let near = suggest::did_you_mean(name, self.catalog.iter().map(|it| it.name.as_str()));
            let message = format!(
                "this deployment has no playbook `{}`; it has {}: type one of them, or deploy it with `sam deploy`{near}",
                shown(name),
                known.join(", ")
            );
            refusal(ErrorCode::NoSuchPlaybook, &message)
        })
    }
}
