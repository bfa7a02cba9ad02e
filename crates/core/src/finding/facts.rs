//! What a finding says besides its title: who called what from where, to which domain or port, and the resource's
//! tags. For people only: nothing is decided by it. All of it is an attacker's to write, so it is cleaned and cut here,
//! and escaped again wherever it goes.

mod sequence;

use super::node::Node;
use crate::text;

/// More would bury the rest of a notice.
const MOST: usize = 16;
/// Of each list: addresses that probed, tags, threats.
const MOST_OF_A_LIST: usize = 4;
/// A fact is a line.
const LONGEST: usize = 160;

/// Collects facts, each once, as long as there is room.
#[derive(Debug, Default)]
pub(super) struct Facts(Vec<String>);

impl Facts {
    /// A line of our own.
    pub(super) fn add(&mut self, line: &str) {
        let line = text::bounded(line, LONGEST);
        if self.0.len() < MOST && !self.0.contains(&line) {
            self.0.push(line);
        }
    }

    /// A line, unless the value is missing.
    fn say(&mut self, label: &str, value: Option<impl AsRef<str>>) {
        let Some(value) = value else { return };
        let value = text::sanitize(value.as_ref());
        if !value.is_empty() {
            self.add(&format!("{label}: {value}"));
        }
    }

    /// The action of GuardDuty's `service`, or ASFF's `Action`: their names differ in case only.
    pub(super) fn add_action(&mut self, action: &Node<'_>) {
        if let Some(call) = action.get("awsApiCallAction") {
            let service = call.text("serviceName").unwrap_or("an unnamed service");
            let api = call.text("api").map(|api| format!("{api} of {service}"));
            self.say("call", api);
            self.say("its error", call.text("errorCode"));
            self.say("user agent", call.text("userAgent"));
            self.remote(&call);
        }
        if let Some(dns) = action.get("dnsRequestAction") {
            self.say("domain", dns.text("domain"));
        }
        if let Some(connection) = action.get("networkConnectionAction") {
            self.say(
                "connection",
                words(&connection, &["connectionDirection", "direction", "protocol"]),
            );
            self.say("local port", port(&connection, "localPortDetails"));
            self.say("remote port", port(&connection, "remotePortDetails"));
            self.remote(&connection);
        }
        if let Some(probe) = action.get("portProbeAction") {
            for detail in probe.list("portProbeDetails").iter().take(MOST_OF_A_LIST) {
                self.say("probed port", port(detail, "localPortDetails"));
                self.remote(detail);
            }
        }
        if let Some(call) = action.get("kubernetesApiCallAction") {
            self.say("Kubernetes call", words(&call, &["verb", "requestUri"]));
            self.say("user agent", call.text("userAgent"));
            self.remote(&call);
        }
        if let Some(login) = action.get("rdsLoginAttemptAction") {
            self.remote(&login);
        }
    }

    /// What GuardDuty's `service` has besides the action.
    pub(super) fn add_service(&mut self, service: &Node<'_>) {
        if let Some(action) = service.get("action") {
            self.add_action(&action);
        }
        let process = service.at(&["runtimeDetails", "process"]);
        self.say(
            "process",
            process.and_then(|it| it.first_text(&["executablePath", "name"])),
        );
        if let Some(sequence) = service.at(&["detection", "sequence"]) {
            self.add_sequence(&sequence);
        }
        let threats = service.at(&["ebsVolumeScanDetails", "scanDetections", "threatDetectedByName"]);
        for threat in threats
            .iter()
            .flat_map(|it| it.list("threatNames"))
            .take(MOST_OF_A_LIST)
        {
            self.say("malware", threat.text("name"));
        }
    }

    /// One of OCSF's `evidences`.
    pub(super) fn add_evidence(&mut self, evidence: &Node<'_>) {
        if let Some(api) = evidence.get("api") {
            let service = api.get("service");
            let service = service.as_ref().and_then(|it| it.text("name"));
            let service = service.unwrap_or("an unnamed service");
            self.say(
                "call",
                api.text("operation").map(|call| format!("{call} of {service}")),
            );
            let response = api.get("response");
            self.say("its error", response.and_then(|it| it.text("error")));
        }
        let agent = evidence.get("http_request");
        self.say("user agent", agent.and_then(|it| it.text("user_agent")));
        self.say("domain", evidence.get("query").and_then(|it| it.text("hostname")));
        for process in [evidence.get("process"), evidence.at(&["actor", "process"])] {
            let path = process.as_ref().and_then(|it| it.get("file")?.text("path"));
            self.say("process", path.or_else(|| process.as_ref()?.text("name")));
        }
        if let Some(source) = evidence.get("src_endpoint") {
            let more = [
                source.at(&["location"]).and_then(|it| it.text("country")),
                source.get("autonomous_system").and_then(|it| it.text("name")),
            ];
            self.from(source.text("ip"), more);
        }
        let port = evidence.get("dst_endpoint").and_then(|it| it.whole("port"));
        self.say("remote port", port.map(|port| port.to_string()));
    }

    /// Where a backup's scan found what.
    pub(super) fn add_backup_scan(&mut self, detail: &Node<'_>) {
        let Some(result) = detail.get("scanResultDetails") else {
            return;
        };
        for threat in result.list("threats").iter().take(MOST_OF_A_LIST) {
            self.say("malware", threat.text("name"));
            for item in threat.list("itemDetails").iter().take(MOST_OF_A_LIST) {
                let place = words(item, &["itemPath", "resourceArn"]);
                self.say("found in", place);
            }
        }
        self.say("scan", words(detail, &["scanType", "scanCategory", "scanStatus"]));
    }

    /// What AWS Health adds to an event.
    pub(super) fn add_health_metadata(&mut self, detail: &Node<'_>) {
        let metadata = detail.get("eventMetadata");
        for (name, value) in metadata.iter().flat_map(Node::texts).take(MOST_OF_A_LIST) {
            self.say(name, Some(value));
        }
    }

    /// What OCSF's `finding_info` says of the signs that it was put together from, and of the attacker's technique.
    pub(super) fn add_finding_info(&mut self, info: &Node<'_>) {
        for event in info.list("related_events").iter().take(MOST_OF_A_LIST) {
            let name = event.first_text(&["title", "type", "type_name", "desc"]);
            self.say("signal", name);
        }
        for attack in info.list("attacks").iter().take(MOST_OF_A_LIST) {
            let tactic = attack.get("tactic");
            let technique = attack.get("technique");
            let words: Vec<&str> = [
                tactic.as_ref().and_then(|it| it.text("name")),
                technique.as_ref().and_then(|it| it.text("uid")),
                technique.as_ref().and_then(|it| it.text("name")),
            ]
            .into_iter()
            .flatten()
            .collect();
            self.say("technique", (!words.is_empty()).then(|| words.join(" ")));
        }
    }

    /// A resource's tags: `[{"key": …, "value": …}]`, OCSF's with `name`, or ASFF's `{"key": "value"}`.
    pub(super) fn add_tags(&mut self, resource: &Node<'_>) {
        let Some(tags) = resource.get("tags") else { return };
        if tags.is_array() {
            for tag in tags.items().iter().take(MOST_OF_A_LIST) {
                let value = tag.text("value").unwrap_or_default();
                let key = tag.first_text(&["key", "name"]);
                self.say("tag", key.map(|key| format!("{key}={value}")));
            }
        } else {
            for (key, value) in tags.texts().take(MOST_OF_A_LIST) {
                self.say("tag", Some(format!("{key}={value}")));
            }
        }
    }

    pub(super) fn finish(self) -> Vec<String> {
        self.0
    }

    fn remote(&mut self, block: &Node<'_>) {
        let Some(remote) = block.get("remoteIpDetails") else {
            return;
        };
        let Some(address) = remote.first_text(&["ipAddressV4", "ipAddressV6"]) else {
            return;
        };
        let country = remote.at(&["country"]);
        let network = remote.get("organization");
        let more = [
            country.and_then(|it| it.first_text(&["countryName", "countryCode"])),
            network.and_then(|it| it.first_text(&["asnOrg", "org"])),
        ];
        self.from(Some(address), more);
    }

    /// The caller's address, with its country and network where they are known.
    fn from(&mut self, address: Option<&str>, more: [Option<&str>; 2]) {
        let Some(address) = address else { return };
        let more: Vec<&str> = more.into_iter().flatten().filter(|it| !it.is_empty()).collect();
        let more = if more.is_empty() {
            String::new()
        } else {
            format!(" ({})", more.join(", "))
        };
        self.say("from", Some(format!("{address}{more}")));
    }
}

fn port(block: &Node<'_>, name: &str) -> Option<String> {
    let details = block.get(name)?;
    let number = details.whole("port")?;
    let name = details.text("portName").filter(|name| *name != "Unknown");
    Some(name.map_or_else(|| number.to_string(), |name| format!("{number} ({name})")))
}

fn words(block: &Node<'_>, names: &[&str]) -> Option<String> {
    let words: Vec<&str> = names.iter().filter_map(|name| block.text(name)).collect();
    (!words.is_empty()).then(|| words.join(" "))
}
