//! The alerts topic of Amazon SNS: mail, and whatever else is subscribed.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use aws_sdk_sns::{Client, error::BuildError, types::MessageAttributeValue};
use backstop_core::{
    ErrorName,
    notice::{Class, Mail, Notice, mail},
};
use backstop_runtime::{CallError, topic::AlertsTopic};

use super::{Channel, Sent};

const PUBLISH: &str = "sns:Publish";
const ON: &str = "the alerts topic";
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
            .set_message_attributes(Some(attributes(notice)?))
            .send()
            .await
            .map_err(CallError::of(PUBLISH, ON))?;
        if !is_heard {
            return Err(CallError {
                name: ErrorName::NoSubscription,
                call: PUBLISH,
                on: ON.to_owned(),
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

/// What programs that are subscribed thread, tell copies by and filter by; a mail doesn't show it.
fn attributes(notice: &Notice) -> Result<HashMap<String, MessageAttributeValue>, CallError> {
    let class = match notice.class {
        Class::Page => "page",
        Class::Tell => "tell",
    };
    let severity = notice.severity.to_string();
    let always = [
        ("key", notice.key.as_str()),
        ("about", notice.about.as_str()),
        ("class", class),
        ("severity", severity.as_str()),
    ];
    let of_incidents = [("case", &notice.case), ("incident", &notice.incident)];
    let of_incidents = of_incidents
        .into_iter()
        .filter_map(|(name, id)| Some((name, id.as_ref()?.as_str())));
    let all = always.into_iter().chain(of_incidents).map(|(name, value)| {
        let attribute = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(value);
        attribute.build().map(|attribute| (name.to_owned(), attribute))
    });
    all.collect::<Result<_, BuildError>>().map_err(|error| CallError {
        name: ErrorName::Internal,
        call: PUBLISH,
        on: ON.to_owned(),
        code: String::new(),
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeSet;

    use aws_sdk_sns::{
        operation::{
            get_topic_attributes::GetTopicAttributesOutput,
            publish::{PublishError, PublishOutput},
        },
        types::error::AuthorizationErrorException,
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use backstop_core::{about::About, finding::SeverityLabel};

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

    /// Two incidents of a case, each with a notice of its own.
    #[tokio::test]
    async fn what_is_of_one_case_says_so_to_programs() {
        let publish = mock!(Client::publish)
            .match_requests(|request| {
                let attributes = request.message_attributes().unwrap();
                let value = |name: &str| attributes.get(name).and_then(|it| it.string_value());
                value("case") == Some("01J")
                    && value("incident").is_some_and(|incident| incident.starts_with("01"))
                    && (value("key"), value("about")) == (Some("outcome"), Some("outcome"))
                    && (value("class"), value("severity")) == (Some("page"), Some("high"))
            })
            .then_output(|| PublishOutput::builder().message_id("m").build());
        let sns = Sns::new(
            mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&confirmed("1"), &publish]),
            "topic".into(),
        );
        for incident in ["01J", "01K"] {
            let of_a_case = Notice {
                about: About::Outcome,
                key: "outcome".into(),
                incident: Some(incident.into()),
                case: Some("01J".into()),
                ..notice()
            };
            sns.send(&of_a_case).await.unwrap();
        }
        assert_eq!(publish.num_calls(), 2);
        let names: BTreeSet<String> = attributes(&notice()).unwrap().into_keys().collect();
        assert_eq!(
            names.into_iter().collect::<Vec<_>>(),
            ["about", "class", "key", "severity"],
            "about no incident"
        );
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
