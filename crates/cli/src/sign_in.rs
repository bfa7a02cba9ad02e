//! As whom AWS is asked. A profile that is named is used, or nothing is: with other credentials that happen to be there,
//! somebody else would decide.

use std::env;

use aws_config::{
    Region, SdkConfig,
    profile::{ProfileFileCredentialsProvider, ProfileFileLoadError},
    provider_config::ProviderConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};
use backstop_core::text::for_terminal;
use backstop_playbook::suggest;
use backstop_terminal::Exit;

use crate::command::CommandError;

/// A profile can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProfileError {
    #[error(
        "there is no profile `{}` in ~/.aws/config or ~/.aws/credentials{near}: list them with `aws configure list-profiles`",
        for_terminal(.name)
    )]
    None { name: String, near: String },
    #[error("reading the profiles of ~/.aws/config and ~/.aws/credentials")]
    Unreadable(#[from] ProfileFileLoadError),
}

impl CommandError for ProfileError {
    fn exit(&self) -> Exit {
        match self {
            Self::None { .. } => Exit::NotFound,
            Self::Unreadable(_) => Exit::Failed,
        }
    }
}

/// The caller's configuration. Without a profile, and without AWS_PROFILE, it is found as every AWS SDK finds it.
pub(crate) async fn signed_in(
    profile: Option<String>,
    region: Option<Region>,
) -> Result<SdkConfig, ProfileError> {
    let mut loader = backstop_aws::loader();
    if let Some(region) = region {
        loader = loader.region(region);
    }
    let Some(name) = profile else {
        if let Some(name) = profile_of_environment() {
            must_exist(&name).await?;
        }
        return Ok(loader.load().await);
    };
    must_exist(&name).await?;
    let config = loader.profile_name(&name).load().await;
    let credentials = of_profile(name, &config);
    Ok(config.into_builder().credentials_provider(credentials).build())
}

/// AWS_PROFILE, where nothing goes before it: keys in the environment do, in every AWS SDK.
fn profile_of_environment() -> Option<String> {
    let is_set = |name| env::var(name).is_ok_and(|value| !value.is_empty());
    if is_set("AWS_ACCESS_KEY_ID") {
        return None;
    }
    env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty())
}

async fn must_exist(name: &str) -> Result<(), ProfileError> {
    let files = EnvConfigFiles::default();
    let profiles = aws_config::profile::load(&Fs::real(), &Env::real(), &files, None).await?;
    if profiles.get_profile(name).is_some() {
        return Ok(());
    }
    Err(ProfileError::None {
        name: name.to_owned(),
        near: suggest::nearest(name, profiles.profiles())
            .map(|near| format!(" (did you mean `{near}`?)"))
            .unwrap_or_default(),
    })
}

/// The default chain would ask the environment first.
fn of_profile(name: String, config: &SdkConfig) -> SharedCredentialsProvider {
    let mut provider = ProviderConfig::without_region()
        .with_region(config.region().cloned())
        .with_use_fips(config.use_fips())
        .with_use_dual_stack(config.use_dual_stack());
    if let Some(http_client) = config.http_client() {
        provider = provider.with_http_client(http_client);
    }
    if let Some(retries) = config.retry_config() {
        provider = provider.with_retry_config(retries.clone());
    }
    let credentials = ProfileFileCredentialsProvider::builder()
        .profile_name(name)
        .configure(&provider)
        .build();
    SharedCredentialsProvider::new(credentials)
}
