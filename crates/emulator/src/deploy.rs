//! Packages `template.yaml` and creates its stack by API: what `sam deploy` does, in the seconds a drill has.
//!
//! The stack is the real one. The template's code and definitions are uploaded, nothing else is rewritten,
//! unless a drill asks for a missing permission by [`Template::without_permission`].

mod build;
mod bundle;
mod package;
mod permission;
mod stack;
mod template;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;

use aws_config::SdkConfig;
use thiserror::Error;

pub use build::{Binaries, BuildError, build_functions};
pub use bundle::BundleError;
pub use package::PackageError;
pub use permission::PermissionError;
pub use stack::{Stack, StackError};
pub use template::{Template, TemplateError};
pub use yaml::YamlError;

use crate::Progress;

/// What to call the stack and what to set.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The stack's name; roles, machines and log groups carry it.
    pub stack_name: String,
    /// Template parameters that differ from their defaults.
    pub parameters: BTreeMap<String, String>,
}

/// Builds the functions that `template` names, uploads them, and creates the stack; returns when it is complete.
///
/// `root` is the workspace's directory, which the template's paths are relative to.
pub async fn deploy(
    sdk: &SdkConfig,
    root: &Path,
    template: Template,
    deployment: &Deployment,
    progress: &dyn Progress,
) -> Result<Stack, DeployError> {
    progress.started("build the functions");
    let binaries = build_functions(root, &template.functions()?, progress).await?;
    progress.finished("build the functions");
    deploy_built(sdk, root, template, &binaries, deployment, progress).await
}

/// As [`deploy`], with functions that are built already.
pub async fn deploy_built(
    sdk: &SdkConfig,
    root: &Path,
    template: Template,
    binaries: &Binaries,
    deployment: &Deployment,
    progress: &dyn Progress,
) -> Result<Stack, DeployError> {
    progress.started("deploy the stack");
    let template_url = package::upload(sdk, root, template, binaries).await?;
    let stack = stack::create(sdk, &template_url, deployment).await?;
    progress.finished("deploy the stack");
    Ok(stack)
}

/// Why there is no stack.
#[derive(Debug, Error)]
pub enum DeployError {
    /// The template can't be read.
    #[error("reading the template")]
    Template(#[from] TemplateError),
    /// The functions can't be built.
    #[error("building the functions")]
    Build(#[from] BuildError),
    /// Code or definitions can't be uploaded.
    #[error("uploading the functions and state machines")]
    Package(#[from] PackageError),
    /// CloudFormation refused or failed.
    #[error("creating the stack")]
    Stack(#[from] StackError),
}
