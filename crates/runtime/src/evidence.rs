//! The evidence bucket: objects below `incidents/<id>/`, written with their checksum, never deleted.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_sdk_s3::{
    Client, operation::put_object::builders::PutObjectFluentBuilder, presigning::PresigningConfig,
    primitives::ByteStream, types::ChecksumAlgorithm,
};
use backstop_actions::permissions::s3;
use backstop_core::{
    IncidentId,
    evidence::{Item, LogHead, MANIFEST},
};

use crate::CallError;

/// The evidence bucket.
#[derive(Clone, Debug)]
pub struct EvidenceBucket {
    client: Client,
    name: String,
}

/// One version of an item. Each is written once, but for the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The item's name below the incident.
    pub name: String,
    /// S3's id of it.
    pub id: String,
    /// Counted from the first.
    pub number: u32,
    /// Whether a delete marker hides the item.
    pub is_hidden: bool,
}

impl EvidenceBucket {
    /// The bucket with this name.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self {
            client,
            name: name.into(),
        }
    }

    /// The bucket's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes one item once, with how far the log goes; the manifest grows, so it gets another version. An item that is
    /// there was written by an earlier attempt: what it holds is checked against the manifest by whoever reads it.
    pub async fn put(&self, incident: &IncidentId, item: Item, log: &LogHead) -> Result<(), CallError> {
        let key = key(incident, &item.name);
        let content_type = content_type(&item.name);
        let once = (item.name != MANIFEST).then(|| "*".to_owned());
        self.write(&key, item.bytes, |put| {
            put.set_if_none_match(once)
                .metadata("log-records", log.records.to_string())
                .metadata("log-head", log.head.as_str())
                .content_type(content_type)
        })
        .await
    }

    /// Writes one object. One that was to be written once and is there was written by an earlier attempt.
    async fn write(
        &self,
        key: &str,
        bytes: Vec<u8>,
        with: impl FnOnce(PutObjectFluentBuilder) -> PutObjectFluentBuilder + Send,
    ) -> Result<(), CallError> {
        let written = with(self.client.put_object())
            .bucket(&self.name)
            .key(key)
            // A bucket with Object Lock takes only what comes with its checksum (S3 User Guide, "Locking objects with
            // Object Lock"); SHA-256 is what the manifest has as well.
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map(drop)
            .map_err(CallError::of(s3::PUT_OBJECT, self.place(key)));
        match written {
            Err(error) if error.code == "PreconditionFailed" => Ok(()),
            written => written,
        }
    }

    /// Every version of all that is kept of an incident, in the order in which S3 lists the names, the first version
    /// before the later ones.
    pub async fn versions(&self, incident: &IncidentId) -> Result<Vec<Version>, CallError> {
        let prefix = key(incident, "");
        let mut versions: Vec<Version> = Vec::new();
        let mut hidden = BTreeSet::new();
        let mut list = self
            .client
            .list_object_versions()
            .bucket(&self.name)
            .prefix(&prefix);
        loop {
            let page = list.clone().send().await;
            let page = page.map_err(CallError::of(s3::LIST_BUCKET_VERSIONS, self.place(&prefix)))?;
            versions.extend(page.versions().iter().filter_map(|one| {
                Some(Version {
                    name: one.key()?.strip_prefix(&prefix)?.to_owned(),
                    id: one.version_id()?.to_owned(),
                    number: 1,
                    is_hidden: false,
                })
            }));
            let markers = page
                .delete_markers()
                .iter()
                .filter(|marker| marker.is_latest() == Some(true));
            hidden
                .extend(markers.filter_map(|marker| marker.key()?.strip_prefix(&prefix).map(str::to_owned)));
            if page.is_truncated() != Some(true) {
                break;
            }
            list = list
                .set_key_marker(page.next_key_marker)
                .set_version_id_marker(page.next_version_id_marker);
        }
        // S3 lists the versions of a name from the newest to the oldest (S3 API Reference, "ListObjectVersions").
        versions.reverse();
        versions.sort_by(|one, other| one.name.cmp(&other.name));
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for version in &mut versions {
            let count = counts.entry(version.name.clone()).or_default();
            *count += 1;
            version.number = *count;
            version.is_hidden = hidden.contains(&version.name);
        }
        Ok(versions)
    }

    /// An address under which whoever has it reads this version of the item for so long, with this bucket's credentials.
    pub async fn address(
        &self,
        incident: &IncidentId,
        version: &Version,
        valid_for: Duration,
    ) -> Result<String, CallError> {
        let key = key(incident, &version.name);
        let place = self.place(&key);
        let failed = |message: String| CallError {
            name: backstop_core::ErrorName::Internal,
            call: s3::GET_OBJECT,
            on: place.clone(),
            code: String::new(),
            message,
        };
        let config = PresigningConfig::expires_in(valid_for).map_err(|error| failed(error.to_string()))?;
        let request = self.client.get_object().bucket(&self.name).key(&key);
        let request = request.version_id(&version.id);
        let signed = request.presigned(config).await;
        Ok(signed
            .map_err(CallError::of(s3::GET_OBJECT, self.place(&key)))?
            .uri()
            .to_owned())
    }

    /// Reads one item, as it is now.
    pub async fn get(&self, incident: &IncidentId, name: &str) -> Result<Vec<u8>, CallError> {
        self.read(&key(incident, name)).await
    }

    async fn read(&self, key: &str) -> Result<Vec<u8>, CallError> {
        let answer = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(key)
            .send()
            .await
            .map_err(CallError::of(s3::GET_OBJECT, self.place(key)))?;
        let bytes = answer.body.collect().await.map_err(|error| CallError {
            name: backstop_core::ErrorName::Unavailable,
            call: s3::GET_OBJECT,
            on: self.place(key),
            code: String::new(),
            message: error.to_string(),
        })?;
        Ok(bytes.to_vec())
    }

    fn place(&self, key: &str) -> String {
        format!("`s3://{}/{key}`", self.name)
    }
}

fn key(incident: &IncidentId, name: &str) -> String {
    format!("incidents/{incident}/{name}")
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "json")) => "application/json",
        Some((_, "html")) => "text/html; charset=utf-8",
        Some((_, "md")) => "text/markdown; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use aws_sdk_s3::operation::put_object::PutObjectOutput;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;

    fn item(name: &str) -> Item {
        Item {
            name: name.into(),
            at: "2026-01-01T00:00:00Z".parse().unwrap(),
            bytes: b"{}".to_vec(),
        }
    }

    fn head() -> LogHead {
        LogHead {
            records: 14,
            head: "abc".into(),
            ..LogHead::default()
        }
    }

    #[tokio::test]
    async fn an_item_is_written_below_its_incident_once_with_a_checksum_and_the_logs_head() {
        let put = mock!(Client::put_object)
            .match_requests(|input| {
                input.bucket() == Some("evidence")
                    && input.key() == Some("incidents/01K/before/deny-user.json")
                    && input.content_type() == Some("application/json")
                    && input.checksum_algorithm() == Some(&ChecksumAlgorithm::Sha256)
                    && input.if_none_match() == Some("*")
                    && input.metadata().unwrap().get("log-head").unwrap() == "abc"
                    && input.metadata().unwrap().get("log-records").unwrap() == "14"
            })
            .then_output(|| PutObjectOutput::builder().build());
        let bucket = EvidenceBucket::new(mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&put]), "evidence");
        bucket
            .put(&"01K".into(), item("before/deny-user.json"), &head())
            .await
            .unwrap();
        assert_eq!(put.num_calls(), 1);
    }

    #[tokio::test]
    async fn what_is_there_stays_and_only_the_manifest_is_written_again() {
        let there = mock!(Client::put_object)
            .match_requests(|input| input.if_none_match() == Some("*"))
            .then_error(|| {
                let meta = aws_smithy_types::error::ErrorMetadata::builder().code("PreconditionFailed");
                aws_sdk_s3::operation::put_object::PutObjectError::generic(meta.build())
            });
        let grown = mock!(Client::put_object)
            .match_requests(|input| input.if_none_match().is_none())
            .then_output(|| PutObjectOutput::builder().build());
        let client = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&there, &grown]);
        let bucket = EvidenceBucket::new(client, "evidence");
        bucket
            .put(&"01K".into(), item("log-000014.json"), &head())
            .await
            .unwrap();
        bucket.put(&"01K".into(), item(MANIFEST), &head()).await.unwrap();
        assert_eq!((there.num_calls(), grown.num_calls()), (1, 1));
    }

    #[tokio::test]
    async fn versions_are_counted_from_the_first_and_delete_markers_are_seen() {
        use aws_sdk_s3::{
            operation::list_object_versions::ListObjectVersionsOutput,
            types::{DeleteMarkerEntry, ObjectVersion},
        };
        let version = |name: &str, id: &str| {
            let key = format!("incidents/01K/{name}");
            ObjectVersion::builder().key(key).version_id(id).build()
        };
        let page = ListObjectVersionsOutput::builder()
            .versions(version("a.json", "a2"))
            .versions(version("a.json", "a1"))
            .is_truncated(true)
            .next_key_marker("incidents/01K/a.json")
            .next_version_id_marker("a1");
        let last = ListObjectVersionsOutput::builder()
            .versions(version("b.json", "b1"))
            .delete_markers(
                DeleteMarkerEntry::builder()
                    .key("incidents/01K/b.json")
                    .is_latest(true)
                    .build(),
            );
        let (page, last) = (page.build(), last.build());
        let first = mock!(Client::list_object_versions)
            .match_requests(|input| input.key_marker().is_none() && input.prefix() == Some("incidents/01K/"))
            .then_output(move || page.clone());
        let second = mock!(Client::list_object_versions)
            .match_requests(|input| input.version_id_marker() == Some("a1"))
            .then_output(move || last.clone());
        let client = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&first, &second]);
        let found = EvidenceBucket::new(client, "evidence")
            .versions(&"01K".into())
            .await
            .unwrap();
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.name.as_str(), one.id.as_str(), one.number, one.is_hidden))
            .collect();
        assert_eq!(
            told,
            [
                ("a.json", "a1", 1, false),
                ("a.json", "a2", 2, false),
                ("b.json", "b1", 1, true)
            ]
        );
    }
}
