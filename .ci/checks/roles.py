"""Holds each state machine's role against what its definition invokes: exactly those functions, none more, none fewer.

The same for services that call a function by its own policy, EventBridge and API Gateway: each has a permission of the
function for exactly what calls it. The emulator asks no permission in either case, so that one that lacks passes every
drill.
"""

import json
import re
import sys
from pathlib import Path

from template import HERE, Template, Unknown

INVOKES = re.compile(r"arn:[^:]+:states:::lambda:invoke(\.waitForTaskToken)?")
INVOKE = "lambda:InvokeFunction"


def faults(template, read):
    """What is wrong, as sentences. `read` gives a definition's text by the path that the template has for it."""
    for name, machine in template.of_type("AWS::Serverless::StateMachine").items():
        properties = machine["Properties"]
        try:
            text = read(properties["DefinitionUri"])
            yield from (f"{name}: {fault}" for fault in of_machine(template, properties, text))
        except Unknown as unknown:
            yield f"{name}: teach .ci/checks about {unknown}"


def of_machine(template, properties, text):
    given = properties.get("DefinitionSubstitutions", {})
    named = set(re.findall(r"\$\{(\w+)\}", text))
    yield from (f"its definition names ${{{one}}}, which the template doesn't give" for one in sorted(named - set(given)))
    yield from (f"nothing in its definition names ${{{one}}}" for one in sorted(set(given) - named))
    invoked = set()
    for state, task in tasks(json.loads(text)):
        if not INVOKES.fullmatch(task["Resource"]):
            yield f"`{state}` calls {task['Resource']}, for which this check knows no permission"
            continue
        # One function, or an expression that chooses among those that it names.
        function = str(task.get("Arguments", {}).get("FunctionName"))
        chosen = re.findall(r"\$\{(\w+)\}", function)
        if not chosen:
            yield f"`{state}` invokes {function}, which names no function of the template"
        invoked.update(template.text(given[one]) for one in chosen if one in given)
    allowed = invocable(template, properties)
    yield from (f"its role lets it invoke {one}, and it never does" for one in sorted(allowed - invoked))
    yield from (f"it invokes {one}, and its role doesn't let it" for one in sorted(invoked - allowed))


def tasks(definition):
    """Every task of a definition, those inside of branches and item processors too."""
    for name, state in definition["States"].items():
        if state["Type"] == "Task":
            yield name, state
        inner = state.get("Branches", []) + [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
        for definition_within in inner:
            yield from tasks(definition_within)


def invocable(template, properties):
    """What the machine's role may invoke: by its own policies, or by those of the role that it names."""
    if "Role" in properties:
        function, argument = next(iter(properties["Role"].items()))
        if function != "Fn::GetAtt":
            raise Unknown(f"the role {properties['Role']}")
        policies = template.resources[argument[0]]["Properties"].get("Policies", [])
    else:
        policies = properties.get("Policies", [])
    allowed = set()
    for policy in template.listed(policies):
        document = policy.get("PolicyDocument", policy)
        if "Ref" in document:
            document = template.resources[document["Ref"]]["Properties"]["PolicyDocument"]
        if "Statement" not in document:
            raise Unknown(f"the policy {policy}")
        for statement in template.listed(document["Statement"]):
            actions = template.texts(statement["Action"])
            if any(action in (INVOKE, "lambda:*", "*") for action in actions) and statement["Effect"] == "Allow":
                allowed.update(template.texts(statement["Resource"]))
    return allowed


def of_permissions(template):
    """What is wrong with who may invoke functions by the functions' own policies."""
    callers = {}
    for function, service, source, name in calls(template):
        callers[(function, service, source)] = name
    granted = {}
    for name, permission in template.of_type("AWS::Lambda::Permission").items():
        try:
            properties = permission["Properties"]
            if properties["Action"] != INVOKE:
                yield f"{name}: it allows {properties['Action']}"
            source = template.text(properties["SourceArn"]) if "SourceArn" in properties else "anybody's"
            granted[(function_of(template, properties["FunctionName"]), properties["Principal"], source)] = name
        except Unknown as unknown:
            yield f"{name}: teach .ci/checks about {unknown}"
    for one in sorted(granted.keys() - callers.keys()):
        yield f"{granted[one]}: it lets {one[1]} invoke {one[0]} for {one[2]}, which never does"
    for one in sorted(callers.keys() - granted.keys()):
        yield f"{callers[one]}: {one[1]} invokes {one[0]} for {one[2]}, and no permission lets it"


def calls(template):
    """Each function that a service calls by the function's own policy: with the service, for what, and by which resource.

    SAM makes the permissions of what stands under a function's `Events` itself.
    """
    for name, rule in template.of_type("AWS::Events::Rule").items():
        for target in template.listed(rule["Properties"]["Targets"]):
            function = function_of(template, target["Arn"])
            if function:
                yield function, "events.amazonaws.com", template.attribute(name, "Arn"), name
    stages = template.of_type("AWS::ApiGatewayV2::Stage").values()
    for name, integration in template.of_type("AWS::ApiGatewayV2::Integration").items():
        properties = integration["Properties"]
        function, api = function_of(template, properties["IntegrationUri"]), properties["ApiId"]
        for stage in stages:
            if stage["Properties"]["ApiId"] == api:
                arn = f"arn:aws:execute-api:{HERE}:{template.text(api)}/{template.text(stage['Properties']['StageName'])}/*"
                yield function, "apigateway.amazonaws.com", arn, name


def function_of(template, value):
    """The logical name of the function that is meant, by its name or by its ARN; nothing if it is none."""
    [(intrinsic, argument)] = value.items()
    name = argument[0] if intrinsic == "Fn::GetAtt" else argument
    if intrinsic not in ("Fn::GetAtt", "Ref"):
        raise Unknown(f"a function named by {intrinsic}")
    return name if template.kind(name) == "AWS::Serverless::Function" else None


def main(path):
    template = Template.read(path)
    folder = Path(path).parent
    found = list(faults(template, lambda uri: (folder / uri).read_text(encoding="utf-8")))
    found += of_permissions(template)
    machines = len(template.of_type("AWS::Serverless::StateMachine"))
    permissions = len(template.of_type("AWS::Lambda::Permission"))
    said = f"roles of {machines} machines and {permissions} permissions of functions"
    print("\n".join(found) or f"{said}: each lets in what is invoked, and no more")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
