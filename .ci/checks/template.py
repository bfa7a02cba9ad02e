"""Reads a CloudFormation template as far as the checks need it: its resources, and what a policy's text is there.

What is only known once a stack exists gets a value of the right shape, so that ARNs can be compared with patterns.
Knows no AWS action; an intrinsic function or a resource type that it wasn't taught is an error, never a guess.
"""

import re
from pathlib import Path

import yaml

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackName": "stack",
    "AWS::URLSuffix": "amazonaws.com",
}
# What `!GetAtt X.Arn` is, by the type of X. Taken from each type's page in the CloudFormation Template Reference.
HERE = f"{PSEUDO['AWS::Region']}:{PSEUDO['AWS::AccountId']}"
ARNS = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{HERE}:table/{{id}}",
    "AWS::Events::Rule": f"arn:aws:events:{HERE}:rule/{{id}}",
    "AWS::IAM::Role": f"arn:aws:iam::{PSEUDO['AWS::AccountId']}:role/stack/{{id}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{HERE}:log-group:{{id}}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{id}",
    "AWS::SNS::Topic": f"arn:aws:sns:{HERE}:{{id}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{HERE}:{{id}}",
    "AWS::Serverless::Function": f"arn:aws:lambda:{HERE}:function:{{id}}",
    "AWS::Serverless::StateMachine": f"arn:aws:states:{HERE}:stateMachine:{{id}}",
}
# Types whose `!Ref` is the ARN.
REF_IS_ARN = {"AWS::SNS::Topic", "AWS::Serverless::StateMachine", "AWS::IAM::ManagedPolicy"}
NOTHING = object()


class Unknown(Exception):
    """Something in the template that these checks weren't taught."""


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def short_form(loader, tag, node):
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: value.split(".", 1) if tag == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", short_form)


class Template:
    def __init__(self, text):
        whole = yaml.load(text, Loader)
        self.parameters = whole.get("Parameters", {})
        self.resources = whole["Resources"]

    @classmethod
    def read(cls, path):
        return cls(Path(path).read_text(encoding="utf-8"))

    def of_type(self, kind):
        return {name: one for name, one in self.resources.items() if one["Type"] == kind}

    def listed(self, value):
        """What a place that takes one or several holds, through every branch of `!If`."""
        if isinstance(value, list):
            return [one for item in value for one in self.listed(item)]
        if isinstance(value, dict) and "Fn::If" in value:
            _, yes, no = value["Fn::If"]
            return self.listed(yes) + self.listed(no)
        if value == {"Ref": "AWS::NoValue"} or value is None:
            return []
        return [value]

    def texts(self, value):
        """The same, as texts; `*` stands for what whoever deploys may fill in as they like."""
        return [self.text(one) for one in self.listed(value)]

    def text(self, value):
        if isinstance(value, (str, int, float)):
            return str(value)
        if not isinstance(value, dict) or len(value) != 1:
            raise Unknown(f"no text: {value}")
        [(function, argument)] = value.items()
        if function == "Ref":
            return self.ref(argument)
        if function == "Fn::GetAtt":
            return self.attribute(*argument)
        if function == "Fn::Sub":
            return self.substituted(argument)
        if function == "Fn::Join":
            separator, parts = argument
            return separator.join(self.texts(parts))
        raise Unknown(f"the intrinsic function {function}")

    def ref(self, name):
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return of_pattern(self.parameters[name].get("AllowedPattern", ""))
        kind = self.kind(name)
        return self.attribute(name, "Arn") if kind in REF_IS_ARN else name.lower()

    def attribute(self, name, attribute):
        kind = self.kind(name)
        if attribute in ("Arn", "TopicArn") and kind in ARNS:
            return ARNS[kind].format(id=name.lower())
        raise Unknown(f"!GetAtt {name}.{attribute} of a {kind}")

    def kind(self, name):
        if name not in self.resources:
            raise Unknown(f"{name}, which is neither a parameter nor a resource")
        return self.resources[name]["Type"]

    def substituted(self, argument):
        text, own = argument if isinstance(argument, list) else (argument, {})

        def value(match):
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                return self.text(own[name])
            return self.attribute(*name.split(".", 1)) if "." in name else self.ref(name)

        return re.sub(r"\$\{([^}]+)\}", value, text)

    def policies(self):
        """Each list of statements in the template: the resource it stands in, and the statements with their branches."""
        for name, resource in self.resources.items():
            for statements in statement_lists(resource.get("Properties", {})):
                yield name, self.listed(statements)


def statement_lists(value):
    if isinstance(value, dict):
        if "Statement" in value:
            yield value["Statement"]
        for inner in value.values():
            yield from statement_lists(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from statement_lists(inner)


def of_pattern(pattern):
    """The shape of the ARNs that a parameter's pattern lets in; `*` if it lets in anything."""
    optional = pattern.removeprefix("^").removesuffix("$").removesuffix(")?").removeprefix("(")
    shape = re.sub(r"(\[[^\]]*\]|\\d)(\+|\*|\{[^}]*\})?", "*", optional)
    return shape if shape.startswith("arn:") else "*"
