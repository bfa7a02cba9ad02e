//! Small inputs with their right values, where they lie beside the checkout at `../shared/findings/cases`: one for each
//! kind of fault that experts found in how findings were read. The same kinds are held by fixtures of this repository.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests; the table is what this one is run for"
)]

use std::{fs, path::Path};

use backstop_core::{
    Finding, Mode,
    finding::{Parsed, ResourceRole, SeverityLabel, Standing, parse_saved},
};
use backstop_playbook::{Catalog, Decided, Match, load_dir};

const KEY: &str = "access-key AKIAIOSFODNN7EXAMPL1";

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One input, read and decided on.
struct Case<'a> {
    catalog: &'a Catalog,
    folder: &'a Path,
    parsed: Parsed,
}

impl<'a> Case<'a> {
    fn read(catalog: &'a Catalog, folder: &'a Path, file: &str) -> Self {
        let bytes = fs::read(folder.join(file)).unwrap();
        let parsed = parse_saved(&bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
        Self {
            catalog,
            folder,
            parsed,
        }
    }

    fn finding(&self) -> &Finding {
        assert_eq!((self.parsed.findings.len(), self.parsed.refused.len()), (1, 0));
        self.parsed.findings.first().unwrap()
    }

    fn left(&self) -> &str {
        assert_eq!((self.parsed.findings.len(), self.parsed.refused.len()), (0, 0));
        &self.parsed.left.first().unwrap().reason
    }

    /// Playbook, kind and id of each answer.
    fn answers(&self) -> Vec<String> {
        self.decided().iter().map(shown).collect()
    }

    fn decided(&self) -> Vec<Match<'_>> {
        let decided = self.parsed.findings.iter().map(|it| self.catalog.decide(it));
        decided
            .flat_map(|decided| match decided {
                Decided::Answered(answers) => answers,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn is_answered(&self, expected: &[&str]) {
        assert_eq!(self.answers(), expected);
    }

    /// The keys of the one finding's targets and of those of the other file.
    fn has_the_targets_of(&self, other: &str) {
        let other = Self::read(self.catalog, self.folder, other);
        let keys = |case: &Self| -> Vec<String> {
            let targets = case.finding().targets.iter();
            targets
                .map(|it| format!("{} {}", it.key(), it.resource))
                .collect()
        };
        assert_eq!(keys(self), keys(&other));
    }

    fn says(&self, facts: &[&str]) {
        let said = &self.finding().facts;
        for fact in facts {
            assert!(said.iter().any(|it| it.contains(fact)), "{fact}: {said:?}");
        }
    }

    fn never_by_itself(&self) {
        for answer in self.decided() {
            assert!(
                answer.mode < Mode::Auto || !answer.playbook.contains(),
                "{}",
                shown(&answer)
            );
        }
    }
}

fn shown(answer: &Match<'_>) -> String {
    let resource = &answer.target.resource;
    format!("{}: {} {}", answer.playbook.name, resource.kind(), resource.id())
}

fn check(case: &Case<'_>, file: &str) {
    match file.split('-').next().unwrap() {
        "a1" => assert!(case.left().ends_with("found no threats: not a finding")),
        "a2" => {
            case.is_answered(&[
                "triage: other AWS::EC2::Image/arn:aws:ec2:eu-west-1:123456789012:image/ami-0abc1234def567890",
            ]);
            assert_eq!(case.finding().severity.label, SeverityLabel::High);
            assert!(case.finding().description.contains("EICAR-Test-File"));
        }
        "a3" => case.is_answered(&[
            "triage: other AWS::Backup::RecoveryPoint/arn:aws:backup:eu-west-1:\
             123456789012:recovery-point:11111111-0000-4000-8000-000000000002",
        ]),
        "b1" | "b2" => case.never_by_itself(),
        "c1" => {
            case.is_answered(&["leaked-access-key: user deploy", "triage: bucket reports-prod"]);
            has_id(case, "AIDAFOREIGNEXAMPLE00");
        }
        "c2" => {
            case.is_answered(&["leaked-access-key: user alice"]);
            has_id(case, "AIDAEXAMPLEEXAMPLE77");
        }
        "d1" | "d2" => {
            case.is_answered(&[
                &format!("leaked-access-key: {KEY}"),
                "triage: bucket reports-prod",
            ]);
        }
        "e1" => {
            case.is_answered(&["compromised-role: role-session Admin/ASIAIOSFODNN7EXAMPL1"]);
            let target = case.finding().targets.first().unwrap();
            let json = serde_json::to_value(&target.resource).unwrap();
            assert_eq!(json.get("role_id").unwrap(), "AROAEXAMPLEEXAMPLE01");
            assert_eq!(json.get("session_name").unwrap(), "alice");
        }
        "e2" => {
            case.is_answered(&[&format!("leaked-access-key: {KEY}")]);
            assert!(
                case.finding()
                    .targets
                    .first()
                    .unwrap()
                    .to_string()
                    .contains("of user ci-deploy")
            );
        }
        "e3" => {
            case.is_answered(&["compromised-instance: instance i-0abc1234def567890"]);
            assert_eq!(case.finding().resource_role, Some(ResourceRole::Actor));
        }
        "f1" => case.is_answered(&["triage: bucket crm-exports"]),
        "f3" => assert!(case.left().contains("class 2005")),
        "g" if file.contains("sqs") => case.has_the_targets_of("g-sqs-3-asff.json"),
        "g" => case.has_the_targets_of("g-rds-1-asff.json"),
        // That the second and third are told quietly is intake's: see its tests.
        "h1" | "h2" | "h3" => case.has_the_targets_of("h1-open-ssh-ec2-19.json"),
        "i1" => {
            let finding = case.finding();
            let Decided::Inactive { reason } = case.catalog.decide(finding) else {
                panic!("not inactive")
            };
            assert_eq!(reason, "suppressed in Security Hub (Workflow.Status)");
        }
        "j1" => case.is_answered(&[
            &format!("leaked-access-key: {KEY}"),
            "compromised-instance: instance i-0abc1234def567890",
        ]),
        "k1" => case.is_answered(&[
            "triage: other AWS::DynamoDB::Table/arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
        ]),
        "l1" => case.is_answered(&[
            &format!("leaked-access-key: {KEY}"),
            "triage: instance i-0abc1234def567892",
        ]),
        "m1" => case.says(&[
            "/opt/app/.x/dns-filter",
            "CryptoCurrency:Runtime/BitcoinTool.B!DNS",
            "HIGH_RISK_API: iam:CreateUser",
        ]),
        "n1" => {
            let finding = case.finding();
            assert!(matches!(&finding.standing, Standing::Inactive { reason } if reason.contains("sample")));
            let answers: Vec<_> = case.catalog.answers(finding).iter().map(shown).collect();
            assert_eq!(
                answers,
                ["leaked-access-key: access-key GeneratedFindingAccessKeyId"]
            );
        }
        other => panic!("no right value is known for case {other}"),
    }
}

/// The first target carries the principal's unique id.
fn has_id(case: &Case<'_>, id: &str) {
    let target = case.finding().targets.first().unwrap();
    let json = serde_json::to_value(&target.resource).unwrap();
    assert_eq!(json.get("user_id").and_then(|it| it.as_str()), Some(id), "{json}");
}

#[test]
fn every_case_has_its_right_value() {
    let folder = here().join("../../../shared/findings/cases");
    let Ok(table) = fs::read_to_string(folder.join("cases.tsv")) else {
        eprintln!("skipped: no cases at {}", folder.display());
        return;
    };
    let catalog = load_dir(&here().join("../../playbooks")).unwrap();
    let files: Vec<&str> = table
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').next())
        .collect();
    for file in &files {
        check(&Case::read(&catalog, &folder, file), file);
        println!("right: {file}");
    }
    println!("{} of {} cases", files.len(), files.len());
}
