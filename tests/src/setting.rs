//! The workspace's own template and drills, in an environment.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use backstop_core::Mode;
use backstop_drill::{Drill, Drills, DrillsError, Environment, EnvironmentError, EnvironmentOptions};
use backstop_emulator::{Settings, Silent};

/// What differs from a plain deployment.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The stack's `MaximumMode`.
    pub mode: Mode,
    /// A permission of the responders to take away.
    pub without_permission: Option<String>,
}

/// Deploys the workspace's template into a new account.
pub async fn environment(setting: Setting) -> Result<Environment, EnvironmentError> {
    Environment::start(options(setting), &Silent).await
}

/// What such a deployment is made with.
pub fn options(setting: Setting) -> EnvironmentOptions {
    EnvironmentOptions {
        root: root(),
        mode: setting.mode,
        without_permission: setting.without_permission,
        // Each test opens as many incidents as it likes.
        parameters: BTreeMap::from([("ContainmentsPerHour".to_owned(), "1000".to_owned())]),
        account: Settings {
            home: root().join(".backstop"),
            ..Settings::default()
        },
    }
}

/// A drill of the workspace.
pub fn drill(name: &str) -> Result<Drill, DrillsError> {
    Drills::read(&playbooks())?.find(name).cloned()
}

/// The first drill of a playbook that has this action, if there is one.
pub fn drill_with(action: &str) -> Option<Drill> {
    let catalog = backstop_playbook::load_dir(&playbooks()).ok()?;
    let has_it = |drill: &&Drill| {
        let playbook = catalog
            .iter()
            .find(|playbook| playbook.name.as_str() == drill.playbook);
        playbook.is_some_and(|playbook| playbook.steps().any(|(_, step)| step.action.as_str() == action))
    };
    Drills::read(&playbooks())
        .ok()?
        .all()
        .iter()
        .find(has_it)
        .cloned()
}

/// The folder of the workspace's playbooks.
pub fn playbooks() -> PathBuf {
    root().join("playbooks")
}

fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}
