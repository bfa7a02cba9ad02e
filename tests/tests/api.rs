//! The one door for people, in the deployed account with IAM enforced: what a viewer, a responder and an administrator
//! may and may not, by the program that they type into; who counts as whom; and that nothing else takes them further.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::{
    collections::BTreeSet,
    path::PathBuf,
    process::{Command, Output},
    sync::{Arc, LazyLock},
};

use aws_credential_types::Credentials;
use backstop_core::{
    IncidentId, Mode,
    api::{ApproveRequest, CallerAnswer, Decided, DecisionAnswer, Right, UndoAnswer, UndoRequest, UndoState},
    incident::Status,
};
use backstop_drill::oncall::Person;
use backstop_tests::{Scene, granted_and_used};
use serde_json::{Value, json};
use tempfile::TempDir;

const SSO: &str = "AWSReservedSSO_OnCall_0123456789abcdef";

/// A person at a terminal of their own.
struct Terminal {
    home: TempDir,
    credentials: Credentials,
    api: String,
}

/// What was said, and with which code it ended.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }
}

impl Terminal {
    async fn of(scene: &Scene, person: &Person<'_>) -> Self {
        let environment = &scene.environment;
        let api = environment.account().api_url(environment.stack().api().unwrap());
        Self {
            home: tempfile::tempdir().unwrap(),
            credentials: person.credentials().await.unwrap(),
            api: api.unwrap(),
        }
    }

    async fn types(&self, words: &[&str]) -> Said {
        let mut command = Command::new(program());
        command
            .args(words)
            .env_clear()
            .env("HOME", self.home.path())
            .env("AWS_ACCESS_KEY_ID", self.credentials.access_key_id())
            .env("AWS_SECRET_ACCESS_KEY", self.credentials.secret_access_key())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_REGION", "us-east-1");
        let ran = tokio::task::spawn_blocking(move || command.output()).await;
        let Output {
            status,
            stdout,
            stderr,
        } = ran.unwrap().unwrap();
        Said {
            code: status.code().unwrap(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Types what must work.
    async fn does(&self, words: &[&str]) -> Said {
        let said = self.types(words).await;
        assert_eq!(said.code, 0, "{words:?}: {}{}", said.out, said.err);
        said
    }

    /// Types what AWS must refuse.
    async fn may_not(&self, words: &[&str]) {
        let said = self.types(words).await;
        assert_eq!(said.code, 1, "{words:?}: {}{}", said.out, said.err);
        assert!(
            said.err.contains("you may not ask this"),
            "{words:?}: {}",
            said.err
        );
    }
}

/// `backstop`, built with the features that the tests are built with, so that nothing is built twice.
fn program() -> PathBuf {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        let build = Command::new(env!("CARGO"))
            .args(["build", "--workspace", "--bin", "backstop", "--locked"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(build.unwrap().success(), "`backstop` can't be built");
        let tests = std::env::current_exe().unwrap();
        tests.ancestors().nth(2).unwrap().join("backstop")
    });
    BUILT.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_reach_backstop_by_one_door() {
    let scene = Arc::new(Scene::start(Mode::Approve, &[("PersonRoles", "Named")]).await);
    let environment = &scene.environment;
    let viewer = Person::new(environment, "viewer".to_owned(), Right::Viewer);
    let responder = Person::new(environment, "responder".to_owned(), Right::Responder);
    let second = Person::new(environment, "second".to_owned(), Right::Responder);
    let administrator = Person::new(environment, "administrator".to_owned(), Right::Administrator);
    let viewer = Terminal::of(&scene, &viewer).await;
    let responder = Terminal::of(&scene, &responder).await;
    let second = Terminal::of(&scene, &second).await;
    let administrator = Terminal::of(&scene, &administrator).await;
    for terminal in [&viewer, &responder, &second, &administrator] {
        terminal
            .does(&["context", "add", "drill", "--api", &terminal.api])
            .await;
    }
    let life = whole_life(&scene, &viewer, &responder, &second).await;
    guards(&viewer, &responder, &administrator).await;
    sessions_count_as_their_role(&scene).await;
    nobody_unproven_gets_in(&scene, &life).await;
    let differs = granted_and_used(environment, "api", &[]).await;
    assert!(differs.is_empty(), "{differs:#?}");
    Arc::try_unwrap(scene)
        .unwrap_or_else(|_| panic!("somebody holds it"))
        .end()
        .await;
}

/// A finding's incident from the list to its undo, and one that a person starts and another denies.
async fn whole_life(scene: &Scene, viewer: &Terminal, responder: &Terminal, second: &Terminal) -> IncidentId {
    let leaked = scene.leak(true).await;
    let finding = scene.send_leak(&leaked).await;
    let (id, asked) = scene
        .until(&finding, |incident| incident.status() == Status::AwaitingApproval)
        .await;
    until_token(scene, &id).await;
    let incident = id.as_str();
    let plan = asked.question.unwrap().plan_hash;

    let listed = viewer
        .does(&["incidents", "list", "--output", "json"])
        .await
        .json();
    assert_eq!(listed["incidents"][0]["incident"], incident);
    let part = incident.get(18..).unwrap();
    let shown = viewer
        .does(&["incidents", "show", part, "--output", "json"])
        .await
        .json();
    assert_eq!(
        (&shown["status"], &shown["state"]["question"]["plan_hash"]),
        (&json!("awaiting-approval"), &json!(plan))
    );
    let page = viewer.does(&["report", incident]).await.out;
    assert!(page.contains(incident), "{page}");
    for words in [
        &["approve", incident, "--plan", plan.short(), "--yes"][..],
        &["deny", incident, "--reason", "no"],
        &["run", "leaked-access-key", "--target", &leaked.key_id],
        &["undo", incident, "--yes"],
        &["evidence", "fetch", incident],
        &["pause", "--for", "1h", "--reason", "no"],
    ] {
        // Undo asks first what there is to undo, which viewers may: there it ends by the incident's own rule.
        if words.first() == Some(&"undo") {
            let said = viewer.types(words).await;
            assert_eq!(said.code, 4, "{}", said.err);
            continue;
        }
        viewer.may_not(words).await;
    }
    assert_eq!(
        scene.state(&leaked).await,
        (true, false),
        "nothing is changed before the decision"
    );

    let unseen = responder.types(&["approve", incident, "--yes"]).await;
    assert_eq!(unseen.code, 4, "{}", unseen.err);
    let other = responder
        .types(&["approve", incident, "--plan", "0123456789ab", "--yes"])
        .await;
    assert_eq!(other.code, 4, "{}", other.err);
    let words = [
        "approve",
        incident,
        "--plan",
        plan.short(),
        "--yes",
        "--output",
        "json",
    ];
    let mut decided = responder.does(&words).await.json();
    if decided["decided"] == "counted" {
        let again = responder.types(&words).await;
        assert_eq!(again.code, 4, "{}", again.err);
        assert!(again.err.contains("another person"), "{}", again.err);
        decided = second.does(&words).await.json();
    }
    assert_eq!(decided["decided"], "approved");
    let (_, closed) = scene
        .until(&finding, |incident| incident.evidence.log.is_some())
        .await;
    assert_eq!(closed.status(), Status::Contained);
    assert_eq!(scene.state(&leaked).await, (false, true));

    let folder = responder.home.path().join("evidence");
    let to = folder.to_str().unwrap();
    let kept = responder
        .does(&["evidence", "fetch", incident, "--to", to, "--output", "json"])
        .await
        .json();
    assert_eq!(
        (&kept["whole"], &kept["as_the_log_says"]),
        (&json!(true), &json!(true))
    );

    let planned = viewer
        .does(&["undo", incident, "--plan", "--output", "json"])
        .await
        .json();
    assert_eq!(planned["started"], false);
    viewer.may_not(&["undo", incident, "--yes"]).await;
    let words = ["undo", incident, "--yes", "--revive-sessions", "--output", "json"];
    let mut asked = responder.does(&words).await.json();
    if asked["started"] == false {
        let again = responder.types(&words).await;
        assert_eq!(again.code, 4, "one person is one person: {}", again.out);
        assert_eq!(
            scene.state(&leaked).await,
            (false, true),
            "nothing is undone before the second says so"
        );
        asked = second.does(&words).await.json();
    }
    assert_eq!(asked["started"], true, "{asked}");
    scene
        .until(&finding, |incident| incident.status() == Status::Undone)
        .await;

    let other = scene.leak(true).await;
    let words = [
        "run",
        "leaked-access-key",
        "--target",
        other.key_id.as_str(),
        "--output",
        "json",
    ];
    let started = responder.does(&words).await.json();
    assert_eq!(started["run"], "started");
    let id: IncidentId = started["incident"].as_str().unwrap().into();
    let open = second.types(&words).await;
    assert_eq!((open.code, &open.json()["run"]), (4, &json!("already-open")));
    until_token(scene, &id).await;
    second
        .does(&["deny", id.as_str(), "--reason", "a test of ours"])
        .await;
    assert_eq!(scene.state(&other).await, (true, false));
    let unknown = viewer
        .types(&["incidents", "show", "01JDXQ6T8R7M5V9N2K4H3G1FZB"])
        .await;
    assert_eq!(unknown.code, 3, "{}", unknown.err);
    id
}

async fn guards(viewer: &Terminal, responder: &Terminal, administrator: &Terminal) {
    responder
        .does(&["pause", "--for", "1h", "--reason", "a game day"])
        .await;
    let listed = viewer.does(&["pause", "--list", "--output", "json"]).await.json();
    assert!(
        listed["pauses"][0]["by"]
            .as_str()
            .unwrap()
            .ends_with(":user/responder"),
        "{listed}"
    );
    viewer.may_not(&["resume"]).await;
    responder.does(&["resume"]).await;
    let nothing = responder.types(&["resume"]).await;
    assert_eq!(nothing.code, 3, "{}", nothing.err);
    let mistyped = responder
        .types(&[
            "pause",
            "--for",
            "1h",
            "--reason",
            "x",
            "--playbook",
            "leaked-acess-key",
        ])
        .await;
    assert_eq!(mistyped.code, 3, "{}", mistyped.err);

    let words = [
        "exempt",
        "add",
        "--arn",
        "arn:aws:iam::*:user/ci-*",
        "--owner",
        "ci",
        "--reason",
        "legacy",
        "--for",
        "30d",
    ];
    viewer.may_not(&words).await;
    responder.may_not(&words).await;
    administrator.does(&words).await;
    let listed = viewer.does(&["exempt", "list", "--output", "json"]).await.json();
    let id = listed["exemptions"][0]["id"].as_str().unwrap().to_owned();
    responder.may_not(&["exempt", "remove", &id]).await;
    administrator.does(&["exempt", "remove", &id]).await;
    let listed = viewer.does(&["exempt", "list", "--output", "json"]).await.json();
    assert_eq!(listed["exemptions"], json!([]));
}

/// One role with two names of sessions is one person; a role that is named for it tells its people apart.
async fn sessions_count_as_their_role(scene: &Scene) {
    let environment = &scene.environment;
    let mut persons = Vec::new();
    for (role, session) in [
        ("Shared", "alice"),
        ("Shared", "bob"),
        (SSO, "alice"),
        (SSO, "bob"),
        ("Named", "alice"),
        ("Named", "bob"),
    ] {
        let credentials = session_of(scene, role, session).await;
        let api = environment.api_as(credentials).unwrap();
        let caller: CallerAnswer = api.get(&["caller"], &[]).await.unwrap();
        assert!(
            caller.arn.ends_with(&format!("assumed-role/{role}/{session}")),
            "{}",
            caller.arn
        );
        persons.push(caller.person.unwrap());
    }
    let different: BTreeSet<_> = persons.iter().collect();
    let [one, two, fake, forged, alice, bob] = persons.as_slice() else {
        panic!("six were asked")
    };
    assert_eq!(one, two, "whoever assumes the role names its session");
    assert_eq!(
        fake, forged,
        "a role elsewhere that is named like one of IAM Identity Center's"
    );
    assert_ne!(alice, bob);
    assert_eq!(different.len(), 4);

    let leaked = scene.leak(true).await;
    let finding = scene.send_leak(&leaked).await;
    let (id, asked) = scene
        .until(&finding, |incident| incident.status() == Status::AwaitingApproval)
        .await;
    until_token(scene, &id).await;
    let question = asked.question.unwrap();
    let request = ApproveRequest {
        plan: Some(question.plan_hash.to_string()),
        reason: None,
    };
    let path = ["incidents", id.as_str(), "approve"];
    let mut answers = Vec::new();
    for session in ["alice", "bob"] {
        let api = environment
            .api_as(session_of(scene, "Shared", session).await)
            .unwrap();
        answers.push(
            api.post::<DecisionAnswer>(&path, &request)
                .await
                .map(|answer| answer.decision),
        );
    }
    let [first, second] = answers.as_slice() else {
        panic!("two answered")
    };
    if question.needed > 1 {
        assert!(matches!(first, Ok(Decided::Counted { .. })), "{first:?}");
        let code = second.as_ref().unwrap_err().refusal().unwrap().code.as_str();
        assert_eq!(code, "already-approved-by-you");
        let api = environment
            .api_as(session_of(scene, "Named", "alice").await)
            .unwrap();
        api.post::<DecisionAnswer>(&path, &request).await.unwrap();
    }
    scene.until(&finding, |incident| incident.closed.is_some()).await;
    undone_by_two(scene, &id).await;
}

async fn undone_by_two(scene: &Scene, id: &IncidentId) {
    let environment = &scene.environment;
    let path = ["incidents", id.as_str(), "undo"];
    let mut states = Vec::new();
    for (role, session) in [("Shared", "alice"), ("Shared", "bob"), ("Named", "bob")] {
        let api = environment
            .api_as(session_of(scene, role, session).await)
            .unwrap();
        let planned: UndoAnswer = api.get(&path, &[]).await.unwrap();
        let request = UndoRequest {
            seen: planned.steps.iter().map(|step| step.step.clone()).collect(),
            ..UndoRequest::default()
        };
        let asked = api.post::<UndoAnswer>(&path, &request).await;
        let state = asked
            .map(|answer| answer.state)
            .map_err(|error| error.to_string());
        let is_started = state == Ok(UndoState::Started);
        states.push(state);
        if is_started {
            break;
        }
    }
    match states.as_slice() {
        [Ok(UndoState::Started)] => {}
        [
            Ok(UndoState::Counted { .. }),
            Err(one_person),
            Ok(UndoState::Started),
        ] => {
            assert!(one_person.contains("another person"), "{one_person}");
        }
        other => panic!("{other:?}"),
    }
}

/// Who doesn't sign, or signs with a right of their own on nothing, gets nothing, whatever the headers say; and the policy
/// of people is no way past the door.
async fn nobody_unproven_gets_in(scene: &Scene, id: &IncidentId) {
    let environment = &scene.environment;
    let stranger = scene.leak(false).await;
    let iam = scene.iam();
    let key = iam
        .create_access_key()
        .user_name(&stranger.user)
        .send()
        .await
        .unwrap();
    let key = key.access_key().unwrap();
    let stranger = Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "tests");
    let api = environment.api_as(stranger).unwrap();
    let error = api.get::<Value>(&["incidents"], &[]).await.unwrap_err();
    assert!(
        matches!(error, backstop_client::ClientError::NotAllowed(_)),
        "{error}"
    );

    let url = environment
        .account()
        .api_url(environment.stack().api().unwrap())
        .unwrap();
    let unsigned = environment.api_as(environment.account().root()).unwrap();
    let error = unsigned
        .fetch(&format!("{url}/incidents/{id}"))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            backstop_client::ClientError::Unreadable {
                status: 401 | 403,
                ..
            }
        ),
        "{error}"
    );

    let responder = Person::new(environment, "past-the-door".to_owned(), Right::Administrator);
    let credentials = responder.credentials().await.unwrap();
    let past = environment.ledger_as(credentials).log(id).await.unwrap_err();
    assert!(past.to_string().contains("AccessDenied"), "{past}");
}

async fn session_of(scene: &Scene, role: &str, session: &str) -> Credentials {
    let (iam, account) = (scene.iam(), scene.environment.account());
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "AWS": format!("arn:aws:iam::{}:root", account.account_id()) } }] });
    let create = iam
        .create_role()
        .role_name(role)
        .assume_role_policy_document(trust.to_string());
    // Made by whoever comes first.
    if create.send().await.is_ok() {
        let policy = scene.environment.stack().policy(Right::Responder).unwrap();
        let attach = iam.attach_role_policy().role_name(role).policy_arn(policy);
        attach.send().await.unwrap();
    }
    if iam.get_user().user_name("assumes").send().await.is_err() {
        iam.create_user().user_name("assumes").send().await.unwrap();
        let may = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*" }] });
        let put = iam.put_user_policy().user_name("assumes").policy_name("assume");
        put.policy_document(may.to_string()).send().await.unwrap();
    }
    let key = iam.create_access_key().user_name("assumes").send().await.unwrap();
    let key = key.access_key().unwrap();
    let user = Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "tests");
    let sts = aws_sdk_sts::Client::new(&account.sdk_config(user));
    let arn = format!("arn:aws:iam::{}:role/{role}", account.account_id());
    let assumed = sts
        .assume_role()
        .role_arn(arn)
        .role_session_name(session)
        .send()
        .await
        .unwrap();
    let temporary = assumed.credentials().unwrap();
    let delete = iam
        .delete_access_key()
        .user_name("assumes")
        .access_key_id(key.access_key_id());
    delete.send().await.unwrap();
    Credentials::new(
        temporary.access_key_id(),
        temporary.secret_access_key(),
        Some(temporary.session_token().to_owned()),
        None,
        "tests",
    )
}

/// The question is in the log a moment before the machine waits with the token that answers it.
async fn until_token(scene: &Scene, id: &IncidentId) {
    for _ in 0..300 {
        if scene.environment.ledger().approval(id).await.unwrap().is_some() {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
