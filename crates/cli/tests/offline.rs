//! Commands that need no AWS, and command lines that are refused before any call.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::{collections::BTreeMap, fs, net::TcpListener, path::Path};

use assert_cmd::Command;
use backstop_core::{
    IncidentId,
    evidence::{self, Manifest},
    incident::Incident,
    log::{Event, Record},
};
use tempfile::TempDir;

fn backstop(words: &[&str]) -> Command {
    let mut command = Command::cargo_bin("backstop").unwrap();
    // Whatever this machine's own settings are: no call may leave it.
    command
        .args(words)
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    command
}

struct Said {
    code: i32,
    out: String,
    err: String,
}

fn said(words: &[&str]) -> Said {
    let output = backstop(words).output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A project with two of this one's playbooks.
fn project() -> TempDir {
    let project = TempDir::new().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for playbook in ["leaked-access-key", "compromised-role"] {
        let folder = Path::new("playbooks").join(playbook);
        copy(&root.join(&folder), &project.path().join(&folder));
    }
    fs::create_dir(project.path().join("statemachines")).unwrap();
    for template in ["template.yaml", "member.yaml"] {
        fs::copy(root.join(template), project.path().join(template)).unwrap();
    }
    project
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn in_project(project: &TempDir, words: &[&str]) -> Said {
    let path = project.path().to_str().unwrap().to_owned();
    said(&[&["playbook", "--project", &path][..], words].concat())
}

#[test]
fn a_broken_playbook_is_shown_with_its_place() {
    let project = project();
    assert_eq!(in_project(&project, &["lint"]).code, 0);

    let file = project.path().join("playbooks/leaked-access-key/playbook.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let broken = text.replace(
        "action: iam.deactivate-access-key",
        "action: iam.deactivate-acces-key",
    );
    assert_ne!(text, broken);
    let line = 1 + broken
        .lines()
        .position(|line| line.contains("deactivate-acces-key"))
        .unwrap();
    fs::write(&file, broken).unwrap();

    let said = in_project(&project, &["lint"]);
    assert_eq!(said.code, 5, "{}", said.err);
    let place = format!("playbooks/leaked-access-key/playbook.yaml:{line}:17: ");
    assert!(said.out.contains(&place), "{place} not in {}", said.out);
    assert!(
        said.out.contains("iam.deactivate-access-key"),
        "it says what to write instead: {}",
        said.out
    );

    let json = in_project(&project, &["lint", "--output", "json"]);
    let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(report["invalid"][0]["problems"][0]["line"], line);
}

#[test]
fn compiling_writes_what_a_check_misses() {
    let project = project();
    in_project(&project, &["compile"]);
    assert_eq!(in_project(&project, &["compile", "--check"]).code, 0);

    fs::write(
        project.path().join("statemachines/compromised-role.asl.json"),
        "{}",
    )
    .unwrap();
    let check = in_project(&project, &["compile", "--check"]);
    assert_eq!(check.code, 5);
    assert!(
        check.out.contains("statemachines/compromised-role.asl.json"),
        "{}",
        check.out
    );
    assert!(check.out.contains("backstop playbook compile"), "{}", check.out);

    assert_eq!(in_project(&project, &["compile"]).code, 0);
    assert_eq!(in_project(&project, &["compile", "--check"]).code, 0);
}

#[test]
fn a_new_playbook_passes_lint() {
    let project = project();
    let new = in_project(&project, &["new", "odd-calls"]);
    assert_eq!(new.code, 0, "{}", new.err);
    let lint = in_project(&project, &["lint"]);
    assert_eq!(lint.code, 0, "{}{}", lint.out, lint.err);
    assert_eq!(
        in_project(&project, &["new", "odd-calls"]).code,
        4,
        "it is there already"
    );
    assert_eq!(
        in_project(&project, &["new", "Odd Calls"]).code,
        4,
        "no such name"
    );
}

/// The README's how-to: a new playbook touches one folder, and what is compiled.
#[test]
fn a_new_playbook_touches_its_folder_and_compiled_output_only() {
    let project = project();
    in_project(&project, &["compile"]);
    let before = contents(project.path());
    in_project(&project, &["new", "odd-calls"]);
    assert_eq!(in_project(&project, &["lint"]).code, 0);
    assert_eq!(in_project(&project, &["compile"]).code, 0);
    let after = contents(project.path());
    let compiled = [
        "statemachines/odd-calls.asl.json",
        "template.yaml",
        "docs/coverage.md",
        "docs/reference/playbooks.md",
        "playbooks/containing.tsv",
    ];
    for (path, text) in &after {
        if before.get(path) != Some(text) {
            let is_own = path.starts_with("playbooks/odd-calls/");
            assert!(
                is_own || compiled.contains(&path.as_str()),
                "`{path}` was touched"
            );
        }
    }
    assert!(
        after
            .keys()
            .any(|path| path == "statemachines/odd-calls.asl.json")
    );
    assert!(
        before.keys().all(|path| after.contains_key(path)),
        "a file is gone"
    );
}

/// Every file below a folder, by its path.
fn contents(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn playbooks_are_listed_and_shown_without_a_project() {
    let nowhere = TempDir::new().unwrap();
    let list = in_project(&nowhere, &["list", "--output", "json"]);
    let playbooks: serde_json::Value = serde_json::from_str(&list.out).unwrap();
    let names = playbooks
        .as_array()
        .unwrap()
        .iter()
        .map(|playbook| &playbook["name"]);
    assert_eq!(names.filter(|name| *name == "compromised-role").count(), 1);
    assert!(
        in_project(&nowhere, &["show", "leaked-access-key"])
            .out
            .contains("iam:UpdateAccessKey")
    );
    let none = in_project(&nowhere, &["show", "no-such"]);
    assert_eq!(none.code, 3);
    assert!(none.err.contains("`leaked-access-key`"), "{}", none.err);
}

#[test]
fn the_schema_is_json_and_shells_get_their_script() {
    let schema: serde_json::Value = serde_json::from_str(&said(&["playbook", "schema"]).out).unwrap();
    assert_eq!(schema["type"], "object");
    for shell in ["bash", "zsh", "fish"] {
        let script = said(&["completions", shell]).out;
        assert!(script.contains("approve"), "{shell}");
    }
}

#[test]
fn wrong_command_lines_say_what_to_write() {
    for (words, expected) in [
        (
            &["pause", "--for", "false", "--reason", "x"][..],
            "such as `90m`, `2h` or `30d`",
        ),
        (&["pause", "--for", "90d", "--reason", "x"], "at most 30 days"),
        (&["pause", "--for", "2h"], "--reason"),
        (
            &["pause", "--for", "2h", "--reason", "x", "--account", "12"],
            "twelve digits",
        ),
        (
            &["exempt", "add", "--owner", "a", "--reason", "b", "--for", "30d"],
            "--arn",
        ),
        (
            &[
                "exempt", "add", "--arn", "*", "--owner", "a", "--reason", "b", "--for", "30d",
            ],
            "arn:aws:iam",
        ),
        (
            &[
                "exempt", "add", "--tag", "a=b", "--owner", " ", "--reason", "b", "--for", "30d",
            ],
            "blank",
        ),
        (
            &[
                "exempt", "add", "--tag", "a=b", "--owner", "a", "--reason", "b", "--until", "soon",
            ],
            "2026-12-31",
        ),
        (&["run", "leaked-access-key"], "--target"),
        (
            &["run", "leaked-access-key", "--target", "x", "--mode", "false"],
            "`observe`, `approve` or `auto`",
        ),
        (&["deny", "01JDXQ6T8R7M5V9N2K4H3G1FZB"], "--reason"),
        (
            &["incidents", "list", "--status", "done"],
            "a similar value exists: 'undone'",
        ),
        (
            &["incidents", "list", "--needs-me", "--status", "open"],
            "cannot be used with",
        ),
        (&["incidents", "list", "--most", "0"], "0 is not in"),
    ] {
        let said = said(words);
        assert_eq!(said.code, 2, "{words:?}: {}", said.err);
        assert!(said.err.contains(expected), "{words:?}: {}", said.err);
        assert_eq!(said.out, "", "data only on stdout");
    }
}

#[test]
fn without_a_deployment_the_refusal_says_what_to_type() {
    for words in [
        &["incidents", "list"][..],
        &["approve", "01JDXQ6T8R7M5V9N2K4H3G1FZB"],
        &["run", "leaked-access-key", "--target", "AKIAIOSFODNN7EXAMPLE"],
        &["pause", "--list"],
    ] {
        let said = said(words);
        assert_eq!(said.code, 1, "{words:?}: {}", said.err);
        assert!(said.err.contains("`--api URL`"), "{words:?}: {}", said.err);
    }
}

const API: &str = "https://abc123.execute-api.eu-west-1.amazonaws.com";

#[test]
fn a_profile_that_is_named_is_used_or_nothing_is() {
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let words = ["incidents", "list", "--api", API];
    let of_environment = [("AWS_PROFILE", "nope")];
    for (more, environment) in [(&["--profile", "nope"][..], &keys[..]), (&[], &of_environment)] {
        let output = backstop(&[&words[..], more].concat())
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("there is no profile `nope`"), "{said}");
    }
}

#[test]
fn whoever_gives_credentials_and_cant_be_reached_is_no_reason_to_sign_in() {
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("config");
    let profiles = "[profile keys]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n\
         [profile duty]\nrole_arn = arn:aws:iam::123456789012:role/Duty\nsource_profile = keys\n";
    fs::write(&config, profiles).unwrap();
    // Nothing listens there: the port is given back as soon as it is known.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let output = backstop(&["incidents", "list", "--api", API, "--profile", "duty"])
        .env("AWS_CONFIG_FILE", &config)
        .env("AWS_ENDPOINT_URL_STS", format!("http://127.0.0.1:{port}"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("asking AWS who you are failed: is the network up?"),
        "{said}"
    );
    assert!(!said.contains("sign in"), "{said}");
}

#[test]
fn a_cause_is_told_once() {
    for command in ["lint", "compile"] {
        let said = said(&["playbook", "--project", "/nowhere", command]);
        assert_eq!(said.code, 1, "{}", said.err);
        assert_eq!(said.err.matches("reading `").count(), 1, "{}", said.err);
        assert_eq!(said.err.matches("No such file").count(), 1, "{}", said.err);
    }
}

#[test]
fn detections_of_a_folder_that_isnt_there_arent_in_order() {
    for command in ["lint", "compile"] {
        let said = said(&["detections", "--project", "/nowhere", command]);
        assert_eq!((said.code, said.out.as_str()), (3, ""), "{}", said.err);
        assert!(said.err.contains("there is no folder `/nowhere`"), "{}", said.err);
    }
}

/// A plan changes nothing, so that nobody is asked anything.
#[test]
fn a_plan_takes_neither_a_reason_nor_a_terminal() {
    let words = [
        "run",
        "leaked-access-key",
        "--target",
        "AKIAIOSFODNN7EXAMPLE",
        "--api",
        API,
    ];
    let run = |more: &[&str]| {
        let output = backstop(&[&words[..], more].concat()).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(run(&[]).contains("there is no terminal to ask you on"));
    // It goes on to ask the api, for which there are no credentials here.
    let said = run(&["--mode", "observe"]);
    assert!(said.contains("AWS doesn't say who you are"), "{said}");
}

#[test]
fn a_playbook_that_is_almost_named_is_suggested() {
    let said = said(&["playbook", "show", "leaked-acces-key"]);
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(
        said.err.contains("did you mean `leaked-access-key`?"),
        "{}",
        said.err
    );
}

/// A folder of evidence as `close` keeps it, of a log that was recorded.
fn evidence() -> TempDir {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/recorded-logs");
    let text = fs::read(recorded.join("leaked-access-key-contained.json")).unwrap();
    let mut log: Vec<Record> = serde_json::from_slice(&text).unwrap();
    let id = IncidentId::from("01KJTESTEVIDENCE0000000000");
    let last = log.last().unwrap().clone();
    let items = evidence::items(&log, &[]).unwrap();
    let news = evidence::extend(&id, &[], items, last.seq).unwrap();
    let kept = Event::EvidenceKept {
        records: last.seq,
        lanes: Default::default(),
        head: last.hash.clone(),
        entries: news.iter().map(|(entry, _)| entry.clone()).collect(),
    };
    log.push(Record::next(Some(&last), last.at, "kept".into(), kept).unwrap());
    let manifest = Manifest::of(&id, &Incident::replay(&log).unwrap().evidence).unwrap();
    let folder = TempDir::new().unwrap();
    for (entry, item) in news {
        let path = folder.path().join(entry.name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, item.bytes).unwrap();
    }
    fs::write(folder.path().join(evidence::MANIFEST), manifest.text().unwrap()).unwrap();
    folder
}

#[test]
fn evidence_is_checked_offline_and_what_is_wrong_is_named() {
    let folder = evidence();
    let verify = ["evidence", "verify", folder.path().to_str().unwrap()];
    let whole = said(&verify);
    assert_eq!((whole.code, whole.err.as_str()), (0, ""), "{}", whole.out);
    assert!(whole.out.contains("all as they were kept"), "{}", whole.out);

    let receipt = folder.path().join("before/deny-user.json");
    let bytes = fs::read(&receipt).unwrap();
    fs::write(&receipt, [b" ", bytes.as_slice()].concat()).unwrap();
    fs::write(folder.path().join("planted.txt"), "x").unwrap();
    let altered = said(&[&verify[..], &["--output", "json"]].concat());
    assert_eq!(altered.code, 8, "{}", altered.err);
    let json: serde_json::Value = serde_json::from_str(&altered.out).unwrap();
    assert_eq!(json["whole"], false);
    assert_eq!(json["problems"][0]["item"], "before/deny-user.json");
    assert_eq!(json["problems"][1]["item"], "planted.txt");

    let none = said(&["evidence", "verify", "no-such-folder"]);
    assert_eq!(none.code, 3);
    assert!(none.err.contains("backstop evidence fetch"), "{}", none.err);
}
