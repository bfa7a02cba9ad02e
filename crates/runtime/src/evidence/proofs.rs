//! The responders' proofs in the evidence bucket, below `receipts/`: locked as evidence is, and out of reach of whoever
//! writes to the incidents table.

use async_trait::async_trait;
use backstop_core::{ErrorName, Hash, IncidentId, StepId};

use super::EvidenceBucket;
use crate::{CallError, proof::Proofs};

#[async_trait]
impl Proofs for EvidenceBucket {
    async fn keep(&self, incident: &IncidentId, step: &StepId, hash: &Hash) -> Result<(), CallError> {
        let key = key(incident, step, hash);
        let bytes = hash.as_str().as_bytes().to_vec();
        self.write(&key, bytes, |put| {
            put.content_type("text/plain; charset=utf-8").if_none_match("*")
        })
        .await
    }

    async fn kept(&self, incident: &IncidentId, step: &StepId, hash: &Hash) -> Result<bool, CallError> {
        match self.read(&key(incident, step, hash)).await {
            Ok(_) => Ok(true),
            // The responders may not list the bucket, so S3 answers `AccessDenied` where there is no such object (S3 API
            // Reference, "GetObject"). It answers so as well where the permission to read is missing; neither proves
            // anything.
            Err(error)
                if error.name == ErrorName::TargetGone
                    || matches!(error.code.as_str(), "NoSuchKey" | "AccessDenied") =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

fn key(incident: &IncidentId, step: &StepId, hash: &Hash) -> String {
    format!("receipts/{incident}/{step}/{hash}")
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
        types::ChecksumAlgorithm,
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
    async fn each_plan_has_a_proof_of_its_own_that_stays() {
        let (incident, step) = ("01K".into(), "deny-user".into());
        let put = mock!(Client::put_object)
            .match_requests(|input| {
                input.key() == Some("receipts/01K/deny-user/a")
                    && input.if_none_match() == Some("*")
                    && input.checksum_algorithm() == Some(&ChecksumAlgorithm::Sha256)
            })
            .then_output(|| PutObjectOutput::builder().build());
        bucket(&put).keep(&incident, &step, &"a".into()).await.unwrap();
        let there =
            mock!(Client::put_object).then_error(|| PutObjectError::generic(coded("PreconditionFailed")));
        bucket(&there).keep(&incident, &step, &"a".into()).await.unwrap();
        let failed = mock!(Client::put_object).then_error(|| PutObjectError::generic(coded("AccessDenied")));
        assert!(bucket(&failed).keep(&incident, &step, &"b".into()).await.is_err());
    }

    #[tokio::test]
    async fn only_what_was_kept_is_proven() {
        let (incident, step) = ("01K".into(), "deny-user".into());
        let there = mock!(Client::get_object)
            .match_requests(|input| input.key() == Some("receipts/01K/deny-user/a"))
            .then_output(|| GetObjectOutput::builder().build());
        assert!(bucket(&there).kept(&incident, &step, &"a".into()).await.unwrap());
        for code in ["AccessDenied", "NoSuchKey"] {
            let absent = mock!(Client::get_object).then_error(move || GetObjectError::generic(coded(code)));
            let kept = bucket(&absent).kept(&incident, &step, &"a".into()).await;
            assert!(!kept.unwrap(), "{code}");
        }
        let down = mock!(Client::get_object).then_error(|| GetObjectError::generic(coded("SlowDown")));
        assert!(bucket(&down).kept(&incident, &step, &"a".into()).await.is_err());
    }
}
