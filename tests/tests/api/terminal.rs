//! `backstop`, typed by one person on a machine of their own.

use std::{
    path::PathBuf,
    process::{Command, Output},
    sync::LazyLock,
};

use aws_credential_types::Credentials;
use backstop_drill::oncall::Person;
use backstop_tests::Scene;
use serde_json::Value;
use tempfile::TempDir;

/// A person at a terminal of their own.
pub(crate) struct Terminal {
    pub(crate) home: TempDir,
    pub(crate) credentials: Credentials,
    pub(crate) api: String,
    /// Who the person is to AWS.
    pub(crate) arn: String,
}

/// What was said, and with which code it ended.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }
}

impl Terminal {
    pub(crate) async fn of(scene: &Scene, person: &Person<'_>) -> Self {
        let environment = &scene.environment;
        let account = environment.account();
        let api = account.api_url(environment.stack().api().unwrap());
        let credentials = person.credentials().await.unwrap();
        let sts = aws_sdk_sts::Client::new(&account.sdk_config(credentials.clone()));
        let caller = sts.get_caller_identity().send().await.unwrap();
        Self {
            home: tempfile::tempdir().unwrap(),
            credentials,
            api: api.unwrap(),
            arn: caller.arn().unwrap().to_owned(),
        }
    }

    pub(crate) async fn types(&self, words: &[&str]) -> Said {
        let mut command = Command::new(program());
        command
            .args(words)
            .env_clear()
            .env("HOME", self.home.path())
            .env("AWS_ACCESS_KEY_ID", self.credentials.access_key_id())
            .env("AWS_SECRET_ACCESS_KEY", self.credentials.secret_access_key())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_REGION", "us-east-1");
        let ran = tokio::task::spawn_blocking(move || command.output()).await;
        let Output {
            status,
            stdout,
            stderr,
        } = ran.unwrap().unwrap();
        Said {
            code: status.code().unwrap(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Types what must work.
    pub(crate) async fn does(&self, words: &[&str]) -> Said {
        let said = self.types(words).await;
        assert_eq!(said.code, 0, "{words:?}: {}{}", said.out, said.err);
        said
    }

    /// Types what AWS must refuse.
    pub(crate) async fn may_not(&self, words: &[&str]) {
        let said = self.types(words).await;
        assert_eq!(said.code, 1, "{words:?}: {}{}", said.out, said.err);
        assert!(
            said.err.contains("you may not ask this"),
            "{words:?}: {}",
            said.err
        );
    }
}

/// `backstop`, built with the features that the tests are built with, so that nothing is built twice.
fn program() -> PathBuf {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        let build = Command::new(env!("CARGO"))
            .args(["build", "--workspace", "--bin", "backstop", "--locked"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(build.unwrap().success(), "`backstop` can't be built");
        let tests = std::env::current_exe().unwrap();
        tests.ancestors().nth(2).unwrap().join("backstop")
    });
    BUILT.clone()
}
