//! `backstop detections`, as somebody who begins with it would type it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
};

use assert_cmd::Command;
use serde_json::Value;

fn backstop(project: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("backstop")
        .unwrap()
        .args(["detections", "--project", project.to_str().unwrap()])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_rule_is_begun_spoilt_mended_and_tried() {
    let project = tempfile::tempdir().unwrap();
    let project = project.path();
    let (code, said, _) = backstop(project, &["lint"]);
    assert_eq!((code, said.trim()), (0, "0 files in order"));

    let (code, said, _) = backstop(project, &["new", "office-scanner"]);
    assert_eq!(code, 0, "{said}");
    let rule = project.join("detections/suppressions/office-scanner.yaml");
    assert!(said.contains(rule.to_str().unwrap()), "{said}");
    assert!(project.join("detections/suppression.schema.json").is_file());
    let (code, said, _) = backstop(project, &["lint"]);
    assert_eq!(
        (code, said.trim()),
        (0, "1 file in order"),
        "a rule that was just begun passes"
    );
    let (code, _, said) = backstop(project, &["new", "office-scanner"]);
    assert_eq!(code, 4, "it isn't written over: {said}");
    let (code, _, said) = backstop(project, &["new", "../x"]);
    assert_eq!(code, 4, "{said}");

    let good = fs::read_to_string(&rule).unwrap();
    let bad = good.replace("[Recon:EC2/Portscan]", "[Recon:EC2/PortScan]");
    fs::write(&rule, &bad).unwrap();
    let (code, said, _) = backstop(project, &["lint"]);
    assert_eq!(code, 5);
    assert!(
        said.contains("unknown-type") && said.contains("did you mean `Recon:EC2/Portscan`?"),
        "{said}"
    );
    let (code, _, said) = backstop(project, &["test"]);
    assert_eq!(code, 5, "nothing is said of rules that aren't in order");
    assert!(said.contains("backstop detections lint"), "{said}");

    fs::write(&rule, &good).unwrap();
    let findings = project.join("findings");
    fs::create_dir(&findings).unwrap();
    let finding = |image: &str| {
        format!(
            r#"{{"detail":{{"type":"Recon:EC2/Portscan","service":{{}},"resource":{{"instanceDetails":{{"imageId":"{image}"}}}}}}}}"#
        )
    };
    fs::write(findings.join("ours.json"), finding("ami-0123456789abcdef0")).unwrap();
    fs::write(findings.join("theirs.json"), finding("ami-0fedcba9876543210")).unwrap();
    fs::write(findings.join("notes.json"), "{}").unwrap();
    let path = findings.to_str().unwrap();
    let (code, said, _) = backstop(project, &["test", "--findings", path, "--most", "50"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("hides 1 finding, 50 % of 2") && said.contains("ours.json"),
        "{said}"
    );
    assert!(!said.contains("theirs.json"), "{said}");

    let (code, said, _) = backstop(project, &["test", "--findings", path]);
    assert_eq!(code, 5, "more than 20 %: {said}");
    let ours = findings.join("ours.json");
    let (code, said, _) = backstop(
        project,
        &["test", "--contained", ours.to_str().unwrap(), "--most", "100"],
    );
    assert_eq!(code, 5, "an incident was contained for it: {said}");
    assert!(said.contains("FAILS: an incident was contained for it"), "{said}");

    let (_, said, _) = backstop(project, &["test", "--findings", path, "--output", "json"]);
    let trial: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        trial.pointer("/rules/0/findings/0/hidden"),
        Some(&Value::from("yes"))
    );
    let (code, _, said) = backstop(project, &["test", "--findings", "/nowhere"]);
    assert_eq!(code, 1);
    assert!(said.contains("/nowhere"), "{said}");
}

#[test]
fn a_project_is_begun_compiled_and_rolled_back() {
    let project = tempfile::tempdir().unwrap();
    let project = project.path();
    let git = |arguments: &[&str]| {
        let done = std::process::Command::new("git")
            .arg("-C")
            .arg(project)
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .status()
            .unwrap();
        assert!(done.success(), "{arguments:?}");
    };
    let (code, _, said) = backstop(project, &["compile"]);
    assert_eq!(code, 3, "there are no settings: {said}");
    assert_eq!(backstop(project, &["new"]).0, 0);
    assert_eq!(backstop(project, &["new"]).0, 4, "it isn't begun again");
    let (code, said, _) = backstop(project, &["lint"]);
    assert_eq!((code, said.trim()), (0, "15 files in order"));
    let (code, said, _) = backstop(project, &["compile", "--check"]);
    assert_eq!(code, 5, "{said}");
    assert!(
        !project.join("detections.template.yaml").exists(),
        "a check writes nothing"
    );
    let (code, said, _) = backstop(project, &["compile"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(backstop(project, &["compile", "--check"]).0, 0);
    let (code, _, said) = backstop(project, &["rollback"]);
    assert_eq!(code, 1, "it isn't in git: {said}");
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "begin"]);
    let (code, _, said) = backstop(project, &["rollback"]);
    assert_eq!(code, 3, "there is no version before: {said}");

    assert_eq!(backstop(project, &["new", "office-scanner"]).0, 0);
    let (_, said, _) = backstop(project, &["compile"]);
    assert!(
        said.contains("+ SuppressionOfficeScanner (GuardDuty::Filter)  FINDS LESS: hides findings"),
        "{said}"
    );
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "hide\u{1b}[31m scans"]);
    let (code, said, err) = backstop(project, &["rollback"]);
    assert_eq!(code, 0, "{err}");
    for wanted in [
        "begin",
        "- SuppressionOfficeScanner (GuardDuty::Filter)\n",
        "restore --source=",
        "aws cloudformation deploy --stack-name backstop-detections",
    ] {
        assert!(said.contains(wanted), "{wanted} not in {said}");
    }
    // What it prints works: the rule is gone, and what is compiled is what was before.
    let restore = said.lines().find(|line| line.contains("restore")).unwrap();
    let done = std::process::Command::new("sh")
        .args(["-c", restore.trim()])
        .status()
        .unwrap();
    assert!(done.success(), "{restore}");
    assert_eq!(backstop(project, &["compile"]).0, 0);
    assert!(
        !project
            .join("detections/suppressions/office-scanner.yaml")
            .exists()
    );
    let (code, said, _) = backstop(project, &["rollback"]);
    assert!(
        code == 0 && said.contains("hide scans"),
        "harmless on a terminal: {said}"
    );
    let (code, _, said) = backstop(project, &["rollback", "--to=--output=never-written"]);
    assert_eq!(code, 1, "no option of git's: {said}");
}

#[test]
fn a_rule_about_one_resource_becomes_an_exemption_and_a_trial_a_page() {
    let project = tempfile::tempdir().unwrap();
    let project = project.path();
    assert_eq!(backstop(project, &["new", "our-bucket"]).0, 0);
    let rule = project.join("detections/suppressions/our-bucket.yaml");
    let (code, _, said) = backstop(project, &["convert", "our-bucket"]);
    assert_eq!(code, 4, "an image is no resource: {said}");
    assert_eq!(backstop(project, &["convert", "no-such"]).0, 3);
    let text = fs::read_to_string(&rule).unwrap();
    let text = text.replace(
        "resource.instanceDetails.imageId",
        "resource.instanceDetails.instanceId",
    );
    fs::write(
        &rule,
        text.replace("ami-0123456789abcdef0", "i-0123456789abcdef0"),
    )
    .unwrap();
    let (code, said, _) = backstop(project, &["convert", "our-bucket"]);
    assert_eq!(code, 0);
    assert!(
        said.contains("backstop exempt add --arn 'arn:aws:ec2:*:*:instance/i-0123456789abcdef0' --owner"),
        "{said}"
    );
    assert!(said.contains("the rule also asked for type"), "{said}");
    let page = project.join("out/page.html");
    let (code, said, err) = backstop(project, &["test", "--page", page.to_str().unwrap()]);
    assert_eq!(code, 0, "{said}{err}");
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.contains("Port scans of the vulnerability scanner"), "{html}");
    assert!(rule.exists());
    assert_eq!(backstop(project, &["convert", "our-bucket", "--remove"]).0, 0);
    assert!(!rule.exists());
}

/// AWS, as it answers to a project whose files say that every plan is on: one plan is off, and a filter hides findings
/// that is in no file. Ids and names are AWS's; so are paths (GuardDuty, Security Hub and EventBridge API References).
fn answer(request: &str) -> (u16, String) {
    let line = request.lines().next().unwrap();
    let features = [
        "S3_DATA_EVENTS",
        "EKS_AUDIT_LOGS",
        "EBS_MALWARE_PROTECTION",
        "RDS_LOGIN_EVENTS",
        "LAMBDA_NETWORK_LOGS",
        "AI_PROTECTION",
        "AI_ANALYST",
    ];
    let mut features: Vec<Value> = features
        .map(|name| serde_json::json!({ "name": name, "status": if name == "RDS_LOGIN_EVENTS" { "DISABLED" } else { "ENABLED" } }))
        .into();
    let agents = [
        "EKS_ADDON_MANAGEMENT",
        "ECS_FARGATE_AGENT_MANAGEMENT",
        "EC2_AGENT_MANAGEMENT",
    ]
    .map(|name| serde_json::json!({ "name": name, "status": "ENABLED" }));
    features.push(serde_json::json!({ "name": "RUNTIME_MONITORING", "status": "ENABLED", "additionalConfiguration": agents }));
    let body = match line.trim_end_matches(" HTTP/1.1") {
        "GET /detector" => serde_json::json!({ "detectorIds": ["d1"] }),
        "GET /detector/d1" => {
            serde_json::json!({ "status": "ENABLED", "findingPublishingFrequency": "FIFTEEN_MINUTES", "features": features })
        }
        "GET /detector/d1/filter" => serde_json::json!({ "filterNames": ["a b"], "nextToken": "t/1=" }),
        "GET /detector/d1/filter?nextToken=t%2F1%3D" => serde_json::json!({ "filterNames": ["quiet"] }),
        "GET /detector/d1/filter/a%20b" => serde_json::json!({ "name": "a b", "action": "NOOP" }),
        "GET /detector/d1/filter/quiet" => {
            serde_json::json!({ "name": "quiet", "action": "ARCHIVE", "findingCriteria": { "criterion": { "severity": { "gte": 1 } } } })
        }
        "GET /detector/d1/trustedentityset" => serde_json::json!({ "trustedEntitySetIds": [] }),
        "GET /detector/d1/threatentityset" => serde_json::json!({ "threatEntitySetIds": ["l1"] }),
        "GET /detector/d1/threatentityset/l1" => {
            serde_json::json!({ "name": "more", "location": "s3://x/y", "status": "ACTIVE" })
        }
        "GET /detector/d1/ipset" => serde_json::json!({ "ipSetIds": [] }),
        "GET /detector/d1/threatintelset" => serde_json::json!({ "threatIntelSetIds": [] }),
        "GET /accounts" => {
            serde_json::json!({ "AutoEnableControls": true, "ControlFindingGenerator": "SECURITY_CONTROL" })
        }
        "GET /automationrules/list" => serde_json::json!({ "AutomationRulesMetadata": [] }),
        "POST /" if request.contains("AWSEvents.ListRules") => {
            let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../detections.template.yaml");
            let template: Value =
                backstop_detections::change::parse(&fs::read_to_string(template).unwrap()).unwrap();
            let resources = template.get("Resources").unwrap().as_object().unwrap().values();
            let rules: Vec<Value> = resources
                .filter(|it| it.get("Type").unwrap() == "AWS::Events::Rule")
                .map(|it| it.get("Properties").unwrap())
                .map(|it| serde_json::json!({ "Name": it.get("Name"), "State": it.get("State"), "EventPattern": it.get("EventPattern").unwrap().to_string() }))
                .collect();
            serde_json::json!({ "Rules": rules })
        }
        other => return (404, serde_json::json!({ "message": other }).to_string()),
    };
    (200, body.to_string())
}

/// Serves until the test ends.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            // A request ends with its body, of which the head says the length.
            loop {
                let text = String::from_utf8_lossy(&request).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let length = head.lines().find_map(|line| {
                        let (name, value) = line.split_once(':')?;
                        name.eq_ignore_ascii_case("content-length")
                            .then(|| value.trim().parse::<usize>().unwrap())
                    });
                    if body.len() >= length.unwrap_or(0) {
                        break;
                    }
                }
                let read = stream.read(&mut buffer).unwrap();
                if read == 0 {
                    break;
                }
                request.extend(buffer.iter().take(read));
            }
            let (status, body) = answer(&String::from_utf8_lossy(&request));
            let head = format!(
                "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    port
}

#[test]
fn a_plan_names_what_is_deployed_otherwise() {
    let project = tempfile::tempdir().unwrap();
    let project = project.path();
    assert_eq!(backstop(project, &["new"]).0, 0);
    let port = serve();
    let plan = |more: &[&str]| {
        let output = Command::cargo_bin("backstop")
            .unwrap()
            .args([
                "detections",
                "--project",
                project.to_str().unwrap(),
                "plan",
                "--region",
                "eu-west-1",
            ])
            .args(more)
            .env_clear()
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env(
                "AWS_SECRET_ACCESS_KEY",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            )
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let (code, said, err) = plan(&[]);
    assert_eq!(code, 0, "{said}{err}");
    assert!(
        said.starts_with(
            "eu-west-1\n  DRIFT, a plan is off: detector Features.RDS_LOGIN_EVENTS.Status: DISABLED → ENABLED\n  \
             DRIFT, hides findings: filter/quiet is in no file\n\n2 differences, 2 of them"
        ),
        "{said}"
    );
    assert_eq!(plan(&["--check"]).0, 5);

    // A list in the files needs its bucket named; nothing is guessed.
    let lists = project.join("detections/address-lists");
    fs::create_dir_all(&lists).unwrap();
    let list = "title: Theirs\nkind: threat\nentries:\n  - {entry: 203.0.113.66, owner: a, reason: b}\n";
    fs::write(lists.join("theirs.yaml"), list).unwrap();
    let (code, _, err) = plan(&[]);
    assert!(code == 4 && err.contains("--list-bucket"), "{err}");
    let (code, said, _) = plan(&["--list-bucket", "our-lists", "--output", "json"]);
    assert_eq!(code, 0);
    let json: Value = serde_json::from_str(&said).unwrap();
    let missing = json.pointer("/regions/eu-west-1").unwrap().as_array().unwrap();
    let list = missing
        .iter()
        .find(|it| it.get("of").unwrap() == "threat-entities/theirs")
        .unwrap();
    assert_eq!(list.get("drift").unwrap(), "threat-list");
}

#[test]
fn the_schemas_beside_the_project_s_files_are_those_of_this_version() {
    let detections = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../detections");
    for (kind, file) in [
        ("suppression", "suppression.schema.json"),
        ("address-list", "address-list.schema.json"),
        ("automation-rule", "automation-rule.schema.json"),
        ("event-rule", "event-rule.schema.json"),
        ("settings", "settings.schema.json"),
    ] {
        let (_, printed, _) = backstop(Path::new("."), &["schema", kind]);
        let kept = fs::read_to_string(detections.join(file)).unwrap();
        assert_eq!(
            printed.trim(),
            kept.trim(),
            "write it: backstop detections schema {kind} > detections/{file}"
        );
    }
}
