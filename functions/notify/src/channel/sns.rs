//! The alerts topic of Amazon SNS: mail, and whatever else is subscribed.

use async_trait::async_trait;
use aws_sdk_sns::Client;
use backstop_core::notice::{Mail, Notice, mail};
use backstop_runtime::CallError;

use super::{Channel, Sent};

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Sns {
    client: Client,
    topic: String,
}

impl Sns {
    pub(crate) const fn new(client: Client, topic: String) -> Self {
        Self { client, topic }
    }
}

#[async_trait]
impl Channel for Sns {
    fn name(&self) -> &str {
        &self.topic
    }

    async fn send(&self, notice: &Notice) -> Result<Sent, CallError> {
        let Mail { subject, body } = mail(notice);
        let answer = self
            .client
            .publish()
            .topic_arn(&self.topic)
            .subject(&subject)
            .message(&body)
            .send()
            .await
            .map_err(CallError::of("sns:Publish", "the alerts topic"))?;
        Ok(Sent {
            message_id: answer.message_id.unwrap_or_default(),
            subject,
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use aws_sdk_sns::{
        operation::publish::{PublishError, PublishOutput},
        types::error::AuthorizationErrorException,
    };
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use backstop_core::{ErrorName, about::About, finding::SeverityLabel, notice::Class};

    use super::*;

    fn notice() -> Notice {
        Notice {
            about: About::Attention,
            class: Class::Page,
            severity: SeverityLabel::High,
            title: "LOOK".into(),
            lead: vec!["one line".into()],
            sections: Vec::new(),
            next: Vec::new(),
            key: "attention-x".into(),
            incident: None,
            case: None,
        }
    }

    #[tokio::test]
    async fn the_mail_goes_to_the_topic() {
        let publish = mock!(Client::publish)
            .match_requests(|request| {
                request.topic_arn() == Some("topic")
                    && request.subject() == Some("[Backstop] LOOK")
                    && request.message() == Some("one line\n\n")
            })
            .then_output(|| PublishOutput::builder().message_id("m").build());
        let sns = Sns::new(
            mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&publish]),
            "topic".into(),
        );
        let sent = sns.send(&notice()).await.unwrap();
        assert_eq!((sent.message_id.as_str(), publish.num_calls()), ("m", 1));
    }

    #[tokio::test]
    async fn a_refusal_has_its_name() {
        let refused = mock!(Client::publish).then_error(|| {
            let meta = aws_sdk_sns::error::ErrorMetadata::builder()
                .code("AuthorizationError")
                .build();
            PublishError::AuthorizationErrorException(
                AuthorizationErrorException::builder().meta(meta).build(),
            )
        });
        let sns = Sns::new(
            mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&refused]),
            "topic".into(),
        );
        assert_eq!(
            sns.send(&notice()).await.unwrap_err().name,
            ErrorName::AccessDenied
        );
    }
}
