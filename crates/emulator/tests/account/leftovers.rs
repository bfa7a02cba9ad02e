//! Nothing outlives the process that started the account.

use std::path::Path;
use std::time::{Duration, Instant};

use backstop_emulator::{Account, Settings, Silent};

/// Where the child of the kill test writes its run's directory.
const REPORT: &str = "BACKSTOP_TEST_REPORT";

/// The child of the test below: the only way to see what a killed process leaves is to be one.
#[tokio::test]
#[ignore = "started and killed by `nothing_outlives_a_killed_process`"]
async fn holds_an_account_until_killed() {
    let Some(report) = std::env::var_os(REPORT) else {
        return;
    };
    let account = Account::start(Settings::default(), &Silent).await.unwrap();
    std::fs::write(report, account.logs().display().to_string()).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn nothing_outlives_a_killed_process() {
    let report = std::env::temp_dir().join(format!("backstop-held-{}", std::process::id()));
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "leftovers::holds_an_account_until_killed", "--ignored"])
        .env(REPORT, &report)
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let logs = until(Duration::from_secs(120), || {
        std::fs::read_to_string(&report)
            .ok()
            .filter(|text| !text.is_empty())
    });
    let logs = logs.await.unwrap();
    let logs = Path::new(&logs);
    assert!(processes_in(logs).len() >= 2);
    // SIGKILL: nothing of ours in the child runs any more.
    child.kill().await.unwrap();
    let gone = until(Duration::from_secs(10), || {
        processes_in(logs).is_empty().then_some(())
    })
    .await;
    std::fs::remove_file(&report).unwrap();
    assert!(gone.is_some(), "{:?}", processes_in(logs));
}

async fn until<T>(limit: Duration, mut done: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        if let Some(value) = done() {
            return Some(value);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    None
}

/// The processes that have the run's directory as their home, which functions inherit too.
pub(crate) fn processes_in(logs: &Path) -> Vec<String> {
    let home = format!("HOME={}", logs.display());
    let processes = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let ours = processes.filter(|process| {
        let environment = std::fs::read(process.join("environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == home.as_bytes())
    });
    ours.map(|process| process.display().to_string()).collect()
}
