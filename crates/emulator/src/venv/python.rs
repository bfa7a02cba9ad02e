//! Finds an interpreter that the lock fits.

use std::process::Stdio;

use tokio::process::Command;

use super::VenvError;

/// The newest names come last: the lock was made with 3.11, so that is the surest.
const NAMES: [&str; 5] = ["python3.11", "python3", "python3.12", "python3.13", "python"];
/// Lower versions would need packages that the lock leaves out.
const MINIMUM: (u32, u32) = (3, 11);

pub(super) async fn find_python() -> Result<&'static str, VenvError> {
    for name in NAMES {
        if version(name).await.is_some_and(|version| version >= MINIMUM) {
            return Ok(name);
        }
    }
    Err(VenvError::NoPython {
        looked_for: NAMES.join(", "),
    })
}

async fn version(name: &str) -> Option<(u32, u32)> {
    let output = Command::new(name)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .await
        .ok()?;
    parse(&String::from_utf8_lossy(&output.stdout))
}

fn parse(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix("Python ")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(parse("Python 3.11.7\n"), Some((3, 11)));
        assert!(parse("Python 3.9.2").is_some_and(|version| version < MINIMUM));
        assert_eq!(parse("command not found"), None);
    }
}
