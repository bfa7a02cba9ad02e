//! The JSON Schema of `playbook.yaml`, so that editors complete and check it.

use serde_json::Value;

use crate::file::PlaybookFile;

/// The schema.
pub fn schema() -> Value {
    schemars::schema_for!(PlaybookFile).to_value()
}

/// The schema as `playbooks/playbook.schema.json` has it.
pub fn schema_text() -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&schema())?;
    text.push('\n');
    Ok(text)
}
