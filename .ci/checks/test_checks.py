"""Faults that the checks of the template must catch, each planted into something that passes."""

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import iam
import recorded
import roles
from template import Template

TEMPLATE = """
Parameters:
  KeyArn: { Type: String, AllowedPattern: '^(arn:[a-z-]+:kms:[a-z0-9-]+:\\d{12}:key/[A-Za-z0-9-]+)?$' }
  BreakGlassArns: { Type: CommaDelimitedList }
Conditions: { HasKey: !Not [!Equals [!Ref KeyArn, '']] }
Resources:
  Table: { Type: AWS::DynamoDB::Table }
  Queue: { Type: AWS::SQS::Queue }
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }]
      Policies: [{ PolicyName: it, PolicyDocument: { Statement: [STATEMENT] } }]
"""


def caught(statement):
    """The faults of a template whose role has this statement."""
    return list(iam.faults(Template(TEMPLATE.replace("STATEMENT", statement))))


class Iam(unittest.TestCase):
    def assert_passes(self, statement):
        self.assertEqual(caught(statement), [])

    def assert_caught(self, statement, *words):
        found = caught(statement)
        for word in words:
            self.assertTrue(any(word in fault for fault in found), f"`{word}` isn't in {found}")

    def test_policies_of_documents(self):
        policy = '{ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "%s", "Resource": "*" }] }'
        text = "```json\n%s\n```\n\n```json\n{}\n```\n"
        self.assertEqual(list(iam.faults(iam.Document(text % (policy % "sns:Unsubscribe")))), [])
        [fault] = iam.faults(iam.Document(text % (policy % "sns:Unsubscribed")))
        self.assertIn("policy 1", fault)

    def test_what_is_right_passes(self):
        arn = "!Sub 'arn:${AWS::Partition}:%s'"
        user, snapshot = arn % "iam::${AWS::AccountId}:user/*", arn % "ec2:*::snapshot/*"
        for statement in (
            "{ Effect: Allow, Action: [dynamodb:GetItem, dynamodb:Query], Resource: !GetAtt Table.Arn }",
            "{ Effect: Allow, Action: guardduty:ListFindings, Resource: '*' }",
            "{ Effect: Allow, Action: iam:UpdateAccessKey, Resource: %s }" % user,
            "{ Effect: Deny, Action: iam:Put*, Resource: !Ref BreakGlassArns }",
            "{ Effect: Allow, Action: ec2:LockSnapshot, Resource: %s,"
            " Condition: { 'Null': { 'aws:ResourceTag/backstop:incident': 'false' } } }" % snapshot,
            "!If [HasKey, { Effect: Allow, Action: kms:Decrypt, Resource: !Ref KeyArn,"
            " Condition: { StringLike: { kms:ViaService: ec2.*.amazonaws.com } } }, !Ref AWS::NoValue]",
            "{ Effect: Allow, Action: dynamodb:GetItem, Resource: !GetAtt Table.Arn,"
            " Condition: { Bool: { aws:SecureTransport: 'true' } } }",
        ):
            with self.subTest(statement):
                self.assert_passes(statement)

    def test_an_action_that_does_not_exist(self):
        self.assert_caught("{ Effect: Allow, Action: dynamodb:GetItems, Resource: '*' }", "no action dynamodb:GetItems")
        self.assert_caught("{ Effect: Allow, Action: dynamo:GetItem, Resource: '*' }", "no action dynamo:GetItem")
        self.assert_caught("{ Effect: Deny, Action: iam:Erase*, Resource: '*' }", "no action iam:Erase*")

    def test_a_resource_where_the_action_takes_none(self):
        detector = "!Sub 'arn:${AWS::Partition}:guardduty:*:${AWS::AccountId}:detector/*'"
        for action in ("ListFindings", "GetFindings"):
            statement = "{ Effect: Allow, Action: guardduty:%s, Resource: %s }" % (action, detector)
            self.assert_caught(statement, f"guardduty:{action} is for", "no action of it works on")

    def test_a_resource_of_another_type(self):
        self.assert_caught("{ Effect: Allow, Action: dynamodb:GetItem, Resource: !GetAtt Queue.Arn }", "is for table")
        role = "!Sub 'arn:aws:iam::${AWS::AccountId}:role/*'"
        self.assert_caught("{ Effect: Allow, Action: iam:UpdateAccessKey, Resource: %s }" % role, "is for user")
        self.assert_caught("{ Effect: Deny, Action: sqs:*, Resource: %s }" % role, "is for queue")
        self.assert_caught("{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::bucket' }", "object")
        self.assert_caught("{ Effect: Allow, Action: s3:ListBucket, Resource: 'arn:aws:s3:::bucket/*' }", "bucket")

    def test_a_resource_that_is_there_for_nothing(self):
        both = "[!GetAtt Table.Arn, !GetAtt Queue.Arn]"
        self.assert_caught("{ Effect: Allow, Action: dynamodb:GetItem, Resource: %s }" % both, "works on arn:aws:sqs")

    def test_a_type_that_the_action_cannot_do_without(self):
        volume = "!Sub 'arn:aws:ec2:*:${AWS::AccountId}:volume/*'"
        statement = "{ Effect: Allow, Action: ec2:CreateSnapshots, Resource: %s }" % volume
        self.assert_caught(statement, "also needs a instance", "also needs a snapshot")

    def test_a_key_that_the_requests_lack(self):
        for key in ("aws:TagKeys", "sqs:QueueName", "kms:ViaService", "dynamodb:LeadingKey", "aws:SourceArns"):
            statement = (
                "{ Effect: Allow, Action: dynamodb:GetItem, Resource: !GetAtt Table.Arn,"
                " Condition: { StringEquals: { '%s': x } } }" % key
            )
            self.assert_caught(statement, f"no condition key {key}")

    def test_what_the_checks_were_not_taught(self):
        self.assert_caught("{ Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Queue.Name }", "teach")
        self.assert_caught("{ Effect: Allow, Action: sqs:SendMessage, Resource: !ImportValue x }", "teach")
        self.assert_caught("{ Effect: Allow, Action: sqs:SendMessage, Resource: !Ref Nobody }", "teach")
        self.assert_caught("{ Effect: Allow, NotAction: sqs:*, Resource: '*' }", "NotAction")


MACHINE = """
Resources:
  OneFunction: { Type: AWS::Serverless::Function }
  OtherFunction: { Type: AWS::Serverless::Function }
  LogsPolicy:
    Type: AWS::IAM::ManagedPolicy
    Properties: { PolicyDocument: { Statement: [{ Effect: Allow, Action: logs:CreateLogDelivery, Resource: '*' }] } }
  It:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: it.json
      DefinitionSubstitutions: { One: !GetAtt OneFunction.Arn, Other: !GetAtt OtherFunction.Arn }
      Policies:
        - !Ref LogsPolicy
        - Statement: [{ Effect: Allow, Action: lambda:InvokeFunction, Resource: [!GetAtt OneFunction.Arn, !GetAtt OtherFunction.Arn] }]
"""


def invoke(function, resource="arn:aws:states:::lambda:invoke"):
    return {"Type": "Task", "Resource": resource, "Arguments": {"FunctionName": function}, "End": True}


def machine(*branches):
    within = [{"StartAt": "It", "States": {"It": branch}} for branch in branches]
    return json.dumps({"StartAt": "All", "States": {"All": {"Type": "Parallel", "Branches": within, "End": True}}})


class Roles(unittest.TestCase):
    def caught(self, definition, template=MACHINE):
        return list(roles.faults(Template(template), lambda _: definition))

    def assert_caught(self, word, *arguments):
        found = self.caught(*arguments)
        self.assertTrue(any(word in fault for fault in found), f"`{word}` isn't in {found}")

    def test_exactly_what_is_invoked_passes(self):
        self.assertEqual(self.caught(machine(invoke("${One}"), invoke("${Other}"))), [])
        chosen = invoke("{% $lookup({'one': '${One}', 'other': '${Other}'}, $states.input) %}")
        self.assertEqual(self.caught(machine(chosen)), [])

    def test_a_permission_too_many(self):
        self.assert_caught("and it never does", machine(invoke("${One}")))

    def test_a_permission_too_few(self):
        template = MACHINE.replace("[!GetAtt OneFunction.Arn, !GetAtt OtherFunction.Arn]", "!GetAtt OneFunction.Arn")
        self.assert_caught("its role doesn't let it", machine(invoke("${One}"), invoke("${Other}")), template)

    def test_a_function_that_is_not_given_and_one_that_is_not_named(self):
        self.assert_caught("which the template doesn't give", machine(invoke("${Third}")))
        self.assert_caught("nothing in its definition names ${Other}", machine(invoke("${One}")))

    def test_a_call_of_another_kind(self):
        definition = machine(invoke("${One}"), invoke("${Other}", "arn:aws:states:::aws-sdk:iam:deleteUser"))
        self.assert_caught("knows no permission", definition)

    def test_a_function_of_nobody(self):
        definition = machine(invoke("${One}"), invoke("${Other}"), invoke("{% $states.input.function %}"))
        self.assert_caught("names no function of the template", definition)


PERMISSIONS = """
Resources:
  OneFunction: { Type: AWS::Serverless::Function }
  OtherFunction: { Type: AWS::Serverless::Function }
  Queue: { Type: AWS::SQS::Queue }
  Api: { Type: AWS::ApiGatewayV2::Api }
  Stage: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref Api, StageName: v1 } }
  Integration: { Type: AWS::ApiGatewayV2::Integration, Properties: { ApiId: !Ref Api, IntegrationUri: !GetAtt OtherFunction.Arn } }
  Rule: { Type: AWS::Events::Rule, Properties: { Targets: [{ Arn: !GetAtt Queue.Arn }, { Arn: !GetAtt OneFunction.Arn }] } }
  ByRule:
    Type: AWS::Lambda::Permission
    Properties: { Action: lambda:InvokeFunction, FunctionName: !Ref OneFunction, Principal: events.amazonaws.com, SourceArn: !GetAtt Rule.Arn }
  ByApi:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !GetAtt OtherFunction.Arn
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/v1/*
"""


class Permissions(unittest.TestCase):
    def assert_caught(self, old, new, *words):
        self.assertIn(old, PERMISSIONS)
        found = list(roles.of_permissions(Template(PERMISSIONS.replace(old, new))))
        for word in words:
            self.assertTrue(any(word in fault for fault in found), f"`{word}` isn't in {found}")

    def test_exactly_what_calls_passes(self):
        self.assertEqual(list(roles.of_permissions(Template(PERMISSIONS))), [])

    def test_anybodys_rule(self):
        never = "ByRule: it lets events.amazonaws.com invoke OneFunction for anybody's, which never does"
        self.assert_caught(", SourceArn: !GetAtt Rule.Arn", "", never, "and no permission lets it")

    def test_any_api_of_the_account(self):
        self.assert_caught("${Api}/v1/*", "*", "ByApi: it lets", "Integration: apigateway.amazonaws.com invokes OtherFunction")

    def test_another_service_and_another_function(self):
        self.assert_caught("Principal: events.amazonaws.com", "Principal: '*'", "ByRule: it lets * invoke")
        self.assert_caught("FunctionName: !Ref OneFunction", "FunctionName: !Ref OtherFunction", "ByRule: it lets", "Rule: events")

    def test_a_call_without_a_permission(self):
        self.assert_caught("[{ Arn: !GetAtt Queue.Arn }", "[{ Arn: !GetAtt OtherFunction.Arn }", "no permission lets it")

    def test_another_action(self):
        self.assert_caught("Action: lambda:InvokeFunction, F", "Action: lambda:*, F", "ByRule: it allows lambda:*")


class Requests(unittest.TestCase):
    def run_on(self, *entries):
        with tempfile.TemporaryDirectory() as directory:
            text = "".join(json.dumps({"key": "AKIA", **entry}) + "\n" for entry in entries)
            (Path(directory) / "requests-1.jsonl").write_text(text, encoding="utf-8")
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                return recorded.main(directory), said.getvalue()

    def test_what_was_seen_and_had_no_fault_passes(self):
        code, said = self.run_on({"service": "iam", "operation": "GetUser"})
        self.assertEqual(code, 0)
        self.assertIn("1 operations of 1 services", said)

    def test_a_fault_fails_and_is_named(self):
        about = {"service": "iam", "operation": "GetUser"}
        code, said = self.run_on(about, about | {"parameter": "UserName", "fault": "'a b' isn't like it"})
        self.assertEqual(code, 1)
        self.assertIn("iam:GetUser UserName: 'a b' isn't like it; in requests-1.jsonl", said)

    def test_nothing_seen_fails(self):
        self.assertEqual(self.run_on()[0], 1)


if __name__ == "__main__":
    unittest.main()
