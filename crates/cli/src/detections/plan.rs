//! `backstop detections plan`: what is deployed against what the files say, in each Region, with the caller's own
//! credentials. Reads, and changes nothing.

use std::{collections::BTreeMap, fmt, path::Path};

use aws_config::{Region, SdkConfig};
use backstop_aws::CallError;
use backstop_detections::{
    compile::compile,
    deployed::{Difference, differences},
    outputs::OutputError,
};
use backstop_terminal::Exit;
use clap::Args;
use serde::Serialize;

use super::deployed::read;
use crate::{
    api::ConnectError,
    command::{CliError, CommandError, CommandOutput},
    sign_in::signed_in,
};

/// Options of `backstop detections plan`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A Region to look at; without it, the one that is set
    #[arg(long, value_name = "REGION")]
    region: Vec<String>,
    /// A profile of ~/.aws/config; without it, as the AWS CLI finds it
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// The bucket that `detections/compiled-lists` was uploaded to
    #[arg(long, value_name = "BUCKET")]
    list_bucket: Option<String>,
    /// Fail where what is deployed finds less than the files say
    #[arg(long)]
    check: bool,
}

/// The files have lists, and nobody says where they are.
#[derive(Debug, thiserror::Error)]
#[error("the files hold address lists: name the bucket they were uploaded to by `--list-bucket`")]
struct NoBucket;

impl CommandError for NoBucket {
    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

impl CommandError for CallError {}

#[derive(Serialize)]
pub(super) struct Plan {
    regions: BTreeMap<String, Vec<Difference>>,
    #[serde(skip)]
    is_check: bool,
}

impl Plan {
    fn drifts(&self) -> usize {
        let all = self.regions.values().flatten();
        all.filter(|difference| difference.drift.is_some()).count()
    }
}

impl CommandOutput for Plan {
    fn exit(&self) -> Exit {
        match self.is_check && self.drifts() > 0 {
            true => Exit::Invalid,
            false => Exit::Done,
        }
    }
}

pub(super) async fn run(project: &Path, arguments: &Arguments) -> Result<Plan, CliError> {
    let report = super::linted(project)?;
    if !report.is_compilable() {
        return Err(super::NotInOrder(report.summary()).into());
    }
    let compiled = compile(&report).map_err(OutputError::Compile)?;
    if arguments.list_bucket.is_none() && !compiled.lists.is_empty() {
        return Err(NoBucket.into());
    }
    let bucket = arguments.list_bucket.as_deref().unwrap_or_default();
    let has_hub = compiled.needs_security_hub();
    let mut regions = BTreeMap::new();
    for config in configs(arguments).await? {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let answers = read(&config, has_hub).await?;
        regions.insert(region, differences(&compiled.template, bucket, &answers));
    }
    Ok(Plan {
        regions,
        is_check: arguments.check,
    })
}

/// The caller's configuration, once a Region.
async fn configs(arguments: &Arguments) -> Result<Vec<SdkConfig>, CliError> {
    let config = signed_in(arguments.profile.clone(), None).await?;
    if config.credentials_provider().is_none() {
        return Err(ConnectError::NoCredentials.into());
    }
    if arguments.region.is_empty() {
        return match config.region() {
            Some(_) => Ok(vec![config]),
            None => Err(ConnectError::NoRegion.into()),
        };
    }
    let regions = arguments.region.iter();
    let of = |region: &String| config.to_builder().region(Region::new(region.clone())).build();
    Ok(regions.map(of).collect())
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (region, differences) in &self.regions {
            writeln!(f, "{region}")?;
            for difference in differences {
                writeln!(f, "  {difference}")?;
            }
            if differences.is_empty() {
                writeln!(f, "  as the files say")?;
            }
        }
        let all: usize = self.regions.values().map(Vec::len).sum();
        write!(
            f,
            "\n{}, {} of them less found than the files say\nnot looked at: aggregators, rules of Security Hub's second \
             kind, custom detection rules, the export",
            super::trial::counted(all, "difference"),
            self.drifts()
        )
    }
}
