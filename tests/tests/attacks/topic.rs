//! "CONTAINED" by mail, from somebody else.

use backstop_tests::{People, Scene};

use crate::{
    attacker,
    tried::{Tried, refusal},
};

pub(crate) async fn attacks(scene: &Scene, people: &People) -> Vec<Tried> {
    let (environment, right) = (&scene.environment, "sns:Publish");
    let sdk = environment
        .account()
        .sdk_config(attacker::with(scene, &[right]).await);
    let attack = "a forged notice that all is contained";
    let publish = aws_sdk_sns::Client::new(&sdk).publish();
    let publish = publish.topic_arn(environment.stack().alerts_topic_arn().unwrap());
    let publish = publish.subject("[Backstop] CONTAINED").message("FORGED-NOTICE");
    let seen = refusal(attack, publish.send().await);
    assert!(people.told_of("FORGED-NOTICE").await.is_empty());
    vec![Tried::refused(attack, right, seen).in_row("sns:Publish on the topic")]
}
