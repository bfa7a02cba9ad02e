//! What `backstop-drill` says before it starts anything, and what it leaves when it is interrupted.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use assert_cmd::{Command, cargo::CommandCargoExt};
use backstop_terminal::EXIT_CODES;
use rustix::process::{Pid, Signal, kill_process};

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn stderr_of(arguments: &[&str], directory: &Path, code: i32) -> String {
    let mut command = Command::cargo_bin("backstop-drill").unwrap();
    let ended = command
        .args(arguments)
        .current_dir(directory)
        .assert()
        .code(code)
        .stdout("");
    String::from_utf8(ended.get_output().stderr.clone()).unwrap()
}

#[test]
fn the_help_is_reviewed_and_ends_with_the_one_table_of_exit_codes() {
    let mut command = Command::cargo_bin("backstop-drill").unwrap();
    let ended = command.arg("--help").env("COLUMNS", "100").assert().success();
    let help = String::from_utf8(ended.get_output().stdout.clone()).unwrap();
    assert!(help.ends_with(&format!("{EXIT_CODES}\n")), "{help}");
    insta::assert_snapshot!(help);
}

#[test]
fn an_unknown_drill_is_answered_with_those_there_are() {
    let said = stderr_of(&["leaked-acces-key"], workspace(), 3);
    assert!(
        said.starts_with("error: there is no drill `leaked-acces-key`; there are `"),
        "{said}"
    );
    assert!(
        said.contains("`leaked-access-key`") && said.contains("`stolen-role-session`"),
        "{said}"
    );
}

/// The first build takes minutes: whoever sees nothing for so long stops it.
#[test]
fn what_is_built_for_a_drill_is_shown() {
    let config = fs::read_to_string(workspace().join(".cargo/config.toml")).unwrap();
    let alias = config.lines().find(|line| line.starts_with("drill = ")).unwrap();
    assert!(!alias.contains("--quiet") && !alias.contains(" -q"), "{alias}");
}

#[test]
fn outside_of_a_checkout_it_says_where_to_go() {
    let elsewhere = tempfile::tempdir().unwrap();
    let said = stderr_of(&[], elsewhere.path(), 1);
    assert_eq!(
        said,
        "error: no `template.yaml` here or above: run this in a checkout of Backstop\n"
    );
}

#[test]
fn a_permission_that_nobody_has_is_refused_before_anything_is_started() {
    let said = stderr_of(&["--without-permission", "iam:CreateUser"], workspace(), 12);
    assert!(
        said.starts_with("error: setting up the environment: taking `iam:CreateUser` away: the role `"),
        "{said}"
    );
}

#[test]
fn words_that_no_option_takes_are_a_usage_error() {
    let said = stderr_of(&["--mode", "full"], workspace(), 2);
    assert!(
        said.contains("`full` is no mode: write `observe`, `approve` or `auto`"),
        "{said}"
    );
    stderr_of(&["leaked-access-key", "--all"], workspace(), 2);
}

#[test]
fn interrupted_it_leaves_no_process_behind() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let (mut drill, _stderr) = started();
        let emulators = children_of(drill.id());
        assert!(emulators.len() >= 2, "{emulators:?}");
        kill_process(Pid::from_raw(i32::try_from(drill.id()).unwrap()).unwrap(), signal).unwrap();
        assert_eq!(drill.wait().unwrap().code(), Some(code));
        assert_eq!(still_running(&emulators), Vec::<u32>::new());
    }
}

/// A drill whose account is up, and what it will still say.
fn started() -> (Child, impl Iterator<Item = String>) {
    let mut command = std::process::Command::cargo_bin("backstop-drill").unwrap();
    command
        .current_dir(workspace())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut drill = command.spawn().unwrap();
    let mut lines = BufReader::new(drill.stderr.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let is_up = lines.any(|line| line.starts_with("✔ start the disposable account"));
    assert!(is_up, "the drill ended before its account was up");
    (drill, lines)
}

fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| parent_of(*id) == Some(parent)).collect()
}

/// The second field after the name, which may hold anything, in parentheses (`man 5 proc_pid_stat`).
fn parent_of(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn still_running(ids: &[u32]) -> Vec<u32> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let alive: Vec<u32> = ids.iter().copied().filter(|id| is_running(*id)).collect();
        if alive.is_empty() || Instant::now() > until {
            return alive;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A zombie runs no more; whoever inherits it will reap it.
fn is_running(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(')')
        .and_then(|(_, rest)| rest.split_whitespace().next().map(str::to_owned));
    state.is_some_and(|state| state != "Z")
}
