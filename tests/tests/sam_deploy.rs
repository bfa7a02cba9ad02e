//! Deploys as a user would: `sam deploy` of what `target/lambda` holds, then a drill on that stack. `SAM_FOLDER` may name
//! another folder with the template and a `target/lambda`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use backstop_core::Mode;
use backstop_drill::{self as drill, Drills, Environment, Verdict};
use backstop_emulator::{Account, Settings, Silent, deploy::Stack};

const STACK: &str = "backstop-by-sam";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the SAM CLI on the path and functions in target/lambda; .ci/run and .ci/release have both"]
async fn the_template_deploys_with_the_sam_cli_and_contains() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let settings = Settings {
        home: root.join(".backstop"),
        wait_scale: 0.1,
        ..Settings::default()
    };
    let account = Account::start(settings, &Silent).await.unwrap();
    let status = Command::new("sam")
        .args([
            "deploy",
            "--stack-name",
            STACK,
            "--template",
            "template.yaml",
            "--resolve-s3",
        ])
        .args([
            "--no-confirm-changeset",
            "--capabilities",
            "CAPABILITY_NAMED_IAM",
            "CAPABILITY_AUTO_EXPAND",
        ])
        .args([
            "--parameter-overrides",
            "MaximumMode=auto",
            "DrillEvents=Enabled",
            "ConfirmAfterSeconds=5",
        ])
        .current_dir(env::var_os("SAM_FOLDER").map_or_else(|| root.to_owned(), PathBuf::from))
        .env("AWS_ENDPOINT_URL", account.endpoint_url())
        .env("AWS_ACCESS_KEY_ID", account.account_id())
        .env("AWS_SECRET_ACCESS_KEY", "anything")
        .env("AWS_DEFAULT_REGION", account.region())
        .env("SAM_CLI_TELEMETRY", "0")
        .status()
        .unwrap();
    assert!(status.success(), "sam deploy ended with {status}");
    let stack = Stack::find(&account.sdk_config(account.root()), STACK)
        .await
        .unwrap();
    let environment = Environment::around(account, stack, Mode::Auto).await.unwrap();
    let drills = Drills::read(&root.join("playbooks")).unwrap();
    let report = drill::run(
        &environment,
        drills.find("leaked-access-key").unwrap(),
        drill::Ending::Undo,
        &Silent,
    )
    .await;
    environment.clear().await.unwrap();
    assert_eq!(report.verdict, Verdict::Contained, "{report:#?}");
}
