//! Opening for a moment, so that tracked connections end.

use super::*;

#[tokio::test]
async fn untracking_opens_only_what_is_on_the_internet_and_closes_it() {
    let network = two();
    let plan = plan(&network, &untracking()).await;
    let text = insta_text(&plan);
    assert!(
        text.contains("OPENS the instance to the whole internet"),
        "{text}"
    );
    assert_eq!(text.matches("lets everything in and out").count(), 1, "{text}");
    act(&network, &untracking()).await.1.unwrap();
    let calls = network.calls();
    let opened = position(&calls, &format!("move eni-1 {OPENED}"));
    assert!(opened < position(&calls, &format!("move eni-1 {ISOLATED}")));
    assert!(!calls.contains(&format!("move eni-2 {OPENED}")), "{calls:?}");
    assert_eq!(network.groups_of_nics(), [[ISOLATED], [ISOLATED]]);
    assert_eq!(
        network.rules("backstop-untrack-01JTESTTESTTESTTESTTESTTES"),
        None,
        "deleted"
    );
}

#[tokio::test]
async fn untracking_isnt_done_where_it_is_only_a_risk() {
    let network = two();
    network.state().routes = vec![
        Route::builder()
            .destination_cidr_block("0.0.0.0/0")
            .nat_gateway_id("nat-1")
            .build(),
    ];
    let text = insta_text(&plan(&network, &untracking()).await);
    assert!(text.contains("`untrack` is asked for and isn't done"), "{text}");
    assert!(text.contains("NAT gateway nat-1"), "{text}");
    act(&network, &untracking()).await.1.unwrap();
    assert!(!network.calls().iter().any(|call| call.contains(OPENED)));
    assert_eq!(network.groups_of_nics(), [[ISOLATED], [ISOLATED]]);
}

#[tokio::test]
async fn what_was_opened_never_stays_open() {
    let can_be_left = |network: &Network| {
        let open = network
            .rules("backstop-untrack-01JTESTTESTTESTTESTTESTTES")
            .unwrap_or(0);
        assert!(
            open == 0 || network.groups_of_nics()[0].len() == 5,
            "open: {:?}",
            network.calls()
        );
    };
    // It can't be moved: the open group is closed around it.
    let stuck = two();
    stuck.state().fails = Some(|call| call == "move eni-1 sg-backstop-isola");
    let error = act(&stuck, &untracking()).await.1.unwrap_err();
    can_be_left(&stuck);
    assert_eq!(stuck.groups_of_nics(), [[OPENED], [ISOLATED]]);
    assert!(error.to_string().contains("eni-1"), "{error}");
    // The next attempt moves it, and doesn't open it again.
    stuck.state().fails = None;
    stuck.state().calls.clear();
    let receipt = write_receipt(&IsolationReceipt {
        instance: "i-0123456789abcdef0".into(),
        instance_type: None,
        interfaces: vec![Before {
            id: "eni-1".into(),
            vpc: "vpc-1".into(),
            groups: vec!["sg-1".into()],
            tcp_established_timeout: Some(60),
            untrack: true,
            looks_like_a_tasks: false,
            has_fixed_tracking: false,
        }],
    });
    action(&stuck)
        .act(&permit(), &untracking(), &receipt.unwrap())
        .await
        .unwrap();
    assert_eq!(stuck.groups_of_nics(), [[ISOLATED], [ISOLATED]]);
    assert!(
        !stuck
            .calls()
            .iter()
            .any(|call| call.ends_with(OPENED) && call.starts_with("move"))
    );
    can_be_left(&stuck);

    // Nor can the open group be closed: it gets back what it had.
    let worse = two();
    worse.state().fails =
        Some(|call| call == "move eni-1 sg-backstop-isola" || call == "strip sg-backstop-untra");
    let error = act(&worse, &untracking()).await.1.unwrap_err();
    can_be_left(&worse);
    assert_eq!(worse.groups_of_nics()[0].len(), 5);
    assert!(error.to_string().contains("NOT ISOLATED"), "{error}");
}
