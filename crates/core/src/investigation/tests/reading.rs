//! How calls are read and told: what failed, what was repeated, what goes on without the caller.

use super::*;

/// CloudTrail gives no error code with a sign-in that failed.
#[test]
fn a_failed_sign_in_is_not_told_as_one_that_succeeded() {
    let sign_in = |minute: u32, how: &str| {
        let mut event = event(
            minute,
            KEY,
            "signin.amazonaws.com",
            "ConsoleLogin",
            Value::Null,
            json!({ "ConsoleLogin": how }),
        );
        if how == "Failure" {
            let fields = event.as_object_mut().unwrap();
            fields.insert("errorMessage".into(), "Failed authentication".into());
        }
        event
    };
    let found = investigate(leaked_key(), &[sign_in(1, "Failure"), sign_in(2, "Success")]);
    assert_eq!((found.calls, found.failed), (2, 1));
    let [failed, succeeded] = found.notable.as_slice() else {
        unreachable!("two")
    };
    assert!(
        failed.contains("tried in vain to sign in to the console (Failed authentication), from 198.51.100.7"),
        "{failed}"
    );
    assert!(
        succeeded.contains(" signed in to the console, from"),
        "{succeeded}"
    );
}

#[test]
fn what_is_done_over_and_over_is_one_line() {
    let invoke = |minute: u32| {
        let asked = json!({ "modelId": "anthropic.claude" });
        event(
            minute,
            KEY,
            "bedrock.amazonaws.com",
            "InvokeModel",
            asked,
            Value::Null,
        )
    };
    let mut events: Vec<Value> = (1..40).map(invoke).collect();
    events.push(create_user(50, "helper"));
    let found = investigate(leaked_key(), &events);
    assert_eq!(found.calls, 40);
    let [models, user] = found.notable.as_slice() else {
        unreachable!("two: {:?}", found.notable)
    };
    assert_eq!(
        models,
        "2026-03-01T12:01:00Z called model anthropic.claude, from 198.51.100.7 (InvokeModel), and 38 more until \
         2026-03-01T12:39:00Z"
    );
    assert!(user.contains("made user helper"), "{user}");
}

#[test]
fn a_role_with_a_path_is_looked_for_by_the_arn_that_iam_has_and_its_takers_are_followed() {
    let role = Resource::Role(kind::Role {
        role_name: "deploy".into(),
        role_id: None,
    });
    let arn = "arn:aws:iam::123456789012:role/ci/team/deploy";
    let mut suspect = Suspect::new(&target(role), None);
    let by_name = Lookup::Resource("arn:aws:iam::123456789012:role/deploy".into());
    assert!(suspect.lookups().contains(&by_name), "of a role that is gone");
    suspect = suspect.known_as(Some(arn.to_owned()));
    assert_eq!(suspect.lookups(), BTreeSet::from([Lookup::Resource(arn.into())]));
    let taken =
        Call::read(&assume(1, "AKIAI44QH8DHBEXAMPLE", arn, "ASIAIOSFODNN7EXAMPLE").to_string()).unwrap();
    suspect.learn(&taken);
    assert!(
        suspect
            .lookups()
            .contains(&Lookup::Key("ASIAIOSFODNN7EXAMPLE".into()))
    );
}

/// What nobody contains goes on when the credential is contained: people hear of it as something to do.
#[test]
fn what_goes_on_without_the_caller_is_proposed_by_hand() {
    let anchor = event(
        1,
        KEY,
        "rolesanywhere.amazonaws.com",
        "CreateTrustAnchor",
        json!({ "name": "ca-1; reboot" }),
        json!({ "trustAnchor": {} }),
    );
    let microvm = event(
        2,
        KEY,
        "lambda.amazonaws.com",
        "RunMicrovm20260901",
        json!({ "imageIdentifier": "miner" }),
        json!({ "microvm": {} }),
    );
    let mut refused = event(
        3,
        KEY,
        "account.amazonaws.com",
        "EnableRegion",
        json!({}),
        Value::Null,
    );
    refused
        .as_object_mut()
        .unwrap()
        .insert("errorCode".into(), "AccessDeniedException".into());
    let found = investigate(leaked_key(), &[anchor, microvm, refused]);
    let lines: Vec<String> = found.proposals.iter().map(Proposal::line).collect();
    assert_eq!(
        lines,
        [
            "take back what no playbook does: it made a certificate authority trusted, Roles Anywhere anchor ca-1; reboot: \
             by hand",
            "take back what no playbook does: it started a microVM of image miner: by hand",
        ]
    );
    assert!(
        found
            .notable
            .iter()
            .any(|line| line.contains("which failed (AccessDeniedException)"))
    );
}

/// Nothing in a temporary key tells which long-term key it came from; the call that made it does.
#[test]
fn the_key_that_made_the_session_is_proposed() {
    let suspect = Suspect::new(
        &target(Resource::UserSession(kind::UserSession {
            key_id: "ASIAIOSFODNN7EXAMPLE".into(),
            user_name: "build-server".into(),
            user_id: "AIDACKCEVSQ6C2EXAMPLE".into(),
        })),
        Some("build-server".into()),
    );
    let minted = |minute: u32, key: &str, session: &str| {
        let made = json!({ "credentials": { "accessKeyId": session } });
        event(
            minute,
            key,
            "sts.amazonaws.com",
            "GetSessionToken",
            json!(null),
            made,
        )
    };
    let found = investigate(
        suspect,
        &[
            minted(1, KEY, "ASIAIOSFODNN7EXAMPLE"),
            minted(2, BACKDOOR_KEY, "ASIAI44QH8DHBEXAMPLE"),
        ],
    );
    assert_eq!(
        commands(&found),
        [format!(
            "backstop run leaked-access-key --target {KEY} --mode approve"
        )]
    );
}

/// EC2 calls a session like its instance; a session of that name is the instance's, whichever role it is of.
#[test]
fn an_instances_role_did_what_its_sessions_did_and_what_came_of_them() {
    const INSTANCE: &str = "i-0123456789abcdef0";
    let by = |minute: u32, session: &str, name: &str, asked: Value, answered: Value| {
        let mut event = event(
            minute,
            "ASIAIOSFODNN7EXAMPLE",
            "iam.amazonaws.com",
            name,
            asked,
            answered,
        );
        let identity = json!({
            "type": "AssumedRole", "accessKeyId": format!("ASIA{session}"),
            "arn": format!("arn:aws:sts::123456789012:assumed-role/web/{session}"),
            "sessionContext": { "sessionIssuer": {
                "userName": "web", "arn": "arn:aws:iam::123456789012:role/web" } },
        });
        event
            .as_object_mut()
            .unwrap()
            .insert("userIdentity".into(), identity);
        event
    };
    let made = json!({ "accessKey": { "accessKeyId": BACKDOOR_KEY, "userName": "helper" } });
    let instance = Resource::Instance(kind::Instance {
        instance_id: INSTANCE.into(),
    });
    let mut suspect = Suspect::instance(&target(instance));
    assert_eq!(suspect.lookups(), [Lookup::User(INSTANCE.into())].into());
    let events = [
        by(
            1,
            INSTANCE,
            "CreateAccessKey",
            json!({ "userName": "helper" }),
            made,
        ),
        by(
            2,
            "i-0fedcba9876543210",
            "CreateUser",
            json!({ "userName": "other" }),
            json!({}),
        ),
        event(
            3,
            BACKDOOR_KEY,
            "iam.amazonaws.com",
            "CreateUser",
            json!({ "userName": "third" }),
            json!({}),
        ),
    ];
    for call in &calls(&events) {
        suspect.learn(call);
    }
    assert!(suspect.lookups().contains(&Lookup::Key(BACKDOOR_KEY.into())));
    let found = investigate(suspect, &events);
    assert_eq!(found.calls, 2, "{:?}", found.timeline);
    assert!(
        found.notable.iter().all(|line| !line.contains("other")),
        "{:?}",
        found.notable
    );
}
