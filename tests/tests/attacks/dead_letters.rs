//! Messages of the attacker's own among the dead letters, which tell people what to send where.

use aws_sdk_sqs::Client;
use backstop_tests::Scene;

use crate::{
    attacker,
    tried::{Tried, refusal},
};

pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    let (environment, right) = (&scene.environment, "sqs:SendMessage");
    let sdk = environment
        .account()
        .sdk_config(attacker::with(scene, &[right]).await);
    let queue = environment.stack().dead_letter_queue_url().unwrap();
    let attack = "a forged dead letter";
    let send = Client::new(&sdk)
        .send_message()
        .queue_url(queue)
        .message_body("send this to the intake queue");
    let seen = refusal(attack, send.send().await);
    vec![Tried::refused(attack, right, seen).in_row("sqs:SendMessage on the dead-letter queue")]
}
