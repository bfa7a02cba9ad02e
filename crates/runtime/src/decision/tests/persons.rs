//! Whose word counts, and as whose.

use super::*;

#[tokio::test]
async fn high_impact_wants_two_different_people() {
    let scene = scene(vec![opened(), asked(FAR, 2)], waiting("\"approved\""));
    let first = scene.approve(ALICE, Some(plan().as_str())).await.unwrap();
    assert_eq!(
        first,
        Decided::Counted {
            plan_hash: plan(),
            by: vec![ALICE.to_owned()],
            needed: 2
        }
    );
    assert_eq!(scene.machine.num_calls(), 0);

    let again = scene.approve(ALICE, Some(plan().as_str())).await.unwrap_err();
    assert!(
        matches!(
            again,
            DecisionError::AlreadyApprovedByYou {
                approvals: 1,
                needed: 2,
                ..
            }
        ),
        "{again}"
    );
    scene.has_no_effect(3);

    // Another name in the same session of the same person counts for nothing more.
    let capital = ALICE.replace("/alice", "/ALICE");
    let again = scene.approve(&capital, Some(plan().as_str())).await.unwrap_err();
    assert!(
        matches!(again, DecisionError::AlreadyApprovedByYou { .. }),
        "{again}"
    );
    scene.has_no_effect(3);

    // The same role of IAM Identity Center, but another of its users.
    let second = scene.approve(BOB, Some(plan().as_str())).await.unwrap();
    let both = vec![ALICE.to_owned(), BOB.to_owned()];
    assert_eq!(
        second,
        Decided::Approved {
            plan_hash: plan(),
            by: both
        }
    );
    assert_eq!(scene.machine.num_calls(), 1);
}

/// Whoever may assume a role names its session: two names are one person, even where both are written at once.
#[tokio::test]
async fn one_role_is_one_person_whatever_its_sessions_are_called() {
    let scene = scene(vec![opened(), asked(FAR, 2)], waiting("\"approved\""));
    let session = |name: &str| {
        let caller = Caller {
            arn: format!("arn:aws:sts::123456789012:assumed-role/Shared/{name}"),
            user_id: format!("AROASHARED0000001:{name}"),
            access_key: None,
        };
        caller.person(None, &[]).unwrap()
    };
    let (hash, id) = (plan(), "01J".into());
    let (one, two) = (session("one"), session("two"));
    let seen = Some(hash.as_str());
    let first = approve(&scene.ledger, &scene.sfn, &id, &one, seen, None).await;
    assert!(matches!(first.unwrap(), Decided::Counted { .. }));
    let second = approve(&scene.ledger, &scene.sfn, &id, &two, seen, None).await;
    let error = second.unwrap_err();
    assert!(
        matches!(error, DecisionError::AlreadyApprovedByYou { .. }),
        "{error}"
    );
    scene.has_no_effect(3);

    let mut log = scene.ledger.log(&id).await.unwrap();
    let raced = Event::Approved {
        by: two.arn().to_owned(),
        person: Some(two.id),
        reason: None,
        plan_hash: hash,
    };
    log.append(&scene.ledger, raced).await.unwrap();
    let state = log.incident().unwrap();
    assert_eq!((state.approvals.len(), state.decision), (1, None));
}

#[tokio::test]
async fn whom_the_incident_is_about_decides_nothing_on_it() {
    let scene = scene(vec![opened(), asked(FAR, 1)], waiting("\"approved\""));
    let caller = Caller {
        arn: "arn:aws:sts::123456789012:assumed-role/build/i-am-not-it".to_owned(),
        user_id: "AROABUILD00000001:i-am-not-it".to_owned(),
        access_key: None,
    };
    let build = caller.person(None, &[]).unwrap();
    let (hash, id) = (plan(), "01J".into());
    let approved = approve(&scene.ledger, &scene.sfn, &id, &build, Some(hash.as_str()), None).await;
    assert!(
        matches!(approved, Err(DecisionError::Compromised { .. })),
        "{approved:?}"
    );
    let denied = deny(&scene.ledger, &scene.sfn, &id, &build, None).await;
    assert!(
        matches!(denied, Err(DecisionError::Compromised { .. })),
        "{denied:?}"
    );
    scene.has_no_effect(2);
}

/// Whom an unreadable finding names can't be told, so nobody decides until it can be read.
#[test]
fn an_unreadable_finding_fails_closed_and_a_persons_request_names_nobody() {
    let raw = |message: Option<&str>| RawFinding {
        key: "key".to_owned(),
        message: message.map(str::to_owned),
        bytes: b"not a finding".to_vec(),
    };
    let unreadable = named_in(&[raw(None), raw(Some("m-1"))]);
    assert!(
        matches!(unreadable, Err(LedgerError::Unreadable { .. })),
        "{unreadable:?}"
    );
    assert_eq!(named_in(&[raw(None)]).unwrap(), []);
}
