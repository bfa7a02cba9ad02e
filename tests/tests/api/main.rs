//! The one door for people, in the deployed account with IAM enforced: what a viewer, a responder and an administrator
//! may and may not, by the program that they type into; who counts as whom; and that nothing else takes them further.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod forged_headers;
mod sessions;
mod terminal;
mod two_people;

use aws_credential_types::Credentials;
use backstop_core::{IncidentId, Mode, api::Right, incident::Status};
use backstop_drill::oncall::Person;
use backstop_tests::{Scene, granted_and_used};
use serde_json::{Value, json};

use sessions::sessions_count_as_their_role;
use terminal::Terminal;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_reach_backstop_by_one_door() {
    let scene = Scene::start(Mode::Approve, &[("PersonRoles", "Named")]).await;
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
    two_people::decide_and_undo_together(&scene, &responder, &second).await;
    sessions_count_as_their_role(&scene, &responder).await;
    nobody_unproven_gets_in(&scene, &life).await;
    // The sweep leaves word for whoever asks how the deployment is.
    scene.sweep().await;
    let health = viewer.does(&["doctor", "--output", "json"]).await.json();
    assert_eq!(health["checks"].as_array().unwrap().len(), 7, "{health}");
    // The record names a read of one version as any other.
    let differs = granted_and_used(environment, "api", &["s3:GetObjectVersion"]).await;
    assert!(differs.is_empty(), "{differs:#?}");
    scene.end().await;
}

/// A finding's incident from the list to its undo, and one that a person starts and another denies.
async fn whole_life(scene: &Scene, viewer: &Terminal, responder: &Terminal, second: &Terminal) -> IncidentId {
    let leaked = scene.leak(true).await;
    let finding = scene.send_leak(&leaked).await;
    let (id, asked) = scene
        .until(&finding, |incident| incident.status() == Status::AwaitingApproval)
        .await;
    let incident = id.as_str();
    let plan = asked.question.unwrap().plan_hash;
    scene.until_token(&id, &plan).await;

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
        &[
            "run",
            "leaked-access-key",
            "--target",
            &leaked.key_id,
            "--reason",
            "no",
            "--yes",
        ],
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
    let decided = responder.does(&words).await.json();
    assert_eq!(decided["decided"], "approved", "no step is of high impact");
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
    let asked = responder.does(&words).await.json();
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
        "--reason",
        "seen in a public repository",
        "--output",
        "json",
    ];
    let unasked = responder.types(&words).await;
    assert_eq!(unasked.code, 4, "nothing is run where nobody can be asked");
    let words = [words.as_slice(), &["--yes"]].concat();
    let started = responder.does(&words).await.json();
    assert_eq!(started["run"], "started");
    plans_are_told_apart(responder, &other.key_id).await;
    let id: IncidentId = started["incident"].as_str().unwrap().into();
    let open = second.types(&words).await;
    assert_eq!((open.code, &open.json()["run"]), (4, &json!("already-open")));
    let asked = scene
        .until_of(&id, |incident| incident.status() == Status::AwaitingApproval)
        .await;
    scene.until_token(&id, &asked.question.unwrap().plan_hash).await;
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

/// A plan that a person wants to see is made beside the incident that is open, and listed as what it is.
async fn plans_are_told_apart(responder: &Terminal, key_id: &str) {
    let words = [
        "run",
        "leaked-access-key",
        "--target",
        key_id,
        "--mode",
        "observe",
        "--reason",
        "what would it do?",
        "--output",
        "json",
    ];
    let planned = responder.does(&words).await.json();
    assert_eq!(planned["run"], "started");
    let listed = async |option: &[&str]| {
        let words = [&["incidents", "list", "--output", "json"], option].concat();
        let listed = responder.does(&words).await.json();
        let rows = listed["incidents"].as_array().unwrap().clone();
        rows.into_iter()
            .map(|row| row["incident"].clone())
            .collect::<Vec<_>>()
    };
    assert!(listed(&["--origin", "plan"]).await.contains(&planned["incident"]));
    assert!(
        !listed(&["--origin", "manual"])
            .await
            .contains(&planned["incident"])
    );
    assert!(!listed(&["--needs-me"]).await.contains(&planned["incident"]));
    assert!(!listed(&[]).await.contains(&planned["incident"]));
}
