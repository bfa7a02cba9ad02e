//! A function's zip: the binary as `bootstrap`, without its debug information.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;
use tokio::process::Command;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A binary can't be made into a zip.
#[derive(Debug, Error)]
pub enum BundleError {
    /// The binary can't be read.
    #[error("reading the binary `{}`", path.display())]
    Read {
        /// The binary.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no place for the stripped copy.
    #[error("making a temporary directory")]
    Directory(#[source] std::io::Error),
    /// The archive can't be written.
    #[error("writing the zip")]
    Zip(#[from] zip::result::ZipError),
    /// The archive's content can't be written.
    #[error("writing `bootstrap` into the zip")]
    Write(#[source] std::io::Error),
}

/// Zips the binary at `path`.
pub(super) async fn bundle(path: &Path) -> Result<Vec<u8>, BundleError> {
    zipped(&stripped(path).await?)
}

/// The binary without debug information, most of a dev build: the emulator keeps, hashes and unpacks every
/// zip. Where there is no `strip`, the whole binary does as well, only slower.
async fn stripped(path: &Path) -> Result<Vec<u8>, BundleError> {
    let directory = tempfile::tempdir().map_err(BundleError::Directory)?;
    let copy = directory.path().join("bootstrap");
    let strip = Command::new("strip").arg("-S").arg("-o").arg(&copy).arg(path).output().await;
    let chosen = if strip.is_ok_and(|output| output.status.success()) { &copy } else { path };
    tokio::fs::read(chosen).await.map_err(|source| BundleError::Read { path: chosen.to_owned(), source })
}

/// Stored, not deflated: it goes over loopback once.
fn zipped(binary: &[u8]) -> Result<Vec<u8>, BundleError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::with_capacity(binary.len() + 512)));
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o755);
    zip.start_file("bootstrap", options)?;
    zip.write_all(binary).map_err(BundleError::Write)?;
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::io::Read;

    use super::*;

    #[tokio::test]
    async fn the_zip_holds_an_executable_bootstrap_that_runs() {
        let zip = bundle(&std::env::current_exe().unwrap()).await.unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut entry = archive.by_name("bootstrap").unwrap();
        assert_eq!(entry.unix_mode(), Some(0o100_755));
        let mut binary = Vec::new();
        entry.read_to_end(&mut binary).unwrap();

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bootstrap");
        std::fs::write(&path, binary).unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, executable).unwrap();
        assert!(std::process::Command::new(&path).arg("--list").output().unwrap().status.success());
    }

    #[tokio::test]
    async fn a_missing_binary_is_named() {
        let error = bundle(Path::new("/nowhere/intake")).await.unwrap_err();
        assert_eq!(error.to_string(), "reading the binary `/nowhere/intake`");
    }
}
