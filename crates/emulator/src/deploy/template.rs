//! The SAM template as a document that can be looked into and edited.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use thiserror::Error;

use super::yaml::{self, YamlError};

const FUNCTION: &str = "AWS::Serverless::Function";
const MACHINE: &str = "AWS::Serverless::StateMachine";

/// A parsed template, tags in their long form.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    document: Value,
}

/// A function of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its logical id, such as `RespondIamFunction`.
    pub logical_id: String,
    /// The crate's binary, from the last part of `CodeUri`.
    pub binary: String,
}

/// A state machine of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Machine {
    pub(super) logical_id: String,
    /// As written: relative to the template.
    pub(super) definition: PathBuf,
}

impl Template {
    /// Reads `template.yaml` in the workspace's directory.
    pub async fn read(root: &Path) -> Result<Self, TemplateError> {
        let path = root.join("template.yaml");
        match tokio::fs::read_to_string(&path).await {
            Ok(text) => Self::parse(&text),
            Err(source) => Err(TemplateError::Read { path, source }),
        }
    }

    /// Parses a template's text.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let document = yaml::parse(text)?;
        if document.get("Resources").is_some_and(Value::is_object) {
            Ok(Self { document })
        } else {
            Err(TemplateError::NoResources)
        }
    }

    /// Every function, with the binary that is its code.
    pub fn functions(&self) -> Result<Vec<Function>, TemplateError> {
        self.of_type(FUNCTION)
            .map(|(logical_id, resource)| {
                let binary = text_property(logical_id, resource, "CodeUri")?
                    .trim_end_matches('/')
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                Ok(Function {
                    logical_id: logical_id.clone(),
                    binary,
                })
            })
            .collect()
    }

    pub(super) fn machines(&self) -> Result<Vec<Machine>, TemplateError> {
        self.of_type(MACHINE)
            .map(|(logical_id, resource)| {
                let definition = text_property(logical_id, resource, "DefinitionUri")?.into();
                Ok(Machine {
                    logical_id: logical_id.clone(),
                    definition,
                })
            })
            .collect()
    }

    /// Sets one property of a resource.
    pub(super) fn set(
        &mut self,
        logical_id: &str,
        property: &'static str,
        value: Value,
    ) -> Result<(), TemplateError> {
        let properties = self
            .resource_mut(logical_id)?
            .get_mut("Properties")
            .and_then(Value::as_object_mut)
            .ok_or_else(|| TemplateError::Property {
                logical_id: logical_id.to_owned(),
                property,
            })?;
        properties.insert(property.to_owned(), value);
        Ok(())
    }

    pub(super) fn resource(&self, logical_id: &str) -> Result<&Value, TemplateError> {
        self.resources()
            .and_then(|resources| resources.get(logical_id))
            .ok_or_else(|| TemplateError::NoResource(logical_id.to_owned()))
    }

    pub(super) fn resource_mut(&mut self, logical_id: &str) -> Result<&mut Value, TemplateError> {
        self.document
            .get_mut("Resources")
            .and_then(|resources| resources.get_mut(logical_id))
            .ok_or_else(|| TemplateError::NoResource(logical_id.to_owned()))
    }

    /// The template as CloudFormation takes it.
    pub(super) fn to_json(&self) -> String {
        self.document.to_string()
    }

    fn resources(&self) -> Option<&Map<String, Value>> {
        self.document.get("Resources")?.as_object()
    }

    fn of_type(&self, wanted: &'static str) -> impl Iterator<Item = (&String, &Value)> {
        self.resources()
            .into_iter()
            .flatten()
            .filter(move |(_, resource)| resource.get("Type").and_then(Value::as_str) == Some(wanted))
    }
}

fn text_property<'a>(
    logical_id: &str,
    resource: &'a Value,
    property: &'static str,
) -> Result<&'a str, TemplateError> {
    resource
        .get("Properties")
        .and_then(|properties| properties.get(property))
        .and_then(Value::as_str)
        .ok_or_else(|| TemplateError::Property {
            logical_id: logical_id.to_owned(),
            property,
        })
}

/// The template isn't what it should be.
#[derive(Debug, Error)]
pub enum TemplateError {
    /// The file can't be read.
    #[error("reading `{}`; run this in the workspace's directory", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no YAML that CloudFormation takes.
    #[error("parsing the template")]
    Yaml(#[from] YamlError),
    /// It has no resources.
    #[error("the template has no `Resources`")]
    NoResources,
    /// It lacks a resource.
    #[error("the template has no resource `{0}`")]
    NoResource(String),
    /// A resource lacks a property, or it is of another kind.
    #[error("`{logical_id}` has no usable `{property}`")]
    Property {
        /// The resource.
        logical_id: String,
        /// The property.
        property: &'static str,
    },
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const SMALL: &str = "
Resources:
  RespondIamFunction:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: target/lambda/respond-iam/ }
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties: { DefinitionUri: statemachines/leaked-access-key.asl.json }
  Queue:
    Type: AWS::SQS::Queue
";

    #[test]
    fn functions_and_machines_are_found() {
        let template = Template::parse(SMALL).unwrap();
        let function = Function {
            logical_id: "RespondIamFunction".into(),
            binary: "respond-iam".into(),
        };
        assert_eq!(template.functions().unwrap(), [function]);
        let machine = Machine {
            logical_id: "Machine".into(),
            definition: "statemachines/leaked-access-key.asl.json".into(),
        };
        assert_eq!(template.machines().unwrap(), [machine]);
    }

    #[test]
    fn the_projects_own_template_is_understood() {
        let mut template = Template::parse(include_str!("../../../../template.yaml")).unwrap();
        let functions = template.functions().unwrap();
        assert!(
            functions.iter().any(|function| function.binary == "respond-iam"),
            "{functions:?}"
        );
        let machines = template.machines().unwrap();
        assert!(
            machines
                .iter()
                .all(|machine| machine.definition.starts_with("statemachines")),
            "{machines:?}"
        );
        template
            .without_permission("RespondIamFunction", "iam:PutUserPolicy")
            .unwrap();
        assert!(
            template
                .without_permission("RespondIamFunction", "iam:PutUserPolicy")
                .is_err()
        );
    }

    #[test]
    fn setting_a_property_changes_nothing_else() {
        let mut template = Template::parse(SMALL).unwrap();
        template
            .set("RespondIamFunction", "CodeUri", "s3://bucket/key".into())
            .unwrap();
        let uri = template
            .resource("RespondIamFunction")
            .unwrap()
            .pointer("/Properties/CodeUri")
            .unwrap();
        assert_eq!(uri, "s3://bucket/key");
        template
            .set(
                "RespondIamFunction",
                "CodeUri",
                "target/lambda/respond-iam/".into(),
            )
            .unwrap();
        assert_eq!(template, Template::parse(SMALL).unwrap());
        assert!(matches!(
            template.set("Queue", "CodeUri", Value::Null),
            Err(TemplateError::Property { .. })
        ));
        assert!(matches!(
            template.set("Nobody", "CodeUri", Value::Null),
            Err(TemplateError::NoResource(_))
        ));
    }

    #[test]
    fn a_function_without_code_is_an_error() {
        let text =
            "Resources: { F: { Type: 'AWS::Serverless::Function', Properties: { CodeUri: { Bucket: b } } } }";
        let error = Template::parse(text).unwrap().functions().unwrap_err();
        assert_eq!(error.to_string(), "`F` has no usable `CodeUri`");
        assert!(matches!(Template::parse("a: 1"), Err(TemplateError::NoResources)));
    }
}
