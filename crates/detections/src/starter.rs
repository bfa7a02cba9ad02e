//! What a project begins with: every plan on, findings within fifteen minutes, Security Hub in all Regions, detections
//! over CloudTrail that are seldom wrong, and nothing hidden.

use std::path::{Path, PathBuf};

use crate::{
    address_list, automation_rule, event_rule,
    load::{EVENT_RULES, SETTINGS},
    settings, suppression,
};

macro_rules! event_rule {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("starter/event-rules/", $name, ".yaml")),
        )
    };
}

const SETTINGS_TEXT: &str = include_str!("starter/settings.yaml");
const EVENT_RULES_TEXTS: [(&str, &str); 14] = [
    event_rule!("cloudtrail-weakened"),
    event_rule!("config-weakened"),
    event_rule!("console-root-sign-in"),
    event_rule!("flow-logs-deleted"),
    event_rule!("guardduty-weakened"),
    event_rule!("identity-provider-changed"),
    event_rule!("image-made-public"),
    event_rule!("key-scheduled-for-deletion"),
    event_rule!("organization-weakened"),
    event_rule!("public-access-block-removed"),
    event_rule!("region-enabled"),
    event_rule!("security-hub-weakened"),
    event_rule!("snapshot-made-public"),
    event_rule!("snapshot-public-access-allowed"),
];

/// It was begun before.
#[derive(Debug, thiserror::Error)]
#[error("`{}` exists: `backstop detections new NAME` begins a suppression rule", .0.display())]
pub struct Begun(PathBuf);

/// The files to begin with, and the schemas that editors check them by; writes nothing.
pub fn starter(detections: &Path) -> Result<Vec<(PathBuf, String)>, Begun> {
    let settings = detections.join(SETTINGS);
    if settings.exists() {
        return Err(Begun(settings));
    }
    let mut files = vec![(settings, SETTINGS_TEXT.to_owned())];
    for (name, text) in EVENT_RULES_TEXTS {
        let path = detections.join(EVENT_RULES).join(format!("{name}.yaml"));
        if !path.exists() {
            files.push((path, text.to_owned()));
        }
    }
    files.extend(schemas().map(|(name, text)| (detections.join(name), text)));
    Ok(files)
}

/// The schema of each kind of file, by the name that the files' first lines give it.
pub fn schemas() -> impl Iterator<Item = (&'static str, String)> {
    [
        ("suppression.schema.json", suppression::schema_text()),
        ("address-list.schema.json", address_list::schema_text()),
        ("automation-rule.schema.json", automation_rule::schema_text()),
        ("event-rule.schema.json", event_rule::schema_text()),
        ("settings.schema.json", settings::schema_text()),
    ]
    .into_iter()
}
