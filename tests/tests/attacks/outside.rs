//! A responder's role outside of its function: passed to a function of the attacker's, or assumed by whoever got it to
//! trust them. Whatever may grant something is refused there (`lambda:SourceFunctionArn`).

use aws_credential_types::Credentials;
use aws_sdk_lambda::types::{Environment, FunctionCode, Runtime};
use backstop_actions::functions::FUNCTIONS;
use backstop_tests::{Role, Scene, in_template, lambda, stolen};
use serde_json::Value;

use crate::{
    attacker,
    power::physical,
    powers::POWERS,
    thief::Thief,
    tried::{Ended, Tried},
};

pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    let mut counts = Vec::new();
    for function in FUNCTIONS.iter().filter(|function| !function.outside.is_empty()) {
        let assumed = Role::of(&scene.environment, function.name).await;
        let assumed = assumed.session(&scene.environment).await;
        let passed = passed_on(scene, function.name).await;
        for (how, credentials) in [("assumed", assumed), ("passed on", passed)] {
            counts.push(powerless(scene, function.name, how, credentials).await);
        }
    }
    assert_eq!(counts.len(), 6, "each responder, both ways");
    let seen = format!(
        "none of the {} powers that may grant something, of three responders",
        counts[0]
    );
    vec![
        Tried::new(
            "a responder's role, passed to a function of the attacker's",
            "`iam:PassRole`, `lambda:CreateFunction`",
            Ended::Refused,
            seen.clone(),
        ),
        Tried::new(
            "a responder's role, assumed by whoever has it trust them",
            "`iam:UpdateAssumeRolePolicy`, `sts:AssumeRole`",
            Ended::Refused,
            seen,
        ),
    ]
}

/// Gives how many powers were tried. The same ones are allowed to the function itself: see `functions`.
async fn powerless(scene: &Scene, function: &str, how: &str, credentials: Credentials) -> usize {
    let thief = Thief::new(scene, credentials).await;
    let grants = |call: &str| {
        let services = ["dynamodb:", "iam:", "s3:"];
        services.iter().any(|service| call.starts_with(service)) || call == "ec2:AssociateIamInstanceProfile"
    };
    let granting = POWERS
        .iter()
        .filter(|power| power.calls.iter().any(|call| grants(call)));
    let attempts = granting.filter_map(|power| Some((power.name, power.attempt?)));
    let mut tried = 0;
    for (name, attempt) in attempts {
        assert!(!attempt(&thief).await, "the role of {function}, {how}: {name}");
        tried += 1;
    }
    tried
}

/// The credentials that Lambda gives to a function of the attacker's with this function's role. Its code is any that
/// runs: the stack's own is at hand.
async fn passed_on(scene: &Scene, function: &str) -> Credentials {
    let account = scene.environment.account();
    let logical = in_template(function) + "Function";
    let root = aws_sdk_lambda::Client::new(&account.sdk_config(account.root()));
    let real = root
        .get_function_configuration()
        .function_name(physical(scene, &logical).await);
    let real = real.send().await.unwrap();
    let variables = real.environment().and_then(|it| it.variables()).cloned();

    let rights = ["iam:PassRole", "lambda:CreateFunction"];
    let attacker = attacker::with(scene, &rights).await;
    let name = format!("{function}-of-the-attacker");
    let create = aws_sdk_lambda::Client::new(&account.sdk_config(attacker)).create_function();
    let create = create
        .function_name(&name)
        .role(real.role().unwrap())
        .runtime(Runtime::Providedal2023)
        .handler("bootstrap")
        .code(code_of(scene, &logical).await)
        .environment(Environment::builder().set_variables(variables).build());
    create.send().await.unwrap();
    until_active(&root, &name).await;
    lambda::invoke(account, &name).await;
    stolen(&scene.environment, &name).await
}

/// Where the stack's template has the function's code from.
async fn code_of(scene: &Scene, logical: &str) -> FunctionCode {
    let account = scene.environment.account();
    let template = aws_sdk_cloudformation::Client::new(&account.sdk_config(account.root())).get_template();
    let template = template
        .stack_name(scene.environment.stack().name())
        .send()
        .await
        .unwrap();
    let template: Value = serde_json::from_str(template.template_body().unwrap()).unwrap();
    let properties = &template["Resources"][logical]["Properties"];
    // As it was uploaded, or as the transform has made it.
    let (bucket, key) = match properties["CodeUri"].as_str() {
        Some(uri) => uri.strip_prefix("s3://").unwrap().split_once('/').unwrap(),
        None => (
            properties["Code"]["S3Bucket"].as_str().unwrap(),
            properties["Code"]["S3Key"].as_str().unwrap(),
        ),
    };
    FunctionCode::builder().s3_bucket(bucket).s3_key(key).build()
}

async fn until_active(lambda: &aws_sdk_lambda::Client, name: &str) {
    use aws_sdk_lambda::types::State;
    for _ in 0..100 {
        let found = lambda
            .get_function_configuration()
            .function_name(name)
            .send()
            .await
            .unwrap();
        if found.state().is_none_or(|state| *state == State::Active) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the function {name} doesn't become active");
}
