//! What whoever gets code to run in a function has: the credentials that Lambda gave it, out of its own environment.

use std::{collections::BTreeMap, fs};

use aws_credential_types::Credentials;
use backstop_drill::Environment;

use crate::lambda;

/// The credentials of the function of this name. It is called once, with an order that it can't read, so that it runs.
pub async fn stolen(environment: &Environment, function: &str) -> Credentials {
    let account = environment.account();
    lambda::invoke(account, function).await;
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let environments = processes.filter_map(|process| fs::read(process.path().join("environ")).ok());
    let found = environments.map(|environ| variables(&environ)).find(|variables| {
        let is = |name: &str, value: &str| variables.get(name).is_some_and(|it| it == value);
        is("AWS_LAMBDA_FUNCTION_NAME", function) && is("AWS_ENDPOINT_URL", &account.endpoint_url())
    });
    let found = found.unwrap_or_else(|| panic!("no process runs the function {function}"));
    Credentials::new(
        found["AWS_ACCESS_KEY_ID"].clone(),
        found["AWS_SECRET_ACCESS_KEY"].clone(),
        Some(found["AWS_SESSION_TOKEN"].clone()),
        None,
        "stolen",
    )
}

fn variables(environ: &[u8]) -> BTreeMap<String, String> {
    let lines = environ.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let pairs = lines.filter_map(|line| {
        let (name, value) = line.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    });
    pairs.collect()
}
