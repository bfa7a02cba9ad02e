//! The alerts topic of Amazon SNS: mail, and whatever else is subscribed.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use aws_sdk_sns::Client;
use backstop_core::{
    ErrorName,
    notice::{Mail, Notice, mail},
};
use backstop_runtime::{CallError, topic::AlertsTopic};

use super::{Channel, Sent};

/// That somebody is subscribed is believed for so long; that nobody is, never.
const BELIEVED: Duration = Duration::from_secs(300);

/// See the module.
#[derive(Debug)]
pub(crate) struct Sns {
    topic: AlertsTopic,
    /// When a confirmed subscription was last seen.
    seen: Mutex<Option<Instant>>,
}

impl Sns {
    pub(crate) const fn new(client: Client, topic: String) -> Self {
        Self {
            topic: AlertsTopic::new(client, topic),
            seen: Mutex::new(None),
        }
    }

    /// Whether anybody gets what is published now. If SNS doesn't say, the topic's word that it took the message is all
    /// there is; the sweep looks again, and fails if it can't.
    async fn is_heard(&self) -> bool {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_some_and(|at| at.elapsed() < BELIEVED) {
            return true;
        }
        match self.topic.confirmed_subscriptions().await {
            Ok(0) => false,
            Ok(_) => {
                *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                true
            }
            Err(error) => {
                tracing::error!(%error, "whether anybody is subscribed isn't known");
                true
            }
        }
    }
}

#[async_trait]
impl Channel for Sns {
    fn name(&self) -> &str {
        self.topic.arn()
    }

    /// What SNS takes and drops isn't sent. It is published all the same: the count that SNS gives may be late.
    async fn send(&self, notice: &Notice) -> Result<Sent, CallError> {
        let Mail { subject, body } = mail(notice);
        let is_heard = self.is_heard().await;
        let answer = self
            .topic
            .client()
            .publish()
            .topic_arn(self.topic.arn())
            .subject(&subject)
            .message(&body)
            .send()
            .await
            .map_err(CallError::of("sns:Publish", "the alerts topic"))?;
        if !is_heard {
            return Err(CallError {
                name: ErrorName::NoSubscription,
                call: "sns:Publish",
                on: "the alerts topic".to_owned(),
                code: String::new(),
                message: "no confirmed subscription: nobody got it".to_owned(),
            });
        }
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
        operation::{
            get_topic_attributes::GetTopicAttributesOutput,
            publish::{PublishError, PublishOutput},
        },
        types::error::AuthorizationErrorException,
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use backstop_core::{about::About, finding::SeverityLabel, notice::Class};

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

    fn confirmed(number: &'static str) -> Rule {
        mock!(Client::get_topic_attributes)
            .match_requests(|request| request.topic_arn() == Some("topic"))
            .then_output(move || {
                GetTopicAttributesOutput::builder()
                    .attributes("SubscriptionsConfirmed", number)
                    .build()
            })
    }

    fn publish() -> Rule {
        mock!(Client::publish).then_output(|| PublishOutput::builder().message_id("m").build())
    }

    #[tokio::test]
    async fn what_reaches_nobody_is_not_delivered_and_is_looked_at_each_time() {
        let (nobody, publish) = (confirmed("0"), publish());
        let sns = Sns::new(
            mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&nobody, &publish]),
            "topic".into(),
        );
        for _ in 0..2 {
            let error = sns.send(&notice()).await.unwrap_err();
            assert_eq!(error.name, ErrorName::NoSubscription);
            assert!(error.to_string().contains("no confirmed subscription"), "{error}");
        }
        assert_eq!((nobody.num_calls(), publish.num_calls()), (2, 2));
    }

    #[tokio::test]
    async fn a_subscription_is_looked_for_once_in_minutes() {
        let (somebody, publish) = (confirmed("1"), publish());
        let sns = Sns::new(
            mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&somebody, &publish]),
            "topic".into(),
        );
        for _ in 0..2 {
            sns.send(&notice()).await.unwrap();
        }
        assert_eq!((somebody.num_calls(), publish.num_calls()), (1, 2));
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
            mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&confirmed("1"), &publish]),
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
            mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&confirmed("1"), &refused]),
            "topic".into(),
        );
        assert_eq!(
            sns.send(&notice()).await.unwrap_err().name,
            ErrorName::AccessDenied
        );
    }
}
