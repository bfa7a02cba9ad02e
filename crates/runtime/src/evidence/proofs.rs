//! The responders' proofs in the evidence bucket, below `receipts/`: locked as evidence is, and out of reach of whoever
//! writes to the incidents table.

use async_trait::async_trait;
use aws_sdk_s3::{primitives::ByteStream, types::ChecksumAlgorithm};
use backstop_core::{ErrorName, Hash, IncidentId, StepId};

use super::EvidenceBucket;
use crate::{CallError, proof::Proofs};

/// As long as a SHA-256 in hex.
const LENGTH: usize = 64;

#[async_trait]
impl Proofs for EvidenceBucket {
    async fn keep(&self, incident: &IncidentId, step: &StepId, hash: &Hash) -> Result<(), CallError> {
        let key = key(incident, step);
        let kept = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(&key)
            .content_type("text/plain; charset=utf-8")
            .if_none_match("*")
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .body(ByteStream::from(hash.as_str().as_bytes().to_vec()))
            .send()
            .await
            .map(drop)
            .map_err(CallError::of("s3:PutObject", self.place(&key)));
        match kept {
            // An earlier attempt kept the true one.
            Err(error) if error.code == "PreconditionFailed" => Ok(()),
            kept => kept,
        }
    }

    async fn kept(&self, incident: &IncidentId, step: &StepId) -> Result<Option<Hash>, CallError> {
        let key = key(incident, step);
        match self.read(&key).await {
            Ok(bytes) => Ok(String::from_utf8(bytes)
                .ok()
                .filter(|text| text.len() == LENGTH)
                .map(Hash::new)),
            // Who may not list the bucket isn't told that there is no such object (S3 API Reference, "GetObject").
            Err(error)
                if error.name == ErrorName::TargetGone
                    || matches!(error.code.as_str(), "NoSuchKey" | "AccessDenied") =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn key(incident: &IncidentId, step: &StepId) -> String {
    format!("receipts/{incident}/{step}.sha256")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use aws_sdk_s3::{
        Client,
        operation::{
            get_object::{GetObjectError, GetObjectOutput},
            put_object::{PutObjectError, PutObjectOutput},
        },
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    fn bucket(rule: &Rule) -> EvidenceBucket {
        EvidenceBucket::new(mock_client!(aws_sdk_s3, RuleMode::MatchAny, [rule]), "evidence")
    }

    fn coded(code: &str) -> ErrorMetadata {
        ErrorMetadata::builder().code(code).build()
    }

    #[tokio::test]
    async fn the_first_proof_stays() {
        let (incident, step) = ("01K".into(), "deny-user".into());
        let put = mock!(Client::put_object)
            .match_requests(|input| {
                input.key() == Some("receipts/01K/deny-user.sha256")
                    && input.if_none_match() == Some("*")
                    && input.checksum_algorithm() == Some(&ChecksumAlgorithm::Sha256)
            })
            .then_output(|| PutObjectOutput::builder().build());
        bucket(&put).keep(&incident, &step, &"a".into()).await.unwrap();
        let there =
            mock!(Client::put_object).then_error(|| PutObjectError::generic(coded("PreconditionFailed")));
        bucket(&there).keep(&incident, &step, &"b".into()).await.unwrap();
        let failed = mock!(Client::put_object).then_error(|| PutObjectError::generic(coded("AccessDenied")));
        assert!(bucket(&failed).keep(&incident, &step, &"b".into()).await.is_err());
    }

    #[tokio::test]
    async fn what_is_no_hash_proves_nothing() {
        let (incident, step) = ("01K".into(), "deny-user".into());
        let answered = |body: &'static str| {
            mock!(Client::get_object).then_output(move || {
                GetObjectOutput::builder()
                    .body(ByteStream::from_static(body.as_bytes()))
                    .build()
            })
        };
        let hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        assert_eq!(
            bucket(&answered(hash)).kept(&incident, &step).await.unwrap(),
            Some(hash.into())
        );
        assert_eq!(
            bucket(&answered("anything"))
                .kept(&incident, &step)
                .await
                .unwrap(),
            None
        );
        let absent = mock!(Client::get_object).then_error(|| GetObjectError::generic(coded("AccessDenied")));
        assert_eq!(bucket(&absent).kept(&incident, &step).await.unwrap(), None);
        let down = mock!(Client::get_object).then_error(|| GetObjectError::generic(coded("SlowDown")));
        assert!(bucket(&down).kept(&incident, &step).await.is_err());
    }
}
