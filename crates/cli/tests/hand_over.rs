//! What needs the disposable account is handed over to `backstop-drill`, here a script: what it is given, what becomes
//! of what it writes, and of how it ends.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Where `backstop` is with nothing beside it but what a test puts there.
struct Installed {
    folder: TempDir,
    program: PathBuf,
}

impl Installed {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let program = folder.path().join("backstop");
        let built = assert_cmd::cargo::cargo_bin("backstop");
        if fs::hard_link(&built, &program).is_err() {
            fs::copy(&built, &program).unwrap();
        }
        Self { folder, program }
    }

    /// With a `backstop-drill` beside it that runs these lines.
    fn with(lines: &str) -> Self {
        let installed = Self::new();
        script(installed.folder.path(), lines);
        installed
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(words)
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null());
        command
    }

    fn said(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }
}

fn script(folder: &Path, lines: &str) {
    let path = folder.join("backstop-drill");
    fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const ECHO: &str = r#"printf '<%s>' "$@"; echo "what it says" >&2; exit 13"#;

#[test]
fn a_drill_gets_its_options_as_they_were_typed() {
    let installed = Installed::with(ECHO);
    for (words, expected) in [
        (&["drill"][..], "<>"),
        (
            &["drill", "--all", "--output", "json", "--mode", "approve"],
            "<--all><--output><json><--mode><approve>",
        ),
        (
            &["drill", "open-connections", "--leave-running"],
            "<open-connections><--leave-running>",
        ),
        (&["drill", "--help"], "<--help>"),
        (&["drill", "-h"], "<-h>"),
        (&["drill", "--output", "json", "--all"], "<--all><--output><json>"),
        (
            &["--output", "json", "drill", "last-server"],
            "<last-server><--output><json>",
        ),
    ] {
        let said = installed.said(words);
        assert_eq!(text(&said.stdout), expected, "{words:?}");
        assert_eq!(text(&said.stderr), "what it says\n", "{words:?}");
        assert_eq!(said.status.code(), Some(13), "{words:?}");
    }
}

#[test]
fn where_it_is_not_beside_it_is_looked_for_on_path() {
    let installed = Installed::new();
    let elsewhere = TempDir::new().unwrap();
    script(elsewhere.path(), ECHO);
    let said = installed
        .command(&["drill", "last-server"])
        .env("PATH", elsewhere.path())
        .output()
        .unwrap();
    assert_eq!(
        (text(&said.stdout), said.status.code()),
        ("<last-server>", Some(13))
    );
}

#[test]
fn where_it_is_nowhere_people_are_told_what_to_type() {
    let installed = Installed::new();
    let event = event();
    for words in [&["drill"][..], &["replay", &event, "--against", "sandbox"]] {
        let said = installed.said(words);
        assert_eq!(said.status.code(), Some(1), "{words:?}");
        let stderr = text(&said.stderr);
        assert!(
            stderr.starts_with("error: `backstop-drill` isn't there")
                && stderr.contains("type `cargo drill`"),
            "{words:?}: {stderr}"
        );
        assert_eq!(text(&said.stdout), "", "{words:?}");
    }
}

fn fixture(path: &str) -> String {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    crates.join("core/tests").join(path).to_str().unwrap().to_owned()
}

fn event() -> String {
    fixture("fixtures/guardduty-access-key.json")
}

#[test]
fn the_plan_of_a_replay_is_read_from_the_log_that_it_prints() {
    let log = fixture("recorded-logs/leaked-access-key-contained.json");
    let installed = Installed::with(&format!(
        r#"[ "$*" = "--log-of-plan leaked-access-key" ] || exit 2
echo "how far it is" >&2
echo "["; cat '{log}'; echo "]""#
    ));
    let said = installed.said(&["replay", &event(), "--against", "sandbox"]);
    assert_eq!(said.status.code(), Some(0), "{}", text(&said.stderr));
    assert_eq!(text(&said.stderr), "how far it is\n");
    let stdout = text(&said.stdout);
    assert!(stdout.contains("\nplan of leaked-access-key for "), "{stdout}");
    assert!(stdout.contains("made in a disposable account"), "{stdout}");
    assert!(stdout.contains("iam:UpdateAccessKey"), "{stdout}");
}

#[test]
fn a_replay_ends_as_the_drill_did_and_says_it_once() {
    let installed = Installed::with("echo 'error: no such luck' >&2; exit 12");
    let said = installed.said(&["replay", &event(), "--against", "sandbox"]);
    assert_eq!(said.status.code(), Some(12));
    assert_eq!(
        (text(&said.stdout), text(&said.stderr)),
        ("", "error: no such luck\n")
    );

    let installed = Installed::with("exit 101");
    let said = installed.said(&["replay", &event(), "--against", "sandbox"]);
    assert_eq!(said.status.code(), Some(1));
    assert!(
        text(&said.stderr).contains("exit status: 101"),
        "{}",
        text(&said.stderr)
    );

    let installed = Installed::with("echo '[[]]'");
    let said = installed.said(&["replay", &event(), "--against", "sandbox"]);
    assert_eq!(said.status.code(), Some(1));
    let stderr = text(&said.stderr);
    assert!(
        stderr.contains("the log that `backstop-drill` printed"),
        "{stderr}"
    );
}

#[test]
fn a_signal_reaches_what_has_an_account_to_tear_down() {
    let installed = Installed::with(
        r#"trap 'echo torn down >&2; exit 143' TERM
echo ready >"$0.ready"
while true; do sleep 0.05; done"#,
    );
    let mut command = installed.command(&["replay", &event(), "--against", "sandbox"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ready = installed.folder.path().join("backstop-drill.ready");
    let until = Instant::now() + Duration::from_secs(20);
    while !ready.exists() {
        assert!(Instant::now() < until, "the script was never started");
        thread::sleep(Duration::from_millis(20));
    }
    kill_process(
        Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(),
        Signal::TERM,
    )
    .unwrap();
    let said = child.wait_with_output().unwrap();
    assert_eq!(
        (said.status.code(), text(&said.stderr)),
        (Some(143), "torn down\n")
    );
}
