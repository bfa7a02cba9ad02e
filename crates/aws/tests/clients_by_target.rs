//! Every function's client of a service comes from `Accounts`, by its account and Region. Only a `main.rs` makes clients,
//! and only of what belongs to the deployment itself: its table, its topic, its queue.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// What makes a client, or puts a configuration into another Region.
fn makes_a_client(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.contains("Client::new(&")
        || code.contains("Client::new(config")
        || code.contains(".region(Region::new(")
        || code.contains(".region(AwsRegion::new(")
}

#[test]
fn no_file_but_main_makes_a_client_or_overrides_a_region() {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions");
    let mut files = Vec::new();
    sources(&functions, &mut files);
    assert!(files.len() > 100, "{} files were found", files.len());
    let mut found = Vec::new();
    // Tests have clients of answers that they made up.
    let is_of_test = |file: &Path| {
        file.ends_with("tests.rs")
            || file.ends_with("src/testing.rs")
            || file.components().any(|part| part.as_os_str() == "tests")
    };
    let files = files
        .iter()
        .filter(|file| !file.ends_with("src/main.rs") && !is_of_test(file));
    for file in files {
        for (number, line) in fs::read_to_string(file).unwrap().lines().enumerate() {
            if makes_a_client(line) {
                found.push(format!("{}:{}: {line}", file.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_stood_there_before_is_found() {
    for line in [
        "            ec2: aws_sdk_ec2::Client::new(config),",
        "        let iam = aws_sdk_iam::Client::new(&config);",
        "            Clients::of(&config.to_builder().region(Region::new(region.to_owned())).build())",
        "                .region(AwsRegion::new(region.to_owned()))",
    ] {
        assert!(makes_a_client(line), "{line}");
    }
    assert!(!makes_a_client("let client = aws.client::<Ec2>();"));
}
