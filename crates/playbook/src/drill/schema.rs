//! The JSON Schema of `drill.yaml`, so that editors complete and check it.

use serde_json::Value;

use super::file::DrillFile;

/// The schema.
pub fn drill_schema() -> Value {
    schemars::schema_for!(DrillFile).to_value()
}

/// The schema as `playbooks/drill.schema.json` has it.
pub(crate) fn schema_text() -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&drill_schema())?;
    text.push('\n');
    Ok(text)
}
