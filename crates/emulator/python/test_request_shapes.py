"""Requests as botocore itself writes them: right ones pass, and each fault planted into one is caught.

Run with the emulators' own Python: .backstop/venv-*/bin/python -m unittest discover crates/emulator/python
"""

import logging
import unittest
from urllib.parse import urlsplit

import botocore.config
import botocore.session
import request_shapes
from botocore.awsrequest import AWSResponse
from werkzeug.datastructures import Headers

USER = {"UserName": "alice"}
TRUST = '{"Version": "2012-10-17", "Statement": []}'
# Service, operation, parameters: at least one of each protocol, and of each place where a parameter may stand.
RIGHT = [
    ("iam", "PutUserPolicy", USER | {"PolicyName": "BackstopDeny-1", "PolicyDocument": TRUST}),
    ("iam", "UpdateAccessKey", USER | {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Inactive"}),
    ("sts", "AssumeRole", {"RoleArn": "arn:aws:iam::123456789012:role/it", "RoleSessionName": "it"}),
    ("sns", "Publish", {"TopicArn": "arn:aws:sns:eu-west-1:123456789012:it", "Message": "it"}),
    ("elb", "DescribeLoadBalancers", {"LoadBalancerNames": ["it"]}),
    ("elbv2", "DescribeTargetHealth", {"TargetGroupArn": "arn:it"}),
    ("autoscaling", "DetachInstances", {"AutoScalingGroupName": "it", "ShouldDecrementDesiredCapacity": True}),
    ("ec2", "DescribeInstances", {"InstanceIds": ["i-0123456789abcdef0"], "MaxResults": 5}),
    ("ec2", "CreateSnapshots", {"InstanceSpecification": {"InstanceId": "i-0123456789abcdef0"}}),
    ("dynamodb", "GetItem", {"TableName": "table", "Key": {"pk": {"S": "x"}, "sk": {"S": "y"}}}),
    ("sqs", "SendMessage", {"QueueUrl": "http://127.0.0.1/123456789012/queue", "MessageBody": "{}"}),
    ("stepfunctions", "StartExecution", {"stateMachineArn": "arn:it", "name": "it", "input": "{}"}),
    ("events", "PutEvents", {"Entries": [{"Source": "backstop.drill", "DetailType": "It", "Detail": "{}"}]}),
    ("cloudtrail", "LookupEvents", {"LookupAttributes": [{"AttributeKey": "AccessKeyId", "AttributeValue": "A"}]}),
    ("ssm", "TerminateSession", {"SessionId": "session"}),
    ("guardduty", "ListFindings", {"DetectorId": "0123456789abcdef0123456789abcdef", "MaxResults": 50}),
    ("securityhub", "BatchUpdateFindings", {"FindingIdentifiers": [{"Id": "i", "ProductArn": "p"}]}),
    ("lambda", "Invoke", {"FunctionName": "it", "InvocationType": "Event", "Payload": b"{}"}),
    ("s3", "ListBuckets", {}),
    ("s3", "GetObject", {"Bucket": "bucket", "Key": "a/b c.json"}),
    ("s3", "PutObject", {"Bucket": "bucket", "Key": "a/b", "Body": b"\xff\x00", "StorageClass": "STANDARD"}),
    ("s3", "CopyObject", {"Bucket": "bucket", "Key": "a/b", "CopySource": "other/key"}),
    ("s3", "ListObjectsV2", {"Bucket": "bucket", "MaxKeys": 5}),
    ("s3", "GetBucketPolicy", {"Bucket": "bucket"}),
    ("s3", "PutBucketAcl", {"Bucket": "bucket", "ACL": "private"}),
    ("s3", "PutBucketPolicy", {"Bucket": "bucket", "Policy": TRUST}),
    ("s3", "PutPublicAccessBlock", {"Bucket": "bucket", "PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}),
    ("s3control", "GetPublicAccessBlock", {"AccountId": "123456789012"}),
]
# Service, operation, parameters, the parameter at fault.
WRONG = [
    ("iam", "UpdateAccessKey", USER | {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Off"}, "Status"),
    ("iam", "UpdateAccessKey", USER | {"AccessKeyId": "AKIA", "Status": "Inactive"}, "AccessKeyId"),
    ("iam", "PutUserPolicy", USER | {"PolicyName": "no spaces", "PolicyDocument": TRUST}, "PolicyName"),
    ("iam", "PutUserPolicy", USER | {"PolicyName": "p" * 129, "PolicyDocument": TRUST}, "PolicyName"),
    ("iam", "PutUserPolicy", USER | {"PolicyName": "p"}, "PolicyDocument"),
    ("iam", "PutUserPolicy", USER | {"PolicyName": "p", "PolicyDocument": "\u2026"}, "PolicyDocument"),
    ("sts", "AssumeRole", {"RoleArn": "arn:aws:iam::123456789012:role/it", "RoleSessionName": "a b"}, "RoleSessionName"),
    ("ec2", "CreateSnapshots", {"InstanceSpecification": {}, "Location": "moon"}, "Location"),
    ("ec2", "ModifyNetworkInterfaceAttribute", {"Groups": ["sg-1"]}, "NetworkInterfaceId"),
    ("dynamodb", "Query", {"TableName": "table", "Limit": 0}, "Limit"),
    ("dynamodb", "GetItem", {"TableName": "table"}, "Key"),
    ("dynamodb", "PutItem", {"TableName": "table", "Item": {}, "ReturnValues": "SOME"}, "ReturnValues"),
    ("stepfunctions", "StartExecution", {"stateMachineArn": "arn:it", "name": "n" * 81}, "name"),
    ("events", "PutEvents", {"Entries": []}, "Entries"),
    ("cloudtrail", "LookupEvents", {"LookupAttributes": [{"AttributeKey": "Key", "AttributeValue": "A"}]}, "AttributeKey"),
    ("cloudtrail", "LookupEvents", {"MaxResults": 51}, "MaxResults"),
    ("guardduty", "ListFindings", {"DetectorId": "0" * 32, "MaxResults": 51}, "MaxResults"),
    ("guardduty", "ListFindings", {"DetectorId": "0" * 301}, "DetectorId"),
    ("securityhub", "BatchUpdateFindings", {"FindingIdentifiers": [{"Id": "i"}]}, "FindingIdentifiers[].ProductArn"),
    ("securityhub", "BatchUpdateFindings", {"FindingIdentifiers": [], "Workflow": {"Status": "DONE"}}, "Workflow.Status"),
    ("lambda", "Invoke", {"FunctionName": "it", "InvocationType": "Later"}, "InvocationType"),
    ("s3", "PutBucketAcl", {"Bucket": "bucket", "ACL": "closed"}, "ACL"),
    ("s3", "PutBucketPolicy", {"Bucket": "bucket", "Policy": ""}, "Policy"),
    ("s3", "PutObject", {"Bucket": "bucket", "Key": "k", "Body": b"", "ObjectLockMode": "LOCKED"}, "ObjectLockMode"),
    ("s3", "ListObjectsV2", {"Bucket": "bucket", "EncodingType": "none"}, "EncodingType"),
]


def written(service, operation, parameters):
    """The request as botocore sends it."""
    session = botocore.session.Session()
    session.set_credentials("AKIAIOSFODNN7EXAMPLE", "secret")
    config = botocore.config.Config(
        parameter_validation=False, s3={"addressing_style": "path"}, inject_host_prefix=False, retries={"max_attempts": 0}
    )
    client = session.create_client(service, "eu-west-1", endpoint_url="http://127.0.0.1:1", config=config)
    sent = []

    def keep(request, **_):
        sent.append(request)
        return AWSResponse(request.url, 500, {}, None)

    client.meta.events.register("before-send", keep)
    try:
        client._make_api_call(operation, parameters)
    except Exception:
        logging.debug("there is nobody to answer")
    return sent[0]


def seen(service, operation, parameters):
    """What the check says about it: the operation first, then each fault."""
    request = written(service, operation, parameters)
    url = urlsplit(request.url)
    headers = Headers([(key, value.decode() if isinstance(value, bytes) else value) for key, value in request.headers.items()])
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
    signed_for = request_shapes.CREDENTIAL.search(headers["authorization"])[2]
    return list(request_shapes.lines(signed_for, request.method, url.path, url.query, headers, body))


class Requests(unittest.TestCase):
    def test_what_is_right_passes_as_the_operation_that_it_is(self):
        for service, operation, parameters in RIGHT:
            with self.subTest(f"{service}:{operation}"):
                self.assertEqual(seen(service, operation, parameters), [{"service": service, "operation": operation}])

    def test_what_is_wrong_is_caught_at_its_parameter(self):
        for service, operation, parameters, wrong in WRONG:
            with self.subTest(f"{service}:{operation} {wrong}"):
                first, *faults = seen(service, operation, parameters)
                self.assertEqual(first, {"service": service, "operation": operation})
                self.assertTrue(any(fault["parameter"].endswith(wrong) for fault in faults), faults)

    def test_the_bucket_alone_may_end_with_a_slash(self):
        for path, operation in (("/bucket", "CreateBucket"), ("/bucket/", "CreateBucket"), ("/bucket/key/", "PutObject")):
            [line] = request_shapes.lines("s3", "PUT", path, "", Headers(), b"")
            self.assertEqual(line, {"service": "s3", "operation": operation})

    def test_what_no_model_has_is_said(self):
        headers = Headers({"x-amz-target": "AWSStepFunctions.StopTheWorld"})
        [line] = request_shapes.lines("states", "POST", "/", "", headers, b"{}")
        self.assertIn("no operation StopTheWorld", line["fault"])
        [line] = request_shapes.lines("nobody", "GET", "/", "", Headers(), b"")
        self.assertIn("no model of nobody", line["fault"])
        [line] = request_shapes.lines("s3control", "GET", "/elsewhere", "", Headers(), b"")
        self.assertIn("no operation for this", line["fault"])
        form = Headers({"content-type": "application/x-www-form-urlencoded"})
        [line] = request_shapes.lines("ec2", "POST", "/", "", form, b"Action=DescribeInstances&MaxResults=many")
        self.assertIn("doesn't parse", line["fault"])


if __name__ == "__main__":
    unittest.main()
