"""Prints the policies of the template's table, queues, topic and bucket as JSON, with every value filled in, for
`resource_policies.cjs`: as a stack has them that names a break-glass role.
"""

import json
import sys

from template import NOTHING, Template

BREAK_GLASS = "arn:aws:iam::123456789012:role/break-glass"
# How the stack's own conditions stand; one that is missing here is an error, never a guess.
CONDITIONS = {"AcceptsDrillEvents": True, "HasBreakGlass": True}


def resolve(template, value):
    if isinstance(value, list):
        items = [resolve(template, one) for one in value]
        return [one for one in items if one is not NOTHING]
    if not isinstance(value, dict):
        return value
    if value == {"Ref": "AWS::NoValue"}:
        return NOTHING
    if value == {"Ref": "BreakGlassArns"}:
        return [BREAK_GLASS]
    if len(value) == 1:
        [(function, argument)] = value.items()
        if function == "Fn::If":
            condition, yes, no = argument
            return resolve(template, yes if CONDITIONS[condition] else no)
        if function == "Fn::Join":
            separator, parts = argument
            return separator.join(resolve(template, parts))
        if function == "Fn::Split":
            separator, text = argument
            return resolve(template, text).split(separator)
        if function == "Ref" or function.startswith("Fn::"):
            return template.text(value)
    found = {key: resolve(template, one) for key, one in value.items()}
    return {key: one for key, one in found.items() if one is not NOTHING}


def policies(template):
    found = {"IncidentsTable": template.resources["IncidentsTable"]["Properties"]["ResourcePolicy"]["PolicyDocument"]}
    for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy"):
        for name, resource in template.of_type(kind).items():
            found[name] = resource["Properties"]["PolicyDocument"]
    return {name: resolve(template, policy) for name, policy in found.items()}


if __name__ == "__main__":
    print(json.dumps(policies(Template.read(sys.argv[1]))))
