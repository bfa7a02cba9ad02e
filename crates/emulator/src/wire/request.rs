//! Reads what a request asks for: the service, the action, who signed it, and what it is about.

use std::collections::BTreeMap;

use hyper::http::HeaderMap;
use hyper::http::request::Parts;
use serde_json::Value;

use super::{Resource, rest_action};

/// Parameters that name what a call is about; the first one present is taken.
const NAMING: [&str; 22] = [
    "AccessKeyId",
    "UserName",
    "RoleName",
    "GroupName",
    "PolicyName",
    "PolicyArn",
    "RoleArn",
    "TableName",
    "FunctionName",
    "stateMachineArn",
    "executionArn",
    "TopicArn",
    "QueueUrl",
    "StackName",
    "InstanceId",
    "InstanceId.1",
    "GroupId",
    "VolumeId",
    "KeyId",
    "SecretId",
    "EventBusName",
    "logGroupName",
];

/// How a service writes its requests and errors.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// Form parameters in, XML out: IAM, STS, SNS, CloudFormation, ….
    Query,
    /// EC2's own variant of it.
    Ec2,
    /// JSON with `X-Amz-Target`: DynamoDB, Step Functions, SQS, ….
    Json,
    /// JSON on REST paths: Lambda, GuardDuty, ….
    RestJson,
    /// S3's XML.
    S3,
    /// S3's XML about an account, with errors wrapped.
    S3Control,
}

/// What one HTTP request asks of AWS.
#[derive(Clone, Debug)]
pub struct AwsRequest {
    /// The service of the credential scope; `s3` for unsigned requests.
    pub service: String,
    /// The operation.
    pub action: String,
    /// How the answer must be written.
    pub protocol: Protocol,
    /// The region of the credential scope.
    pub region: Option<String>,
    /// Whose signature it carries.
    pub access_key_id: Option<String>,
    /// What it is about.
    pub resource: Option<Resource>,
    /// What the caller says it is.
    pub user_agent: Option<String>,
    /// The trace that the caller says it is part of; a function gets one for each invocation.
    pub trace: Option<String>,
    /// Form parameters of query requests, top-level strings of JSON ones; may hold secrets, so never recorded.
    pub(crate) parameters: BTreeMap<String, String>,
}

impl AwsRequest {
    /// Reads a complete request.
    pub fn read(parts: &Parts, body: &[u8]) -> Self {
        let query = pairs(parts.uri.query().unwrap_or_default().as_bytes());
        let scope = Scope::of(&parts.headers, &query);
        let target = header(&parts.headers, "x-amz-target");
        let is_form =
            header(&parts.headers, "content-type").is_some_and(|kind| kind.contains("x-www-form-urlencoded"));
        let service = scope.service.unwrap_or_else(|| "s3".to_owned());
        let path = parts.uri.path();
        let protocol = match service.as_str() {
            "s3" if rest_action::is_s3_control(path) => Protocol::S3Control,
            "s3" => Protocol::S3,
            "ec2" => Protocol::Ec2,
            _ if target.is_some() => Protocol::Json,
            _ if is_form || query.contains_key("Action") => Protocol::Query,
            _ => Protocol::RestJson,
        };
        let parameters = match protocol {
            Protocol::Query | Protocol::Ec2 => query.clone().into_iter().chain(pairs(body)).collect(),
            Protocol::Json => json_strings(body),
            Protocol::RestJson | Protocol::S3 | Protocol::S3Control => query.clone(),
        };
        let action = match protocol {
            Protocol::Query | Protocol::Ec2 => parameters.get("Action").cloned(),
            Protocol::Json => target
                .as_deref()
                .and_then(|target| target.rsplit('.').next())
                .map(str::to_owned),
            Protocol::S3 => Some(rest_action::s3(&parts.method, path, &query, &parts.headers)),
            Protocol::S3Control => rest_action::s3_control(&parts.method, path),
            Protocol::RestJson => rest_action::rest_json(&service, &parts.method, path),
        };
        Self {
            action: action.unwrap_or_else(|| format!("{} {path}", parts.method)),
            resource: match protocol {
                Protocol::S3Control => account(&parts.headers),
                _ => resource(&service, path, &parameters),
            },
            service,
            protocol,
            region: scope.region,
            access_key_id: scope.access_key_id,
            user_agent: header(&parts.headers, "user-agent"),
            trace: header(&parts.headers, "x-amzn-trace-id"),
            parameters,
        }
    }

    /// Whether the text stands in a parameter, or in what the path names.
    pub(crate) fn names(&self, text: &str) -> bool {
        let is_resource = |resource: &Resource| resource.name.contains(text);
        self.resource.as_ref().is_some_and(is_resource)
            || self.parameters.values().any(|value| value.contains(text))
    }

    /// `service:action`, for messages.
    pub fn name(&self) -> String {
        format!("{}:{}", self.service, self.action)
    }
}

/// The credential scope `KEY/DATE/REGION/SERVICE/aws4_request` of a signed header or a presigned query.
#[derive(Default)]
struct Scope {
    access_key_id: Option<String>,
    region: Option<String>,
    service: Option<String>,
}

impl Scope {
    fn of(headers: &HeaderMap, query: &BTreeMap<String, String>) -> Self {
        let signed = header(headers, "authorization");
        let in_header = signed
            .as_deref()
            .and_then(|value| value.split("Credential=").nth(1));
        let presigned = query.get("X-Amz-Credential").map(String::as_str);
        let Some(text) = in_header.or(presigned) else {
            return Self::default();
        };
        let text = text.split([',', ' ']).next().unwrap_or_default();
        let mut parts = text.split('/').map(str::to_owned);
        let access_key_id = parts.next();
        // After the key comes the date.
        let region = parts.nth(1);
        Self {
            access_key_id,
            region,
            service: parts.next(),
        }
    }
}

fn resource(service: &str, path: &str, parameters: &BTreeMap<String, String>) -> Option<Resource> {
    let named = |kind: &str, name: &str| Resource {
        kind: kind.to_owned(),
        name: name.to_owned(),
    };
    let path = path.trim_start_matches('/');
    match service {
        "s3" => (!path.is_empty()).then(|| named("Bucket", path)),
        // After the API's version and `functions`.
        "lambda" if path.contains("/functions/") => {
            path.split('/').nth(2).map(|name| named("FunctionName", name))
        }
        _ => NAMING
            .iter()
            .find_map(|kind| parameters.get(*kind).map(|name| named(kind, name))),
    }
}

/// S3 Control says in a header whose settings it is asked for.
fn account(headers: &HeaderMap) -> Option<Resource> {
    header(headers, "x-amz-account-id").map(|name| Resource {
        kind: "AccountId".to_owned(),
        name,
    })
}

pub(super) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

fn pairs(text: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(text).into_owned().collect()
}

fn json_strings(body: &[u8]) -> BTreeMap<String, String> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return BTreeMap::new();
    };
    let strings = members
        .into_iter()
        .filter_map(|(name, value)| value.as_str().map(|text| (name, text.to_owned())));
    strings.collect()
}

/// A request of which nothing else is known.
#[cfg(test)]
pub(crate) fn asked(service: &str, action: &str, protocol: Protocol) -> AwsRequest {
    AwsRequest {
        service: service.to_owned(),
        action: action.to_owned(),
        protocol,
        region: None,
        access_key_id: None,
        resource: None,
        user_agent: None,
        trace: None,
        parameters: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use hyper::Request;

    use super::*;

    fn read(method: &str, uri: &str, headers: &[(&str, &str)], body: &str) -> AwsRequest {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        AwsRequest::read(&request.body(()).unwrap().into_parts().0, body.as_bytes())
    }

    fn signed(service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/eu-west-1/{service}/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=00"
        )
    }

    #[test]
    fn a_query_call_is_named_by_its_form() {
        let headers = [
            ("authorization", signed("iam")),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ];
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let asked = read(
            "POST",
            "/",
            &headers,
            "Action=UpdateAccessKey&UserName=alice&AccessKeyId=AKIA1&Status=Inactive",
        );
        assert_eq!(asked.name(), "iam:UpdateAccessKey");
        assert_eq!(asked.protocol, Protocol::Query);
        assert_eq!(asked.region.as_deref(), Some("eu-west-1"));
        assert_eq!(asked.access_key_id.as_deref(), Some("AKIAEXAMPLE"));
        assert_eq!(asked.resource.unwrap().name, "AKIA1");
    }

    #[test]
    fn a_json_call_is_named_by_its_target() {
        let headers = [
            ("authorization", signed("dynamodb")),
            ("x-amz-target", "DynamoDB_20120810.PutItem".to_owned()),
        ];
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let asked = read("POST", "/", &headers, r#"{"TableName":"incidents","Item":{}}"#);
        assert_eq!(asked.name(), "dynamodb:PutItem");
        assert_eq!(asked.resource.unwrap().name, "incidents");
    }

    #[test]
    fn a_presigned_call_is_read_from_its_query() {
        let uri =
            "/logs/a%2Fb?X-Amz-Credential=ASIA1%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=0";
        let asked = read("GET", uri, &[], "");
        assert_eq!(asked.name(), "s3:GetObject");
        assert_eq!(asked.access_key_id.as_deref(), Some("ASIA1"));
        assert_eq!(asked.resource.unwrap().name, "logs/a%2Fb");
    }

    #[test]
    fn a_call_about_the_account_is_told_from_one_about_a_bucket() {
        let authorization = signed("s3");
        let headers = [
            ("authorization", authorization.as_str()),
            ("x-amz-account-id", "123456789012"),
        ];
        let uri = "http://123456789012.127.0.0.1:4566/v20180820/configuration/publicAccessBlock";
        let asked = read("DELETE", uri, &headers, "");
        assert_eq!(asked.name(), "s3:DeleteAccountPublicAccessBlock");
        assert_eq!(asked.protocol, Protocol::S3Control);
        assert!(asked.names("123456789012"));
    }

    #[test]
    fn a_lambda_call_names_its_function() {
        let authorization = signed("lambda");
        let asked = read(
            "POST",
            "/2015-03-31/functions/intake/invocations",
            &[("authorization", &authorization)],
            "{}",
        );
        assert_eq!(asked.name(), "lambda:Invoke");
        assert_eq!(asked.resource.unwrap().name, "intake");
    }

    #[test]
    fn an_unsigned_call_is_an_anonymous_one_to_s3() {
        let asked = read("GET", "/public/page.html", &[], "");
        assert_eq!(
            (asked.name().as_str(), asked.access_key_id),
            ("s3:GetObject", None)
        );
    }

    #[test]
    fn a_call_that_cannot_be_told_apart_is_named_by_its_path() {
        let authorization = signed("guardduty");
        let asked = read("GET", "/detector", &[("authorization", &authorization)], "");
        assert_eq!(asked.name(), "guardduty:GET /detector");
        assert_eq!(asked.protocol, Protocol::RestJson);
    }
}
