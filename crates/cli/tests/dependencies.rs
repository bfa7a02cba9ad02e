//! The command that people install links no client of a service that it doesn't call, and none of the drills.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeSet, path::Path, process::Command};

/// What `cargo tree -p backstop-cli -e normal` lists, by name: what is linked, with the features that this package
/// alone asks for.
fn linked() -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "backstop-cli",
            "--edges",
            "normal",
            "--prefix",
            "none",
        ])
        .args(["--format", "{p}", "--locked", "--offline"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_services_client_is_linked() {
    let linked = linked();
    let services: Vec<&str> = linked
        .iter()
        .filter_map(|name| name.strip_prefix("aws-sdk-"))
        .collect();
    // They are `aws-config`'s own: how a person signs in. Whatever else is asked, the api is asked for.
    let expected = ["sso", "ssooidc", "sts"];
    assert_eq!(services, expected);
}

#[test]
fn neither_the_functions_nor_the_disposable_account_are_linked() {
    let linked = linked();
    assert!(linked.contains("backstop-terminal"), "{linked:?}");
    for name in [
        "backstop-drill",
        "backstop-emulator",
        "backstop-runtime",
        "lambda_runtime",
    ] {
        assert!(!linked.contains(name), "`{name}` is linked");
    }
}
