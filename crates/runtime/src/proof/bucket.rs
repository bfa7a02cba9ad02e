//! The responders' proofs in the evidence bucket, below `receipts/`: locked as evidence is, and out of reach of whoever
//! writes to the incidents table.

use async_trait::async_trait;
use backstop_actions::permissions::s3;
use backstop_aws::SignedObjects;
use backstop_core::{ErrorName, Hash, IncidentId, StepId};

use super::Proofs;
use crate::CallError;

#[async_trait]
impl Proofs for SignedObjects {
    async fn keep(&self, incident: &IncidentId, step: &StepId, hash: &Hash) -> Result<(), CallError> {
        self.put_once(s3::PUT_OBJECT, &key(incident, step, hash), hash.as_str())
            .await
    }

    async fn kept(&self, incident: &IncidentId, step: &StepId, hash: &Hash) -> Result<bool, CallError> {
        match self.get(s3::GET_OBJECT, &key(incident, step, hash)).await {
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
    use backstop_aws::{Requests, answering};

    use super::*;

    fn bucket(status: u16, code: &str) -> (SignedObjects, Requests) {
        let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
        let (config, requests) = answering("eu-west-1", &[(status, &body)]);
        (SignedObjects::new(config, "evidence"), requests)
    }

    #[tokio::test]
    async fn each_plan_has_a_proof_of_its_own_that_stays() {
        let (incident, step) = ("01K".into(), "deny-user".into());
        let (proofs, requests) = bucket(200, "");
        proofs.keep(&incident, &step, &"a".into()).await.unwrap();
        let line = requests.all().remove(0).line;
        assert!(line.ends_with("/evidence/receipts/01K/deny-user/a"), "{line}");
        let (proofs, _) = bucket(412, "PreconditionFailed");
        proofs.keep(&incident, &step, &"a".into()).await.unwrap();
        let (proofs, _) = bucket(403, "AccessDenied");
        assert!(proofs.keep(&incident, &step, &"b".into()).await.is_err());
    }

    #[tokio::test]
    async fn only_what_was_kept_is_proven() {
        let (incident, step) = ("01K".into(), "deny-user".into());
        let (there, requests) = bucket(200, "");
        assert!(there.kept(&incident, &step, &"a".into()).await.unwrap());
        let line = requests.all().remove(0).line;
        assert!(line.ends_with("/evidence/receipts/01K/deny-user/a"), "{line}");
        for (status, code) in [(403, "AccessDenied"), (404, "NoSuchKey")] {
            let (absent, _) = bucket(status, code);
            assert!(
                !absent.kept(&incident, &step, &"a".into()).await.unwrap(),
                "{code}"
            );
        }
        let (down, _) = bucket(503, "SlowDown");
        assert!(down.kept(&incident, &step, &"a".into()).await.is_err());
    }
}
