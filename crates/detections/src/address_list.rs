//! A list of addresses and domains that GuardDuty trusts, or takes for hostile ("Customizing threat detection with entity
//! lists and IP address lists"). What a trusted entry does is never a finding.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, Ipv4Addr},
};

use backstop_playbook::Problem;
use ipnet::Ipv4Net;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

use crate::check::{EXPIRED, Judged, WIDEST_PREFIX, check_end, check_name, not_blank, one_line};

/// What GuardDuty makes of what is on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ListKind {
    /// No findings.
    Trusted,
    /// Findings.
    Threat,
}

/// What kind of list GuardDuty makes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ListForm {
    /// An entity list: addresses and domains, for DNS as well. AWS recommends it.
    #[default]
    Entities,
    /// An IP address list.
    Addresses,
}

/// A list as it is on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddressList {
    /// The file's name.
    pub name: String,
    /// What is on it, for people.
    pub title: String,
    /// What GuardDuty makes of what is on it.
    pub kind: ListKind,
    /// What kind of list it makes of it.
    pub form: ListForm,
    /// What is on it, sorted; never what has ended.
    pub entries: Vec<String>,
}

/// A list of addresses and domains that GuardDuty trusts, or takes for hostile.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Backstop address list")]
pub(crate) struct AddressListFile {
    /// What is on it, for people.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) title: Spanned<String>,
    /// What GuardDuty makes of it.
    #[schemars(with = "ListKind")]
    pub(crate) kind: Spanned<ListKind>,
    /// What kind of list GuardDuty makes of it.
    #[serde(default)]
    pub(crate) form: ListForm,
    /// What is on it.
    #[schemars(with = "Vec<EntryFile>", length(min = 1))]
    pub(crate) entries: Spanned<Vec<EntryFile>>,
}

/// An entry.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryFile {
    /// An address of version 4, a range such as `198.51.100.0/24`, or a domain.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) entry: Spanned<String>,
    /// Who answers for it.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) owner: Spanned<String>,
    /// Why it is on the list.
    #[schemars(with = "String", length(min = 1))]
    pub(crate) reason: Spanned<String>,
    /// The last day; an entry of a threat list may do without.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) expires: Option<Spanned<Date>>,
    /// Where it was decided.
    #[serde(default)]
    #[expect(dead_code, reason = "for people who read the file")]
    pub(crate) ticket: Option<String>,
}

/// What an entry names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Range(Ipv4Net),
    Domain(String),
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) if range.prefix_len() == 32 => range.network().fmt(f),
            Self::Range(range) => range.fmt(f),
            Self::Domain(domain) => f.write_str(domain),
        }
    }
}

impl Entry {
    fn read(text: &str) -> Result<Self, &'static str> {
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Range(address.into()));
        }
        if let Ok(range) = text.parse::<Ipv4Net>() {
            return Ok(Self::Range(range.trunc()));
        }
        let address = text.split('/').next().unwrap_or_default();
        if address.parse::<IpAddr>().is_ok() || address.contains(':') {
            return Err("GuardDuty's lists take addresses of version 4 only");
        }
        let is_label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        // The last part of a domain has a letter: else it is a broken address.
        let has_letter = text
            .rsplit('.')
            .next()
            .is_some_and(|last| last.bytes().any(|b| b.is_ascii_alphabetic()));
        match text.contains('.') && has_letter && text.split('.').all(is_label) {
            true => Ok(Self::Domain(text.to_ascii_lowercase())),
            false => {
                Err("write an address such as `198.51.100.7`, a range such as `198.51.100.0/24`, or a domain")
            }
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Range(one), Self::Range(other)) => one.contains(other) || other.contains(one),
            (Self::Domain(one), Self::Domain(other)) => one == other,
            (Self::Range(_), Self::Domain(_)) | (Self::Domain(_), Self::Range(_)) => false,
        }
    }
}

/// Checks a list by itself.
pub(crate) fn check(name: &str, file: &AddressListFile, today: Date) -> Judged {
    let mut judged = Judged::default();
    check_name(name, &mut judged);
    not_blank(&file.title, "title", &mut judged);
    let kind = file.kind.value;
    let mut seen: Vec<Entry> = Vec::new();
    for written in &file.entries.value {
        let (place, text) = (written.entry.referenced, written.entry.value.as_str());
        not_blank(&written.owner, "owner", &mut judged);
        not_blank(&written.reason, "reason", &mut judged);
        match &written.expires {
            Some(end) => check_end(end, today, EXPIRED, &mut judged),
            None if kind == ListKind::Trusted => {
                let message = format!("`{text}` is trusted for ever");
                judged.refuse(place, "no-expiry", message, "add `expires:`, a day within a year");
            }
            None => {}
        }
        match Entry::read(text) {
            Err(help) => judged.refuse(place, "wrong-entry", format!("`{text}` can't be on a list"), help),
            Ok(entry) => {
                if seen.contains(&entry) {
                    judged.refuse(
                        place,
                        "entry-twice",
                        format!("`{text}` is on the list twice"),
                        "remove one",
                    );
                }
                check_entry(&entry, kind, place, text, &mut judged);
                if file.form == ListForm::Addresses && matches!(entry, Entry::Domain(_)) {
                    let message = format!("`{text}` is a domain: a list of addresses takes none");
                    judged.refuse(place, "wrong-entry", message, "write `form: entities`");
                }
                seen.push(entry);
            }
        }
    }
    if file.entries.value.is_empty() {
        let help = "remove the file, or write who is on it";
        judged.refuse(
            file.entries.referenced,
            "empty-list",
            "nothing is on the list".to_owned(),
            help,
        );
    }
    judged
}

fn check_entry(entry: &Entry, kind: ListKind, place: Location, text: &str, judged: &mut Judged) {
    let Entry::Range(range) = entry else { return };
    if !is_routable(range.network()) {
        let message = format!("`{text}` isn't routed in the internet: GuardDuty's lists don't apply to it");
        judged.refuse(
            place,
            "not-routable",
            message,
            "name the public address that it is seen with",
        );
    } else if range.prefix_len() < WIDEST_PREFIX && kind == ListKind::Trusted {
        let message = format!("`{text}` trusts more addresses than a /{WIDEST_PREFIX}");
        judged.refuse(
            place,
            "wide-network",
            message,
            "name the addresses that are yours",
        );
    }
}

/// Whether it is somebody's in the internet. Documentation's ranges count as such: they stand for real ones.
fn is_routable(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || is_shared
        || first == 0
        || first >= 240)
}

impl AddressListFile {
    /// What is on it on a day.
    pub(crate) fn list(&self, name: &str, today: Date) -> AddressList {
        let lasting = self
            .entries
            .value
            .iter()
            .filter(|written| written.expires.as_ref().is_none_or(|end| end.value >= today));
        let mut entries: Vec<String> = lasting
            .filter_map(|written| Entry::read(&written.entry.value).ok())
            .map(|entry| entry.to_string())
            .collect();
        entries.sort();
        AddressList {
            name: name.to_owned(),
            title: one_line(&self.title.value),
            kind: self.kind.value,
            form: self.form,
            entries,
        }
    }
}

/// Checks lists against one another: what is trusted and hostile at once is trusted, and GuardDuty has room for one
/// trusted list of addresses, and six hostile ones.
pub(crate) fn check_together(lists: &[(String, AddressListFile)]) -> BTreeMap<String, Vec<Problem>> {
    const MOST_THREAT_LISTS: usize = 6;
    let of = |kind: ListKind| lists.iter().filter(move |(_, file)| file.kind.value == kind);
    let mut problems: BTreeMap<String, Vec<Problem>> = BTreeMap::new();
    let mut add = |label: &str, problem: Problem| problems.entry(label.to_owned()).or_default().push(problem);
    let forms = [ListForm::Entities, ListForm::Addresses];
    let rooms = [(ListKind::Trusted, 1), (ListKind::Threat, MOST_THREAT_LISTS)];
    for (form, (kind, most)) in forms.iter().flat_map(|form| rooms.map(|room| (form, room))) {
        for (label, file) in of(kind).filter(|(_, file)| file.form == *form).skip(most) {
            let message = format!("GuardDuty takes {most} of this kind for a Region");
            let problem = Problem::at(file.kind.referenced, "too-many-lists", message);
            add(label, problem.help("put the entries into one that is there"));
        }
    }
    let hostile: Vec<(&str, Entry)> = of(ListKind::Threat)
        .flat_map(|(label, file)| {
            file.entries
                .value
                .iter()
                .map(move |entry| (label.as_str(), entry))
        })
        .filter_map(|(label, entry)| Some((label, Entry::read(&entry.entry.value).ok()?)))
        .collect();
    for (label, file) in of(ListKind::Trusted) {
        for written in &file.entries.value {
            let Ok(entry) = Entry::read(&written.entry.value) else {
                continue;
            };
            if let Some((other, _)) = hostile.iter().find(|(_, hostile)| hostile.overlaps(&entry)) {
                let message = format!(
                    "`{}` is on the threat list `{other}` as well; trusted wins",
                    written.entry.value
                );
                let problem = Problem::at(written.entry.referenced, "trusted-threat", message);
                add(label, problem.help("remove it from one of them"));
            }
        }
    }
    problems
}

/// The JSON Schema of the file, for editors.
pub fn schema() -> Value {
    schemars::schema_for!(AddressListFile).to_value()
}

/// The schema as `detections/` has it.
pub fn schema_text() -> String {
    format!("{:#}\n", schema())
}
