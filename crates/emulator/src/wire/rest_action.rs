//! Names the operations of REST services, which say them by method, path and query.

use std::collections::BTreeMap;

use hyper::Method;
use hyper::http::HeaderMap;

/// S3's sub-resources: the query parameter, and the rest of the name after `Get`, `Put` or `Delete`.
const S3_SUBRESOURCES: [(&str, &str); 17] = [
    ("publicAccessBlock", "PublicAccessBlock"),
    ("policyStatus", "BucketPolicyStatus"),
    ("policy", "BucketPolicy"),
    ("acl", "{}Acl"),
    ("tagging", "{}Tagging"),
    ("versioning", "BucketVersioning"),
    ("encryption", "BucketEncryption"),
    ("ownershipControls", "BucketOwnershipControls"),
    ("object-lock", "ObjectLockConfiguration"),
    ("retention", "ObjectRetention"),
    ("legal-hold", "ObjectLegalHold"),
    ("logging", "BucketLogging"),
    ("notification", "BucketNotificationConfiguration"),
    ("lifecycle", "BucketLifecycleConfiguration"),
    ("location", "BucketLocation"),
    ("website", "BucketWebsite"),
    ("replication", "BucketReplication"),
];

pub(super) fn s3(
    method: &Method,
    path: &str,
    query: &BTreeMap<String, String>,
    headers: &HeaderMap,
) -> String {
    let has = |name: &str| query.contains_key(name);
    let mut segments = path.trim_start_matches('/').splitn(2, '/');
    let bucket = segments.next().filter(|bucket| !bucket.is_empty());
    let is_object = segments.next().is_some_and(|key| !key.is_empty());
    let scope = if is_object { "Object" } else { "Bucket" };
    let verb = verb(method);

    if let Some((_, rest)) = S3_SUBRESOURCES.iter().find(|(name, _)| has(name)) {
        return format!("{verb}{}", rest.replace("{}", scope));
    }
    let name = match (method.as_str(), bucket.is_some(), is_object) {
        ("GET", false, _) => "ListBuckets",
        ("GET", true, false) if has("versions") => "ListObjectVersions",
        ("GET", true, false) if has("uploads") => "ListMultipartUploads",
        ("GET", true, false) if has("list-type") => "ListObjectsV2",
        ("GET", true, false) => "ListObjects",
        ("GET", true, true) if has("uploadId") => "ListParts",
        ("GET", true, true) if has("attributes") => "GetObjectAttributes",
        ("PUT", true, true) if has("partNumber") => "UploadPart",
        ("PUT", true, true) if headers.contains_key("x-amz-copy-source") => "CopyObject",
        ("PUT", true, false) => "CreateBucket",
        ("POST", true, false) if has("delete") => "DeleteObjects",
        ("POST", true, true) if has("uploads") => "CreateMultipartUpload",
        ("POST", true, true) if has("uploadId") => "CompleteMultipartUpload",
        ("DELETE", true, true) if has("uploadId") => "AbortMultipartUpload",
        _ => return format!("{verb}{scope}"),
    };
    name.to_owned()
}

/// Whether the path is one of S3 Control's: they begin with its version, which is no bucket's name in a drill.
pub(super) fn is_s3_control(path: &str) -> bool {
    path.starts_with("/v20180820/")
}

/// The call as CloudTrail names it.
pub(super) fn s3_control(method: &Method, path: &str) -> Option<String> {
    let is_block = path == "/v20180820/configuration/publicAccessBlock";
    is_block.then(|| format!("{}AccountPublicAccessBlock", verb(method)))
}

/// The operation of a JSON REST call, for the services whose operations a drill wants to name.
pub(super) fn rest_json(service: &str, method: &Method, path: &str) -> Option<String> {
    let operation = match service {
        "lambda" => lambda(method, path),
        "guardduty" => guardduty(method, path),
        "securityhub" => (method == Method::POST && path == "/findings").then_some("GetFindings"),
        _ => None,
    };
    operation.map(str::to_owned)
}

fn guardduty(method: &Method, path: &str) -> Option<&'static str> {
    let mut segments = path.trim_matches('/').split('/');
    let (kind, _id, what) = (segments.next()?, segments.next()?, segments.next()?);
    match (method.as_str(), kind, what, segments.next()) {
        ("POST", "detector", "findings", None) => Some("ListFindings"),
        ("POST", "detector", "findings", Some("get")) => Some("GetFindings"),
        _ => None,
    }
}

fn lambda(method: &Method, path: &str) -> Option<&'static str> {
    // The first segment is the API's version.
    let mut segments = path.trim_matches('/').split('/').skip(1);
    let (kind, name, rest) = (segments.next()?, segments.next(), segments.next());
    let operation = match (method.as_str(), kind, name.is_some(), rest) {
        ("GET", "functions", false, None) => "ListFunctions",
        ("POST", "functions", false, None) => "CreateFunction",
        ("GET", "functions", true, None) => "GetFunction",
        ("DELETE", "functions", true, None) => "DeleteFunction",
        ("POST", "functions", true, Some("invocations")) => "Invoke",
        ("GET", "functions", true, Some("configuration")) => "GetFunctionConfiguration",
        ("PUT", "functions", true, Some("configuration")) => "UpdateFunctionConfiguration",
        ("PUT", "functions", true, Some("code")) => "UpdateFunctionCode",
        ("GET", "functions", true, Some("policy")) => "GetPolicy",
        ("POST", "functions", true, Some("policy")) => "AddPermission",
        ("DELETE", "functions", true, Some("policy")) => "RemovePermission",
        ("GET", "functions", true, Some("concurrency")) => "GetFunctionConcurrency",
        ("PUT", "functions", true, Some("concurrency")) => "PutFunctionConcurrency",
        ("DELETE", "functions", true, Some("concurrency")) => "DeleteFunctionConcurrency",
        ("GET", "event-source-mappings", false, None) => "ListEventSourceMappings",
        ("PUT", "event-source-mappings", true, None) => "UpdateEventSourceMapping",
        _ => return None,
    };
    Some(operation)
}

fn verb(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "Get",
        "HEAD" => "Head",
        "DELETE" => "Delete",
        "POST" => "Post",
        _ => "Put",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s3_name(method: &Method, path: &str, query: &str) -> String {
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        s3(method, path, &query, &HeaderMap::new())
    }

    #[test]
    fn s3_operations_are_told_apart() {
        let expected = [
            (Method::GET, "/", "x-id=ListBuckets", "ListBuckets"),
            (Method::PUT, "/logs", "", "CreateBucket"),
            (Method::HEAD, "/logs", "", "HeadBucket"),
            (Method::GET, "/logs/", "list-type=2", "ListObjectsV2"),
            (Method::GET, "/logs/a/b", "x-id=GetObject", "GetObject"),
            (Method::DELETE, "/logs/a/b", "", "DeleteObject"),
            (Method::PUT, "/logs", "publicAccessBlock", "PutPublicAccessBlock"),
            (Method::GET, "/logs", "policyStatus", "GetBucketPolicyStatus"),
            (Method::GET, "/logs/a", "acl", "GetObjectAcl"),
            (Method::GET, "/logs", "acl", "GetBucketAcl"),
            (Method::PUT, "/logs/a", "retention", "PutObjectRetention"),
        ];
        for (method, path, query, name) in expected {
            assert_eq!(s3_name(&method, path, query), name, "{method} {path}?{query}");
        }
    }

    #[test]
    fn lambda_operations_are_told_apart() {
        let named = |method: Method, path| rest_json("lambda", &method, path);
        assert_eq!(
            named(Method::POST, "/2015-03-31/functions/f/invocations").as_deref(),
            Some("Invoke")
        );
        assert_eq!(
            named(Method::GET, "/2015-03-31/functions/").as_deref(),
            Some("ListFunctions")
        );
        assert_eq!(named(Method::GET, "/2015-03-31/something-new"), None);
    }

    #[test]
    fn reading_findings_is_told_from_all_else() {
        let named = |service, path| rest_json(service, &Method::POST, path);
        assert_eq!(
            named("guardduty", "/detector/d/findings").as_deref(),
            Some("ListFindings")
        );
        assert_eq!(
            named("guardduty", "/detector/d/findings/get").as_deref(),
            Some("GetFindings")
        );
        assert_eq!(named("guardduty", "/detector/d/findings/archive"), None);
        assert_eq!(named("securityhub", "/findings").as_deref(), Some("GetFindings"));
        assert_eq!(named("securityhub", "/findings/import"), None);
    }
}
