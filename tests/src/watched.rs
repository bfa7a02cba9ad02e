//! An environment whose people's messages are kept.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use backstop_core::Mode;
use backstop_drill::Environment;
use backstop_emulator::Silent;
use backstop_runtime::machines::Machines;
use futures_util::{StreamExt as _, stream};

use crate::{People, Setting, setting::options};

/// See the module.
#[derive(Debug)]
pub struct Watched {
    pub environment: Environment,
    pub people: People,
    /// How long building and deploying took.
    pub deployed_in: Duration,
}

impl Watched {
    /// Deploys in `auto` mode, where incidents may still be opened in a lower one.
    pub async fn start() -> Arc<Self> {
        let began = Instant::now();
        let setting = Setting {
            mode: Mode::Auto,
            without_permission: None,
        };
        let mut options = options(setting);
        // Later than any test looks.
        options
            .parameters
            .insert("ConfirmAfterSeconds".to_owned(), "900".to_owned());
        let environment = Environment::start(options, &Silent).await.unwrap();
        let people = People::of(&environment).await;
        Arc::new(Self {
            environment,
            people,
            deployed_in: began.elapsed(),
        })
    }

    /// Runs what it is given, so many at the same time; gives the names of those that failed. One that fails stops
    /// no other.
    pub async fn each<F>(runs: Vec<(String, F)>, at_once: usize) -> Vec<String>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let run = |(name, work): (String, F)| async move {
            let ended = tokio::spawn(work).await;
            ended
                .is_err()
                .then(|| format!("{name} failed; its panic is above"))
        };
        stream::iter(runs)
            .map(run)
            .buffer_unordered(at_once)
            .filter_map(|failed| async { failed })
            .collect()
            .await
    }

    /// Ends the account, and fails the test if anything failed.
    pub async fn end(self: Arc<Self>, failed: Vec<String>) {
        let environment = Arc::into_inner(self).unwrap().environment;
        if failed.is_empty() {
            return environment.clear().await.unwrap();
        }
        let files = environment.save_logs().await.unwrap();
        environment.end().await.unwrap();
        panic!("{}\nlogs are in {}", failed.join("\n"), files.display());
    }

    pub fn sfn(&self) -> aws_sdk_sfn::Client {
        let account = self.environment.account();
        aws_sdk_sfn::Client::new(&account.sdk_config(account.root()))
    }

    pub fn machines(&self) -> Machines {
        let undo = self.environment.stack().machine_arn("undo").unwrap();
        Machines::new(self.sfn(), undo.strip_suffix("undo").unwrap().to_owned())
    }
}
