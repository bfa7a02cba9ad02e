//! A finding as JSON, and what stands in a field of it.

use serde_json::Value;

/// A GuardDuty finding, as events, exports or the API have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    json: Value,
    is_whole: bool,
}

impl Finding {
    /// A finding that is there as a whole: a field that it lacks, it lacks.
    pub fn whole(json: Value) -> Self {
        Self { json, is_whole: true }
    }

    /// What is known of findings of some kind: any field that isn't there may hold anything.
    pub fn sketch(json: Value) -> Self {
        Self {
            json,
            is_whole: false,
        }
    }

    /// Whether fields that aren't there are missing, rather than unknown.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Everything that stands in a field, of every element of the lists on the way. Nothing if it isn't there or null.
    pub fn values(&self, field: &str) -> Vec<&Value> {
        let mut found = vec![&self.json];
        for part in field.split('.') {
            found = found
                .into_iter()
                .flat_map(elements)
                .filter_map(|it| member(it, part))
                .collect();
        }
        found
            .into_iter()
            .flat_map(elements)
            .filter(|value| !value.is_null())
            .collect()
    }

    /// The text in a field, if there is one.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.values(field).into_iter().find_map(Value::as_str)
    }
}

/// The elements of a list; of anything else, itself.
fn elements(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(elements) => Box::new(elements.iter().flat_map(elements_of)),
        other => Box::new(std::iter::once(other)),
    }
}

fn elements_of(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    elements(value)
}

/// The member of that name. Events have `accessKeyDetails`, the API `AccessKeyDetails`; and the filter's field is
/// `effectivePermissions` where the finding has one `effectivePermission`.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let members = value.as_object()?;
    let find = |name: &str| {
        members
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    members.get(name).or_else(|| find(name)).or_else(|| match name {
        "effectivePermissions" => find("effectivePermission"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_found_through_lists_and_in_the_api_s_spelling() {
        let finding = Finding::whole(json!({
            "Resource": { "InstanceDetails": { "NetworkInterfaces": [
                { "SecurityGroups": [{ "GroupId": "sg-1" }, { "GroupId": "sg-2" }] },
                { "SecurityGroups": [{ "GroupId": "sg-3" }, { "GroupId": null }] },
            ] } },
            "service": { "evidence": null },
        }));
        let groups = finding.values("resource.instanceDetails.networkInterfaces.securityGroups.groupId");
        assert_eq!(groups, ["sg-1", "sg-2", "sg-3"]);
        assert!(finding.values("service.evidence").is_empty());
        assert!(
            finding
                .values("service.evidence.threatIntelligenceDetails")
                .is_empty()
        );
        assert!(finding.values("resource").len() == 1);
    }
}
