//! What an attack sequence says: which signs it was put together from, what they point to, and which processes did it.

use super::{Facts, MOST_OF_A_LIST, words};
use crate::finding::node::Node;

/// Of the values of an indicator.
const MOST_VALUES: usize = 6;

impl Facts {
    /// GuardDuty's `service.detection.sequence`, or ASFF's `Detection.Sequence`.
    pub(in crate::finding) fn add_sequence(&mut self, sequence: &Node<'_>) {
        for process in sequence.list("actors").iter().filter_map(|it| it.get("process")) {
            self.say("process", process.first_text(&["path", "name"]));
        }
        for signal in sequence.list("signals").iter().take(MOST_OF_A_LIST) {
            let count = signal.whole("count").filter(|count| *count > 1);
            let name = signal.first_text(&["name", "type"]);
            self.say(
                "signal",
                name.map(|name| match count {
                    Some(count) => format!("{name} ({count} times)"),
                    None => name.to_owned(),
                }),
            );
        }
        for indicator in sequence.list("sequenceIndicators") {
            let key = indicator.text("key").unwrap_or("indicator");
            let values: Vec<&str> = indicator
                .list_of_texts("values")
                .into_iter()
                .take(MOST_VALUES)
                .collect();
            self.say(key, Some(values.join(", ")));
        }
        for endpoint in sequence.list("endpoints").iter().take(MOST_OF_A_LIST) {
            let location = endpoint.get("location");
            let network = endpoint.get("autonomousSystem");
            let more = [
                location.and_then(|it| it.text("country")),
                network.and_then(|it| it.text("name")),
            ];
            self.from(endpoint.text("ip"), more);
            self.say("domain", endpoint.text("domain"));
        }
        let named: Vec<String> = sequence
            .list("resources")
            .iter()
            .filter_map(|it| words(it, &["resourceType"]))
            .collect();
        if named.len() > 1 {
            self.say("resources it names", Some(counted(&named)));
        }
    }
}

/// `2 EC2_INSTANCE, 100 S3_OBJECT`
fn counted(names: &[String]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for name in names {
        match counts.iter_mut().find(|(known, _)| known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    counts.join(", ")
}
