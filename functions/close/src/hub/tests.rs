#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
use aws_sdk_securityhub::{
    operation::{
        batch_update_findings::{BatchUpdateFindingsError, BatchUpdateFindingsOutput},
        batch_update_findings_v2::BatchUpdateFindingsV2Output,
    },
    types::BatchUpdateFindingsUnprocessedFinding,
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;

use super::*;

const PRODUCT: &str = "arn:aws:securityhub:eu-west-1::product/aws/guardduty";

fn finding(id: &str, format: HubFormat) -> HubFinding {
    HubFinding {
        id: id.into(),
        product: PRODUCT.into(),
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        format,
    }
}

fn update(findings: &[HubFinding]) -> HubUpdate {
    HubUpdate {
        workflow: Workflow::Resolved,
        note: "Backstop incident 01JDXQ6T8R7M5V9N2K4H3G1FZB: contained".into(),
        findings: findings
            .iter()
            .map(|it| (it.clone(), format!("key-{}", it.id)))
            .collect(),
    }
}

fn hub(client: impl Fn(&Region) -> Client + Send + Sync + 'static) -> Hub {
    let accounts = Accounts::mocked("123456789012").mock_regions::<SecurityHub>(client);
    Hub::new("123456789012".into(), accounts)
}

async fn told(hub: Hub, findings: &[HubFinding]) -> (Vec<String>, Vec<String>) {
    match hub.tell(&update(findings)).await {
        Event::HubTold {
            workflow: Workflow::Resolved,
            updated,
            failed,
        } => (updated, failed),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn note_and_workflow_are_set_in_the_findings_region_and_what_is_refused_is_named() {
    let hub = hub(|region| {
        assert_eq!(region.as_str(), "eu-west-1");
        let rule = mock!(Client::batch_update_findings)
            .match_requests(|request| {
                let note = request.note().unwrap();
                let ids: Vec<_> = request
                    .finding_identifiers()
                    .iter()
                    .map(|it| it.id().unwrap())
                    .collect();
                ids == ["a", "b"]
                    && request
                        .finding_identifiers()
                        .iter()
                        .all(|it| it.product_arn() == Some(PRODUCT))
                    && note.updated_by() == Some("backstop")
                    && note
                        .text()
                        .is_some_and(|text| text.contains("01JDXQ6T8R7M5V9N2K4H3G1FZB"))
                    && request.workflow().unwrap().status() == Some(&WorkflowStatus::Resolved)
                    && (request.severity(), request.verification_state()) == (None, None)
            })
            .then_output(|| {
                let name = AwsSecurityFindingIdentifier::builder()
                    .id("b")
                    .product_arn(PRODUCT)
                    .build();
                let refused = BatchUpdateFindingsUnprocessedFinding::builder()
                    .finding_identifier(name)
                    .error_code("FindingNotFound")
                    .error_message("gone");
                BatchUpdateFindingsOutput::builder()
                    .processed_findings(
                        AwsSecurityFindingIdentifier::builder()
                            .id("a")
                            .product_arn(PRODUCT)
                            .build(),
                    )
                    .unprocessed_findings(refused.build())
                    .build()
            });
        mock_client!(aws_sdk_securityhub, RuleMode::MatchAny, &[&rule])
    });
    let (updated, failed) = told(
        hub,
        &[finding("a", HubFormat::Asff), finding("b", HubFormat::Asff)],
    )
    .await;
    assert_eq!(updated, ["key-a"]);
    assert_eq!(failed, ["key-b: FindingNotFound: gone"]);
}

#[tokio::test]
async fn a_failed_call_is_written_down_for_each_finding_and_ocsf_has_its_own_call() {
    let hub = hub(|_| {
        let denied = mock!(Client::batch_update_findings).then_error(|| {
            let code = ErrorMetadata::builder()
                .code("AccessDeniedException")
                .message("no");
            BatchUpdateFindingsError::generic(code.build())
        });
        let ocsf = mock!(Client::batch_update_findings_v2)
            .match_requests(|request| {
                request.status_id() == Some(4)
                    && request
                        .comment()
                        .is_some_and(|note| note.starts_with("Backstop incident"))
                    && request.finding_identifiers().iter().all(|it| {
                        it.finding_info_uid() == Some("c") && it.cloud_account_uid() == Some("123456789012")
                    })
            })
            .then_output(|| {
                BatchUpdateFindingsV2Output::builder()
                    .set_processed_findings(Some(vec![]))
                    .set_unprocessed_findings(Some(vec![]))
                    .build()
            });
        mock_client!(aws_sdk_securityhub, RuleMode::MatchAny, &[&denied, &ocsf])
    });
    let (updated, failed) = told(
        hub,
        &[finding("a", HubFormat::Asff), finding("c", HubFormat::Ocsf)],
    )
    .await;
    assert_eq!(updated, ["key-c"]);
    let [line] = failed.as_slice() else {
        panic!("{failed:?}")
    };
    assert!(
        line.starts_with("key-a: `securityhub:BatchUpdateFindings`")
            && line.contains("AccessDeniedException"),
        "{line}"
    );
}
