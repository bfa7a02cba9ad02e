//! Which incidents were opened by a finding that names the same remote address: noted on the row that lists show, so that
//! it is found without reading a log.

use std::{collections::BTreeSet, net::IpAddr};

use aws_sdk_dynamodb::types::AttributeValue;
use backstop_core::{api::IncidentRow, log::FindingRef};
use jiff::Timestamp;

use super::{Ledger, LedgerError, item::text};

const PEERS: &str = "peers";

/// The attribute of a row, if the finding names an address.
pub(super) fn of_row(finding: &FindingRef) -> Option<(String, AttributeValue)> {
    let addresses: BTreeSet<String> = finding
        .peers
        .iter()
        .map(|peer| peer.address.to_string())
        .collect();
    // DynamoDB keeps no empty set.
    (!addresses.is_empty()).then(|| {
        (
            PEERS.to_owned(),
            AttributeValue::Ss(addresses.into_iter().collect()),
        )
    })
}

impl Ledger {
    /// The incidents that were opened since then by a finding that names this address, the newest first, at most `most`.
    /// DynamoDB leaves the others out before they are sent.
    pub async fn incidents_naming(
        &self,
        address: IpAddr,
        since: Timestamp,
        most: usize,
    ) -> Result<Vec<IncidentRow>, LedgerError> {
        let query = self
            .list()
            .key_condition_expression("#list = :list AND opened_at >= :since")
            .filter_expression("contains(#peers, :address)")
            .expression_attribute_names("#peers", PEERS)
            .expression_attribute_values(":since", text(since.to_string()))
            .expression_attribute_values(":address", text(address.to_string()));
        self.rows(query.scan_index_forward(false), most).await
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use aws_sdk_dynamodb::{
        Client,
        operation::query::{QueryInput, QueryOutput},
    };
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use serde_json::json;

    use super::*;

    fn finding(peers: &serde_json::Value) -> FindingRef {
        serde_json::from_value(json!({
            "key": "123456789012/eu-west-1/abc", "finding_type": "t", "route": "guard-duty-event",
            "severity": { "score": 8.0, "label": "high" }, "count": 1, "first_seen": null, "last_seen": null,
            "created_at": null, "updated_at": null, "peers": peers,
        }))
        .unwrap()
    }

    #[test]
    fn a_row_names_each_address_once_and_none_if_there_is_none() {
        let peers = json!([
            { "address": "203.0.113.9" }, { "address": "203.0.113.9", "is_amazons": true }, { "address": "2001:db8::1" },
        ]);
        let (name, value) = of_row(&finding(&peers)).unwrap();
        assert_eq!(name, "peers");
        assert_eq!(value.as_ss().unwrap(), &["2001:db8::1", "203.0.113.9"]);
        assert_eq!(of_row(&finding(&json!([]))), None);
    }

    #[tokio::test]
    async fn incidents_that_name_the_address_are_asked_for_the_newest_first() {
        let row = || {
            [
                ("incident", "01K"),
                ("playbook", "compromised-instance"),
                ("target", "instance i-1"),
                ("severity", "high"),
                ("status", "contained"),
                ("opened_at", "2026-03-01T11:00:00Z"),
                ("title", "t"),
            ]
            .map(|(name, value)| (name.to_owned(), text(value)))
            .into()
        };
        let asked = mock!(Client::query)
            .match_requests(|input: &QueryInput| {
                let value = |name: &str| {
                    input.expression_attribute_values().unwrap()[name]
                        .as_s()
                        .unwrap()
                        .clone()
                };
                input.index_name() == Some("by_opened")
                    && input.scan_index_forward() == Some(false)
                    && input.filter_expression() == Some("contains(#peers, :address)")
                    && value(":address") == "203.0.113.9"
                    && value(":since") == "2026-02-22T12:00:00Z"
            })
            .then_output(move || QueryOutput::builder().items(row()).build());
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&asked]);
        let since = "2026-02-22T12:00:00Z".parse().unwrap();
        let rows = Ledger::new(client, "incidents")
            .incidents_naming("203.0.113.9".parse().unwrap(), since, 10)
            .await
            .unwrap();
        assert_eq!(
            rows.iter().map(|row| row.incident.as_str()).collect::<Vec<_>>(),
            ["01K"]
        );
    }
}
