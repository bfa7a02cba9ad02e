//! Lists of addresses, as GuardDuty reads them from S3. A changed object does nothing until the list is activated again,
//! so the object's key holds the content's hash: new content is a new key, and CloudFormation updates the list.

use serde_json::{Value, json};

use super::logical_id::{hash, logical_id};
use crate::address_list::{AddressList, ListForm, ListKind};

/// Characters of the hash in a key.
const HASH: usize = 16;

/// A list as it is uploaded, and what GuardDuty makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledList {
    /// The name of its file, which is the key's end as well.
    pub file: String,
    /// An entry a line (GuardDuty User Guide, "List formats": TXT).
    pub text: String,
    pub(super) logical_id: String,
    name: String,
    kind: ListKind,
    form: ListForm,
}

/// Compiles a list.
pub fn compiled_list(list: &AddressList) -> CompiledList {
    let text: String = list.entries.iter().map(|entry| format!("{entry}\n")).collect();
    CompiledList {
        file: format!("{}-{}.txt", list.name, hash(text.as_bytes(), HASH)),
        text,
        logical_id: logical_id("List", &list.name),
        name: list.name.clone(),
        kind: list.kind,
        form: list.form,
    }
}

impl CompiledList {
    /// Whether CloudFormation says if it is active; of address lists only the API does.
    pub(super) fn has_status(&self) -> bool {
        self.form == ListForm::Entities
    }

    pub(super) fn resource(&self) -> (String, Value) {
        let kind = match (self.form, self.kind) {
            (ListForm::Entities, ListKind::Trusted) => "TrustedEntitySet",
            (ListForm::Entities, ListKind::Threat) => "ThreatEntitySet",
            (ListForm::Addresses, ListKind::Trusted) => "IPSet",
            (ListForm::Addresses, ListKind::Threat) => "ThreatIntelSet",
        };
        let resource = json!({
            "Type": format!("AWS::GuardDuty::{kind}"),
            "Properties": {
                "DetectorId": { "Ref": "Detector" },
                "Name": self.name,
                "Format": "TXT",
                "Activate": true,
                "Location": { "Fn::Sub": format!("s3://${{ListBucket}}/detections/{}", self.file) },
                "ExpectedBucketOwner": { "Ref": "ListBucketOwner" },
            },
        });
        (self.logical_id.clone(), resource)
    }
}
