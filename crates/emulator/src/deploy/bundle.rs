//! A function's zip: the binary as `bootstrap`.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;
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
    /// The archive can't be written.
    #[error("writing the zip")]
    Zip(#[from] zip::result::ZipError),
    /// The archive's content can't be written.
    #[error("writing `bootstrap` into the zip")]
    Write(#[source] std::io::Error),
}

/// Zips the binary at `path`. Stored, not deflated, and with its debug information: it goes over loopback
/// once, and both take longer to remove than to send.
pub(super) async fn bundle(path: &Path) -> Result<Vec<u8>, BundleError> {
    let binary = tokio::fs::read(path).await;
    let binary = binary.map_err(|source| BundleError::Read {
        path: path.to_owned(),
        source,
    })?;
    let mut zip = ZipWriter::new(Cursor::new(Vec::with_capacity(binary.len() + 512)));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .unix_permissions(0o755);
    zip.start_file("bootstrap", options)?;
    zip.write_all(&binary).map_err(BundleError::Write)?;
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::io::Read;

    use super::*;

    #[tokio::test]
    async fn the_zip_holds_the_binary_as_an_executable_bootstrap() {
        let path = std::env::current_exe().unwrap();
        let zip = bundle(&path).await.unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut entry = archive.by_name("bootstrap").unwrap();
        assert_eq!(entry.unix_mode(), Some(0o100_755));
        let mut binary = Vec::new();
        entry.read_to_end(&mut binary).unwrap();
        assert!(binary == std::fs::read(path).unwrap());
    }

    #[tokio::test]
    async fn a_missing_binary_is_named() {
        let error = bundle(Path::new("/nowhere/intake")).await.unwrap_err();
        assert_eq!(error.to_string(), "reading the binary `/nowhere/intake`");
    }
}
