//! Playbooks in folders: a new one passes lint, and what is missing or wrong around a file is told.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use backstop_playbook::{NewError, drill::Drills, lint, load_dir, new_playbook, rerun_if_changed, template};

/// A folder of playbooks of its own, gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    /// Copies of shipped playbooks, each with its drills.
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("backstop-playbook-{test}-{}", std::process::id()));
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playbooks");
        for name in ["leaked-access-key", "compromised-role"] {
            fs::create_dir_all(path.join(name)).unwrap();
            for entry in fs::read_dir(shipped.join(name)).unwrap() {
                let entry = entry.unwrap();
                fs::copy(entry.path(), path.join(name).join(entry.file_name())).unwrap();
            }
        }
        Self(path)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.0.join(file)).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        self.write(file, &text.replace(from, to));
    }

    fn codes(&self) -> Vec<&'static str> {
        let report = lint(&self.0).unwrap();
        report
            .invalid
            .iter()
            .flat_map(|file| file.problems.iter().map(|problem| problem.code))
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder left behind in the system's temporary folder does no harm.
        fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

#[test]
fn a_new_playbook_passes_lint_and_answers_its_finding() {
    let folder = Folder::new("new");
    for file in new_playbook(&folder.0, "custom-threat-list").unwrap() {
        folder.write(&file.path.to_string_lossy(), &file.text);
    }
    assert_eq!(folder.codes(), Vec::<&str>::new());
    let drills = Drills::read(&folder.0).unwrap();
    assert_eq!(
        drills.find("custom-threat-list").unwrap().playbook,
        "custom-threat-list"
    );
    let catalog = load_dir(&folder.0).unwrap();
    let made = catalog.get(&"custom-threat-list".into()).unwrap();
    assert_eq!(made.title, "Custom threat list");
    let parsed =
        backstop_core::finding::parse(&fs::read(folder.0.join("custom-threat-list/finding.json")).unwrap())
            .unwrap();
    let answers = catalog.answers(parsed.findings.first().unwrap());
    assert_eq!(answers.first().unwrap().playbook.name, made.name);
}

#[test]
fn a_new_playbook_needs_a_name_of_its_own() {
    let folder = Folder::new("names");
    for name in ["", "Caps", "a b", "../x", "a--b", "1st"] {
        assert!(
            matches!(new_playbook(&folder.0, name), Err(NewError::Name(_))),
            "{name}"
        );
    }
    assert!(matches!(
        new_playbook(&folder.0, "compromised-role"),
        Err(NewError::Exists(_))
    ));
}

#[test]
fn what_is_missing_around_a_playbook_is_told() {
    let folder = Folder::new("missing");
    assert_eq!(folder.codes(), Vec::<&str>::new());
    fs::remove_file(folder.0.join("leaked-access-key/drill.yaml")).unwrap();
    fs::remove_file(folder.0.join("leaked-access-key/finding.json")).unwrap();
    assert_eq!(folder.codes(), ["drill-missing", "finding-missing"]);
}

#[test]
fn a_sample_finding_must_lead_to_the_playbook_and_its_steps() {
    let folder = Folder::new("sample");
    folder.edit(
        "leaked-access-key/finding.json",
        "UnauthorizedAccess:IAMUser",
        "UnauthorizedAccess:EC2",
    );
    assert_eq!(folder.codes(), ["test-finding"]);
    folder.write("leaked-access-key/finding.json", "{}");
    assert_eq!(folder.codes(), ["test-finding"]);
    let folder = Folder::new("steps");
    folder.edit(
        "leaked-access-key/playbook.yaml",
        "steps: [deactivate-key, ",
        "steps: [",
    );
    let report = lint(&folder.0).unwrap();
    assert!(
        report.to_string().contains("the steps that fit `access-key` are"),
        "{report}"
    );
}

#[test]
fn two_playbooks_must_not_want_the_same_findings() {
    let folder = Folder::new("rivals");
    let text = fs::read_to_string(folder.0.join("leaked-access-key/playbook.yaml")).unwrap();
    folder.write("zz-rival/playbook.yaml", &text);
    let finding = fs::read_to_string(folder.0.join("leaked-access-key/finding.json")).unwrap();
    folder.write("zz-rival/finding.json", &finding);
    let drill = fs::read_to_string(folder.0.join("leaked-access-key/drill.yaml")).unwrap();
    folder.write(
        "zz-rival/drill.yaml",
        &drill.replace("leaked-access-key", "zz-rival"),
    );
    let codes = folder.codes();
    assert!(codes.contains(&"same-trigger"), "{codes:?}");
}

#[test]
fn loading_reports_the_mistakes_of_all_files() {
    let folder = Folder::new("all");
    folder.edit("leaked-access-key/playbook.yaml", "iam.deny-user", "iam.deny-usr");
    folder.edit("compromised-role/playbook.yaml", "\nmode: auto", "\nmode: aprove");
    let error = load_dir(&folder.0).unwrap_err().to_string();
    assert!(
        error.contains("compromised-role/playbook.yaml:75:7: `aprove` is no value here"),
        "{error}"
    );
    assert!(
        error.contains("leaked-access-key/playbook.yaml:73:17: `iam.deny-usr` is no known action"),
        "{error}"
    );
}

#[test]
fn a_build_script_watches_every_playbook() {
    let folder = Folder::new("watch");
    let lines = rerun_if_changed(&folder.0).unwrap();
    assert_eq!(lines.len(), 3);
    assert!(
        lines
            .iter()
            .all(|line| line.starts_with("cargo:rerun-if-changed="))
    );
}

#[test]
fn only_the_compiled_blocks_of_a_template_are_replaced() {
    let folder = Folder::new("template");
    let catalog = load_dir(&folder.0).unwrap();
    let before = "A: 1\n  # compiled functions: begin\n  # compiled functions: end\n  \
                  # compiled routes: begin\n  # compiled routes: end\n  \
                  # compiled machines: begin\n  Old: {}\n  # compiled machines: end\nB: 2\n  \
                  # compiled outputs: begin\n  # compiled outputs: end\n";
    let after = template::replace_block(before, &catalog).unwrap();
    assert!(after.starts_with("A: 1\n  # compiled functions: begin\n  IntakeFunction:\n"));
    assert!(
        after.contains("\n\n  # compiled functions: end\n  # compiled routes: begin\n  ShowCallerRoute:\n")
    );
    assert!(
        after.contains(
            "\n\n  # compiled routes: end\n  # compiled machines: begin\n  CompromisedRoleMachine:\n"
        )
    );
    assert!(after.contains("\n  # compiled machines: end\nB: 2\n"));
    assert!(after.ends_with("Value: !Ref LeakedAccessKeyMachine\n  # compiled outputs: end\n"));
    assert!(!after.contains("Old"));
    assert_eq!(template::replace_block(&after, &catalog).unwrap(), after);
    let error = template::replace_block("A: 1\n", &catalog)
        .unwrap_err()
        .to_string();
    assert!(error.contains("`# compiled functions: begin`"), "{error}");
}

#[test]
fn a_drill_is_linted_with_the_playbook_around_it() {
    let folder = Folder::new("drills");
    folder.edit(
        "leaked-access-key/drill.yaml",
        "who: bystander-key",
        "who: bystander",
    );
    assert_eq!(folder.codes(), ["not-planted"]);

    let folder = Folder::new("samples");
    folder.edit(
        "leaked-access-key/drill.yaml",
        "finding: health.json",
        "finding: helth.json",
    );
    assert_eq!(folder.codes(), ["finding-missing"]);

    // Another playbook's drill has the name already.
    let folder = Folder::new("twins");
    folder.edit(
        "leaked-access-key/drill.yaml",
        "name: leaked-access-key",
        "name: stolen-role-session",
    );
    assert_eq!(folder.codes(), ["drill-name-taken"]);
    let error = Drills::read(&folder.0).unwrap_err().to_string();
    assert!(
        error.contains("leaked-access-key/drill.yaml:4:11: a drill of playbook"),
        "{error}"
    );

    let folder = Folder::new("proposals");
    let text = fs::read_to_string(folder.0.join("leaked-access-key/playbook.yaml")).unwrap();
    let from = text.find("  - phase: investigate").unwrap();
    let to = text.find("links:").unwrap();
    folder.write(
        "leaked-access-key/playbook.yaml",
        &format!("{}{}", &text[..from], &text[to..]),
    );
    // Two of its drills expect a proposal.
    assert_eq!(folder.codes(), ["nothing-proposed"; 2]);
}

#[test]
fn what_only_people_run_needs_no_drill_but_is_named() {
    let folder = Folder::new("hand");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playbooks/narrow-role-trust");
    let file = |name: &str| fs::read_to_string(shipped.join(name)).unwrap();
    folder.write("narrow-role-trust/playbook.yaml", &file("playbook.yaml"));
    let report = lint(&folder.0).unwrap();
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.undrilled, ["narrow-role-trust".into()]);
    assert!(
        report
            .to_string()
            .contains("warning: playbook `narrow-role-trust` is run by hand only"),
        "{report}"
    );

    folder.write("narrow-role-trust/drill.yaml", &file("drill.yaml"));
    assert_eq!(lint(&folder.0).unwrap().undrilled, []);

    let by_finding = file("drill.yaml").replace(
        "    manual_run:\n      target: web-frontend\n      reason: its sessions were revoked, and the stranger made new ones\n",
        "    finding_about: session-from-before\n",
    );
    folder.write("narrow-role-trust/drill.yaml", &by_finding);
    assert_eq!(folder.codes(), ["no-finding-starts-it"]);
}
