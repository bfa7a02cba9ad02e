//! A user's other credentials: signing certificates, service-specific credentials and SSH public keys.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::StatusCode;
use jiff::{SignedDuration, Timestamp};
use ulid::Ulid;

use crate::wire::{AwsRequest, Backend, Exchange, Principal, Reply, error, escape};

/// More than GuardDuty keeps a finding; see `credential_ages.py`, which says the same of access keys.
const AGE: SignedDuration = SignedDuration::from_hours(400 * 24);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Certificate,
    ServiceSpecific,
    SshKey,
}

impl Kind {
    fn of(action: &str) -> Self {
        match action {
            _ if action.contains("SigningCertificate") => Self::Certificate,
            _ if action.contains("ServiceSpecificCredential") => Self::ServiceSpecific,
            _ => Self::SshKey,
        }
    }

    /// The element of one, the element of a list of them, the parameter of its id, and how ids begin.
    fn words(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Certificate => ("Certificate", "Certificates", "CertificateId", ""),
            Self::ServiceSpecific => (
                "ServiceSpecificCredential",
                "ServiceSpecificCredentials",
                "ServiceSpecificCredentialId",
                "ACCA",
            ),
            Self::SshKey => ("SSHPublicKey", "SSHPublicKeys", "SSHPublicKeyId", "APKA"),
        }
    }
}

#[derive(Clone, Debug)]
struct Credential {
    kind: Kind,
    account: String,
    user: String,
    id: String,
    status: String,
    /// The public key or certificate, or the name of the service.
    content: String,
    created: Timestamp,
}

/// All such credentials of all accounts.
#[derive(Debug, Default)]
pub(super) struct IamCredentials {
    all: Mutex<Vec<Credential>>,
}

impl IamCredentials {
    pub(super) async fn answer(&self, backend: &Backend, exchange: &Exchange) -> Reply {
        let asked = &exchange.asked;
        let account = exchange.principal.account().unwrap_or(&backend.account_id);
        let Some(user) = asked
            .parameters
            .get("UserName")
            .cloned()
            .or_else(|| own_name(&exchange.principal))
        else {
            return error(
                asked,
                StatusCode::BAD_REQUEST,
                "ValidationError",
                "Must specify userName",
            );
        };
        // Whether the user exists is ministack's to say, in its own words.
        let form = [
            ("Action", "GetUser"),
            ("Version", "2010-05-08"),
            ("UserName", user.as_str()),
        ];
        match backend.upstreams.query_as_root("iam", account, &form).await {
            Ok(found) if found.status().is_success() => {
                self.apply(asked, account, &user, made_by(&exchange.principal))
            }
            Ok(missing) => missing,
            Err(error) => error.into_reply(),
        }
    }

    fn apply(&self, asked: &AwsRequest, account: &str, user: &str, created: Timestamp) -> Reply {
        let kind = Kind::of(&asked.action);
        match asked.action.as_str() {
            list if list.starts_with("List") => self.list(asked, kind, account, user),
            update if update.starts_with("Update") => self.update(asked, kind, account, user),
            delete if delete.starts_with("Delete") => self.delete(asked, kind, account, user),
            _ => self.create(asked, kind, account, user, created),
        }
    }

    fn create(&self, asked: &AwsRequest, kind: Kind, account: &str, user: &str, created: Timestamp) -> Reply {
        let (_, _, _, prefix) = kind.words();
        let content = ["CertificateBody", "SSHPublicKeyBody", "ServiceName"];
        let content = content
            .iter()
            .find_map(|name| asked.parameters.get(*name))
            .cloned()
            .unwrap_or_default();
        let credential = Credential {
            kind,
            account: account.to_owned(),
            user: user.to_owned(),
            id: format!("{prefix}{}", Ulid::generate()),
            status: "Active".to_owned(),
            content,
            created,
        };
        let element = one(&credential, true);
        self.all().push(credential);
        result(&asked.action, &element)
    }

    fn update(&self, asked: &AwsRequest, kind: Kind, account: &str, user: &str) -> Reply {
        let status = asked.parameters.get("Status").cloned().unwrap_or_default();
        if !["Active", "Inactive"].contains(&status.as_str()) {
            let message = "Value at 'status' must be one of Active, Inactive";
            return error(asked, StatusCode::BAD_REQUEST, "ValidationError", message);
        }
        let mut all = self.all();
        let Some(place) = position(&all, asked, kind, account, user) else {
            return missing(asked, kind);
        };
        if let Some(credential) = all.get_mut(place) {
            credential.status = status;
        }
        result(&asked.action, "")
    }

    fn delete(&self, asked: &AwsRequest, kind: Kind, account: &str, user: &str) -> Reply {
        let mut all = self.all();
        let Some(place) = position(&all, asked, kind, account, user) else {
            return missing(asked, kind);
        };
        all.remove(place);
        result(&asked.action, "")
    }

    fn list(&self, asked: &AwsRequest, kind: Kind, account: &str, user: &str) -> Reply {
        let service = asked.parameters.get("ServiceName");
        let all = self.all();
        let members = all.iter().filter(|credential| {
            credential.kind == kind
                && credential.account == account
                && credential.user == user
                && service.is_none_or(|service| credential.content == *service)
        });
        let members: String = members
            .map(|credential| format!("<member>{}</member>", fields(credential, false)))
            .collect();
        let (_, list, _, _) = kind.words();
        result(
            &asked.action,
            &format!("<{list}>{members}</{list}><IsTruncated>false</IsTruncated>"),
        )
    }

    fn all(&self) -> MutexGuard<'_, Vec<Credential>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the account's root makes was made long ago: root plants what a drill finds.
fn made_by(principal: &Principal) -> Timestamp {
    let now = Timestamp::now();
    match principal {
        Principal::Root { .. } => now.saturating_sub(AGE).unwrap_or(now),
        Principal::User { .. }
        | Principal::Role { .. }
        | Principal::Federated { .. }
        | Principal::Anonymous
        | Principal::Unknown => now,
    }
}

fn asked_id(asked: &AwsRequest, kind: Kind) -> &str {
    let (_, _, parameter, _) = kind.words();
    asked.parameters.get(parameter).map_or("", String::as_str)
}

fn position(all: &[Credential], asked: &AwsRequest, kind: Kind, account: &str, user: &str) -> Option<usize> {
    let id = asked_id(asked, kind);
    all.iter().position(|credential| {
        credential.kind == kind
            && credential.account == account
            && credential.user == user
            && credential.id == id
    })
}

fn missing(asked: &AwsRequest, kind: Kind) -> Reply {
    let message = format!(
        "The credential with id {} cannot be found.",
        asked_id(asked, kind)
    );
    error(asked, StatusCode::NOT_FOUND, "NoSuchEntity", &message)
}

fn own_name(principal: &Principal) -> Option<String> {
    match principal {
        Principal::User { name, .. } => Some(name.clone()),
        Principal::Root { .. }
        | Principal::Role { .. }
        | Principal::Federated { .. }
        | Principal::Anonymous
        | Principal::Unknown => None,
    }
}

fn one(credential: &Credential, is_new: bool) -> String {
    let (element, _, _, _) = credential.kind.words();
    format!("<{element}>{}</{element}>", fields(credential, is_new))
}

/// A list leaves out what only the creation tells, as AWS does.
fn fields(credential: &Credential, is_new: bool) -> String {
    let (_, _, id, _) = credential.kind.words();
    let (content, created) = (escape(&credential.content), credential.created);
    let own = match credential.kind {
        Kind::Certificate => {
            format!("<CertificateBody>{content}</CertificateBody><UploadDate>{created}</UploadDate>")
        }
        Kind::SshKey if is_new => format!(
            "<Fingerprint>00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00</Fingerprint>\
             <SSHPublicKeyBody>{content}</SSHPublicKeyBody><UploadDate>{created}</UploadDate>"
        ),
        Kind::SshKey => format!("<UploadDate>{created}</UploadDate>"),
        Kind::ServiceSpecific => {
            let name = format!("{}-at-{}", escape(&credential.user), credential.account);
            let password = if is_new {
                "<ServicePassword>only-in-the-disposable-account</ServicePassword>"
            } else {
                ""
            };
            format!(
                "<CreateDate>{created}</CreateDate><ServiceName>{content}</ServiceName>\
                 <ServiceUserName>{name}</ServiceUserName>{password}"
            )
        }
    };
    let (user, value, status) = (escape(&credential.user), &credential.id, &credential.status);
    format!("<UserName>{user}</UserName><{id}>{value}</{id}><Status>{status}</Status>{own}")
}

fn result(action: &str, inner: &str) -> Reply {
    let id = Ulid::generate();
    let inner = if inner.is_empty() {
        String::new()
    } else {
        format!("<{action}Result>{inner}</{action}Result>")
    };
    let body = format!(
        "<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">{inner}\
         <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
    );
    Reply::new(StatusCode::OK, "text/xml", body)
}
