//! What somebody can do who has stolen the credentials of one function: no more than `docs/threat-model.md` says.

use aws_credential_types::Credentials;
use backstop_actions::functions::FUNCTIONS;
use backstop_tests::{Role, Scene};
use serde_json::json;

use crate::{
    attacker,
    powers::{NEVER, POWERS, Thief, kinds},
    tried::{Ended, Tried},
};

/// Where what is found here stands for people.
const DOCUMENT: &str = include_str!("../../../docs/threat-model.md");

pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    let mut rows = vec![header(), "| --- ".repeat(POWERS.len() + 2) + "|"];
    let mut tried = Vec::new();
    for function in FUNCTIONS {
        let thief = Thief::new(scene, stolen(scene, function.name).await).await;
        let mut cells = vec![format!("`{}`", function.name), kinds(&thief).await];
        for (_, power) in POWERS {
            cells.push(if power.can(&thief).await { "yes" } else { "–" }.to_owned());
        }
        rows.push(format!("| {} |", cells.join(" | ")));
        for (what, power) in NEVER {
            assert!(!power.can(&thief).await, "{} can {what}", function.name);
        }
        let attack = format!("what the credentials of {} could do more", function.name);
        let never: Vec<_> = NEVER.iter().map(|(what, _)| *what).collect();
        tried.push(Tried::new(
            attack,
            "its credentials",
            Ended::Refused,
            never.join(", "),
        ));
    }
    let table = rows.join("\n");
    assert!(
        DOCUMENT.contains(&table),
        "docs/threat-model.md says otherwise of what functions can do; it is\n{table}"
    );
    tried
}

fn header() -> String {
    let names: Vec<_> = POWERS.iter().map(|(name, _)| *name).collect();
    format!("| function | writes items of | {} |", names.join(" | "))
}

/// A session of the function's role. Nobody but Lambda may open one, so its trust is widened for a moment.
async fn stolen(scene: &Scene, function: &str) -> Credentials {
    let iam = scene.iam();
    let name = Role::of(&scene.environment, function).await.name;
    let role = iam.get_role().role_name(&name).send().await.unwrap();
    let role = role.role().unwrap();
    let trust = percent_encoding::percent_decode_str(role.assume_role_policy_document().unwrap());
    let trust = trust.decode_utf8().unwrap().into_owned();
    let account = scene.environment.account();
    let open = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "AWS": format!("arn:aws:iam::{}:root", account.account_id()) } }] });
    let update = iam.update_assume_role_policy().role_name(&name);
    update.policy_document(open.to_string()).send().await.unwrap();
    let thief = attacker::with(scene, &["sts:AssumeRole"]).await;
    let assume = aws_sdk_sts::Client::new(&account.sdk_config(thief)).assume_role();
    let session = assume
        .role_arn(role.arn())
        .role_session_name("stolen")
        .send()
        .await
        .unwrap();
    let update = iam.update_assume_role_policy().role_name(&name);
    update.policy_document(trust).send().await.unwrap();
    let session = session.credentials.unwrap();
    let token = Some(session.session_token);
    Credentials::new(
        session.access_key_id,
        session.secret_access_key,
        token,
        None,
        "attacks",
    )
}
