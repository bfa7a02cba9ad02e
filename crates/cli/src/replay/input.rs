//! Saved files: JSON, JSON lines as GuardDuty exports its findings to S3, and either of them gzipped.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use flate2::read::MultiGzDecoder;

use super::ReplayError;

/// What a gzipped file begins with (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file that unpacks to more isn't a list of findings.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// Whether the file's name is that of a saved message or export.
pub(super) fn is_saved(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    [".json", ".jsonl"].iter().any(|ending| name.ends_with(ending))
}

/// Reads a file, unpacked.
pub(super) fn file(path: &Path) -> Result<Vec<u8>, ReplayError> {
    File::open(path)
        .and_then(read)
        .map_err(|source| ReplayError::File {
            path: path.to_owned(),
            source,
        })
}

/// Reads to the end, and unpacks what is gzipped, whatever it is called.
pub(super) fn read(mut from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes)?;
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    let mut decoder = MultiGzDecoder::new(bytes.as_slice()).take(MOST_BYTES + 1);
    decoder.read_to_end(&mut unpacked)?;
    if unpacked.len() as u64 > MOST_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it unpacks to more than 512 MiB",
        ));
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn what_is_gzipped_is_unpacked_and_all_else_is_as_it_is() {
        let text = b"{\"type\": \"a\"}\n{\"type\": \"b\"}\n";
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(read(packed.as_slice()).unwrap(), text);
        assert_eq!(read(text.as_slice()).unwrap(), text);
        assert!(read(packed.get(..12).unwrap()).is_err());
    }

    #[test]
    fn saved_files_are_known_by_their_names() {
        for name in ["a.json", "a.jsonl", "a.json.gz", "0a1b.jsonl.gz"] {
            assert!(is_saved(Path::new(name)), "{name}");
        }
        for name in ["a.yaml", "a.gz", "json", "cases.tsv"] {
            assert!(!is_saved(Path::new(name)), "{name}");
        }
    }
}
