"""Runs one emulator in this process and dies with the process that started it.

Usage: launch.py ministack | launch.py moto PORT

Standard input is the lifeline: its other end is held by the parent alone, so it closes when the parent
ends in any way, SIGKILL included. Then the whole process group goes, with the functions that ministack
started. Started as the leader of its own group, so that nothing else is in it.
"""

import dataclasses
import json
import os
import re
import signal
import sys
import threading
from urllib.parse import parse_qs

# Moto has these; ministack still authenticates and authorises their calls (see `admit_for_moto`).
SERVED_BY_MOTO = ("autoscaling", "ec2", "elasticloadbalancing", "rds")
UNKNOWN_TO_MINISTACK = ("guardduty", "health", "macie2", "securityhub")

# Actions for which ministack asks with another resource than AWS.
UNRESOLVED = ("iam:GetInstanceProfile", "ssm:TerminateSession")
INSTANCE_ID = re.compile("i-[0-9a-f]{8,17}")
PRINCIPAL_PATH = "/_backstop/principal"


def die_with_parent():
    """Moves the lifeline away from standard input, so that no function inherits it, and watches it."""
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def watch():
        while os.read(lifeline, 1):
            pass
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def admit_for_moto(app):
    """Makes ministack answer `Unsupported service` for moto's services, after its signature and IAM checks.

    Moto checks neither. The gateway sends such a call here first and on to moto only after that answer.
    """
    from ministack.core import iam_actions

    for service in SERVED_BY_MOTO:
        app.SERVICE_HANDLERS.pop(service)
    for service in UNKNOWN_TO_MINISTACK:
        iam_actions.SERVICE_TO_IAM_NAMESPACE[service] = service
        iam_actions._BOTOCORE_SERVICE_MAP[service] = [service]
    iam_actions.extract_iam_action = name_permissions(iam_actions.extract_iam_action)
    iam_actions.extract_resource_arn = name_hub(iam_actions.extract_resource_arn)


def name_hub(known):
    """Names Security Hub's hub, as AWS does; ministack checks these calls against `*`."""

    def extract(service, method, path, headers, body, query_params, region, account_id):
        if service == "securityhub":
            return f"arn:aws:securityhub:{region}:{account_id}:hub/default"
        return known(service, method, path, headers, body, query_params, region, account_id)

    return extract


def name_permissions(known):
    """SQS checks its batch calls under the names of the single ones (SQS API permissions reference)."""

    def extract(*request):
        action = known(*request)
        is_batch = action and action.startswith("sqs:") and action.endswith("Batch")
        return action.removesuffix("Batch") if is_batch else action

    return extract


def tell_principals(serve):
    """Adds GET /_backstop/principal?access-key-id=..., for the record of who called: an ARN, or 404."""
    from ministack.core import iam_evaluator
    from ministack.core.responses import set_request_account_id

    async def app(scope, receive, send):
        if scope["type"] != "http" or scope["path"] != PRINCIPAL_PATH:
            return await serve(scope, receive, send)
        query = parse_qs(scope.get("query_string", b"").decode())
        key = query.get("access-key-id", [""])[0]
        owner = iam_evaluator.find_iam_access_key_account(key)
        if owner:
            set_request_account_id(owner)
        found = iam_evaluator.resolve_caller_identity(key)
        answer = {"arn": found["userArn"]} if found else {}
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    return app


def evaluate_task_timeouts():
    """Lets a task's TimeoutSeconds be a JSONata expression, as AWS does; ministack takes it as it stands."""
    from ministack.services import stepfunctions

    execute = stepfunctions._execute_task

    def execute_task(state, raw_input, execution, ctx):
        if isinstance(state.get("TimeoutSeconds"), str):
            seconds = stepfunctions._jsonata_state_field(state, "TimeoutSeconds", "number", raw_input, ctx)
            state = {**state, "TimeoutSeconds": seconds}
        return execute(state, raw_input, execution, ctx)

    stepfunctions._execute_task = execute_task


def fail_callbacks_with_their_function():
    """Makes a `.waitForTaskToken` task fail with its function, as AWS does; ministack waits on for the token."""
    from ministack.services import stepfunctions

    invoke, call = stepfunctions._invoke_with_callback, stepfunctions._call_lambda
    here = threading.local()

    def call_lambda(*arguments, **named):
        try:
            return call(*arguments, **named)
        except stepfunctions._ExecutionError as error:
            waiting = stepfunctions._task_tokens.get(getattr(here, "token", None))
            if waiting:
                waiting["error"] = {"Error": error.error, "Cause": error.cause}
                waiting["event"].set()
            raise

    def invoke_with_callback(resource, input_data, token, state):
        here.token = token
        try:
            return invoke(resource, input_data, token, state)
        finally:
            here.token = None

    stepfunctions._call_lambda = call_lambda
    stepfunctions._invoke_with_callback = invoke_with_callback


def tell_source_instance():
    """Gives `ec2:SourceInstanceARN` to the sessions of instances, as AWS does to every call with credentials that
    the instance metadata service gave out. AWS names such a session after its instance, so this takes the name's word.
    """
    from ministack.core import iam_evaluator

    keys_of = iam_evaluator._principal_keys

    def principal_keys(credential):
        keys = keys_of(credential)
        session = credential.principal_arn.split("/")[-1]
        if credential.principal_type == "AssumedRole" and INSTANCE_ID.fullmatch(session):
            region, account = os.environ["MINISTACK_REGION"], credential.account_id
            keys["ec2:sourceinstancearn"] = f"arn:aws:ec2:{region}:{account}:instance/{session}"
        return keys

    iam_evaluator._principal_keys = principal_keys


def tell_roles_of_sessions():
    """Makes aws:PrincipalArn of a role's session the role's ARN, path included, as AWS does; ministack tells the session's.
    A service that calls by itself has none, and calls by TLS."""
    from ministack.core import iam_evaluator
    from ministack.services import iam

    resolve = iam_evaluator._resolve_condition_key

    def resolve_condition_key(key, ctx):
        if ctx.principal_type == "Service":
            by_itself = {"aws:principalarn": None, "aws:securetransport": "true"}
            if key.lower() in by_itself:
                return by_itself[key.lower()]
        value = resolve(key, ctx)
        if key.lower() != "aws:principalarn" or ":assumed-role/" not in str(value):
            return value
        role = iam._roles.get(iam_evaluator._role_name_from_assumed_arn(value)) or {}
        return role.get("Arn", value)

    iam_evaluator._resolve_condition_key = resolve_condition_key


def allow_what_moto_holds_by_action():
    """What moto holds, ministack doesn't know: neither its ARNs nor its tags, nor the keys of EC2. There, an Allow counts
    by its action."""
    from ministack.core import iam_evaluator

    first_match = iam_evaluator._first_match

    def without_unknown(conditions):
        unknown = (
            "aws:resourcetag/",
            "aws:tagkeys",
            "ec2:add/",
            "ec2:createaction",
            "ec2:snapshotlockduration",
        )
        kept = {
            operator: {key: value for key, value in keys.items() if not key.lower().startswith(unknown)}
            for operator, keys in conditions.items()
        }
        return {operator: keys for operator, keys in kept.items() if keys}

    def match(ctx, statements, effect):
        service = ctx.action.split(":")[0]
        if effect == "Allow" and (service in SERVED_BY_MOTO or ctx.action in UNRESOLVED):
            statements = [
                dataclasses.replace(one, resources=["*"], conditions=without_unknown(one.conditions)) for one in statements
            ]
        return first_match(ctx, statements, effect)

    iam_evaluator._first_match = match


def ministack():
    import access_gaps
    import alarms
    import credential_ages
    import ministack_gaps
    from ministack import app

    ministack_gaps.fill()
    access_gaps.fill()
    credential_ages.fill()
    alarms.fill()
    admit_for_moto(app)
    tell_roles_of_sessions()
    evaluate_task_timeouts()
    fail_callbacks_with_their_function()
    tell_source_instance()
    allow_what_moto_holds_by_action()
    app.app = alarms.serve(tell_principals(app.app))
    # Functions inherit this environment, and it is none of theirs.
    checked = os.environ.pop("BACKSTOP_CHECK_REQUESTS", "")
    if checked:
        import request_shapes

        # Every request comes here first, those for moto and those that the gateway answers too.
        app.app = request_shapes.watch(app.app, checked)
    sys.argv = ["ministack"]
    app.main()


def moto(port):
    import moto_gaps
    from moto import server

    moto_gaps.fill()
    server.main(["-H", "127.0.0.1", "-p", port])


def main():
    die_with_parent()
    emulator, *arguments = sys.argv[1:]
    {"ministack": ministack, "moto": moto}[emulator](*arguments)


if __name__ == "__main__":
    main()
