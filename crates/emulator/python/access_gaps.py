"""What ministack lacks of access control: a table's own policy, `dynamodb:LeadingKeys`, the Object Lock of a bucket made
by CloudFormation, what EventBridge asks a queue's or topic's policy, whole ARNs of users, roles and rules, and
`lambda:SourceFunctionArn`.

Nothing is decided here. Each part hands what the deployed template says to the code of ministack that decides.
"""

import json
import logging
import re

log = logging.getLogger("ministack")

EQUALS = re.compile(r"([#\w]+)\s*=\s*(:\w+)")


def fill():
    from ministack.core import iam_actions, iam_evaluator, lambda_runtime
    from ministack.services import dynamodb, eventbridge, iam, lambda_svc, s3, sns, sqs, sts
    from ministack.services.cloudformation import provisioners

    put_table_policies_in_force(dynamodb, iam_evaluator)
    make_tables_with_their_policy(dynamodb, provisioners)
    name_tables_in_full(iam_actions)
    tell_leading_keys(dynamodb, iam_actions, iam_evaluator)
    make_buckets_with_their_lock(s3, provisioners)
    ask_before_delivering(eventbridge, sqs, sns)
    name_resources_in_full(iam, iam_actions)
    tell_source_function((lambda_runtime, lambda_svc), sts, iam_evaluator)


def put_table_policies_in_force(dynamodb, iam_evaluator):
    """A table's policy counts for its indexes, too (DynamoDB Developer Guide, "Resource-based policy examples")."""

    def table_policy_for_arn(arn):
        table = re.split("/(?:index|stream)/", arn)[0]
        if table.rsplit("/", 1)[-1] not in dynamodb._tables:
            return None
        held = dynamodb._resource_policies.get(table) or {}
        return held.get("Policy", ""), arn.split(":")[4]

    dynamodb.table_policy_for_arn = table_policy_for_arn
    iam_evaluator._RESOURCE_POLICY_LOOKUPS["dynamodb"] = ("dynamodb", "table_policy_for_arn")


def make_tables_with_their_policy(dynamodb, provisioners):
    handlers = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    create = handlers["create"]

    def create_with_policy(logical_id, properties, stack_name):
        name, attributes = create(logical_id, properties, stack_name)
        document = (properties.get("ResourcePolicy") or {}).get("PolicyDocument")
        if document:
            text = document if isinstance(document, str) else json.dumps(document)
            put = dynamodb._put_resource_policy({"ResourceArn": attributes["Arn"], "Policy": text})
            if put[0] >= 400:
                raise ValueError(f"the policy of {logical_id}: {put[2]!r}")
        return name, attributes

    handlers["create"] = create_with_policy


def name_tables_in_full(iam_actions):
    """Exports and restorations name the table that they read otherwise than by `TableName`."""
    arns_of = iam_actions.dynamodb_resource_arns

    def resource_arns(body, region, account_id):
        asked = read(body)
        named = asked.get("TableArn") or asked.get("SourceTableArn") or asked.get("SourceTableName")
        return [iam_actions._dynamodb_table_arn(named, region, account_id)] if named else arns_of(body, region, account_id)

    iam_actions.dynamodb_resource_arns = resource_arns


class Item(str):
    """The ARN of a table of which a transaction is about one item, with that item's partition key."""

    keys = ()


def tell_leading_keys(dynamodb, iam_actions, iam_evaluator):
    """The key is there for every request that names partition keys; a scan names none."""
    context_of = iam_actions.dynamodb_service_context
    checks_of = iam_actions.dynamodb_transaction_checks
    enforce = iam_evaluator.enforce

    def context(body):
        found = context_of(body)
        keys = [key for table, request in requests(read(body)) for key in keys_of(dynamodb, table, request)]
        return {**found, "dynamodb:LeadingKeys": keys} if keys else found

    def checks(action, body, region, account):
        found = checks_of(action, body, region, account)
        items = [
            (member["TableName"], member)
            for item in read(body).get("TransactItems") or []
            for member in item.values()
            if isinstance(member, dict) and member.get("TableName")
        ]
        if len(items) != len(found):
            return found
        return [(one, with_keys(arn, keys_of(dynamodb, *item))) for (one, arn), item in zip(found, items)]

    def enforce_item(key, action, service, region, resource_arn="*", service_context=None):
        if isinstance(resource_arn, Item):
            service_context = {**(service_context or {}), "dynamodb:LeadingKeys": list(resource_arn.keys)}
        return enforce(key, action, service, region, resource_arn=resource_arn, service_context=service_context)

    iam_actions.dynamodb_service_context = context
    iam_actions.dynamodb_transaction_checks = checks
    iam_evaluator.enforce = enforce_item


def with_keys(arn, keys):
    item = Item(arn)
    item.keys = tuple(keys)
    return item


def read(body):
    try:
        found = json.loads(body or b"{}")
    except (ValueError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def requests(asked):
    """The tables that a request names, each with a request about one item or one query."""
    if isinstance(asked.get("TableName"), str):
        yield asked["TableName"], asked
    batches = asked.get("RequestItems")
    for table, batch in batches.items() if isinstance(batches, dict) else ():
        of_keys = batch.get("Keys", []) if isinstance(batch, dict) else []
        for key in of_keys:
            yield table, {"Key": key}
        for write in batch if isinstance(batch, list) else []:
            for one in write.values():
                yield table, one


def keys_of(dynamodb, table, request):
    """The partition keys that one request names: of the table, or of the index that is queried."""
    held = dynamodb._tables.get(table.rsplit("/", 1)[-1])
    if held is None:
        return []
    name = held["pk_name"]
    for index in held.get("GlobalSecondaryIndexes") or []:
        if index["IndexName"] == request.get("IndexName"):
            name = next(key["AttributeName"] for key in index["KeySchema"] if key["KeyType"] == "HASH")
    values = [(request.get(part) or {}).get(name) for part in ("Key", "Item")]
    for operand in ((request.get("KeyConditions") or {}).get(name) or {}).get("AttributeValueList", []):
        values.append(operand)
    names = request.get("ExpressionAttributeNames") or {}
    given = request.get("ExpressionAttributeValues") or {}
    for attribute, value in EQUALS.findall(request.get("KeyConditionExpression") or ""):
        if names.get(attribute, attribute) == name:
            values.append(given.get(value))
    return [text for value in values if isinstance(value, dict) for text in value.values()]


def make_buckets_with_their_lock(s3, provisioners):
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create = handlers["create"]

    def create_with_lock(logical_id, properties, stack_name):
        name, attributes = create(logical_id, properties, stack_name)
        if str(properties.get("ObjectLockEnabled", "")).lower() == "true":
            rule = (properties.get("ObjectLockConfiguration") or {}).get("Rule") or {}
            retention = dict(rule.get("DefaultRetention") or {})
            if "Days" in retention:
                retention["Days"] = int(retention["Days"])
            s3._bucket_object_lock[name] = {"enabled": True, "default_retention": retention or None}
        return name, attributes

    handlers["create"] = create_with_lock


def ask_before_delivering(eventbridge, sqs, sns):
    """EventBridge delivers to a queue or topic whose policy lets it, as the rule that it delivers for."""
    invoke = eventbridge._invoke_target
    policies = {"sqs": sqs.queue_policy_allows, "sns": sns.topic_policy_allows}

    def invoke_if_allowed(target, event, rule, view=None):
        arn = target.get("Arn", "")
        parts = arn.split(":")
        allows = policies.get(parts[2] if len(parts) > 4 else "")
        source = rule.get("Arn", "")
        if allows and not allows(arn, "events.amazonaws.com", source, arn.split(":")[4]):
            log.warning("EventBridge: the policy of %s doesn't let rule %s deliver", arn, source)
            return None
        return invoke(target, event, rule, view)

    eventbridge._invoke_target = invoke_if_allowed


def name_resources_in_full(iam, iam_actions):
    """The ARN of a user or role has its path, and that of a rule of the default bus no bus's name."""
    known = iam_actions.extract_resource_arn
    held = {"role": iam._roles, "user": iam._users}

    def extract(service, method, path, headers, body, query_params, region, account_id):
        arn = known(service, method, path, headers, body, query_params, region, account_id)
        if service == "events":
            # Calls about a rule's targets name it so.
            rule = read(body).get("Rule")
            if isinstance(rule, str):
                bus = read(body).get("EventBusName") or "default"
                arn = f"arn:aws:events:{region}:{account_id}:rule/{bus}/{rule}"
            return arn.replace(":rule/default/", ":rule/")
        kind, slash, name = arn.rpartition(":")[2].partition("/")
        if service != "iam" or not slash or kind not in held:
            return arn
        made = held[kind].get(name)
        if made:
            return made["Arn"]
        # One that is about to be made.
        given = query_params.get("Path") or ["/"]
        given = given[0] if isinstance(given, list) else given
        return arn.replace(f":{kind}/", f":{kind}{given}")

    iam_actions.extract_resource_arn = extract


def tell_source_function(givers, sts, iam_evaluator):
    """Gives `lambda:SourceFunctionArn` to requests with the credentials that Lambda gave to a function, and to no others
    (Lambda Developer Guide, "Using source function ARN to control function access behavior")."""
    give, keys_of = givers[0].execution_credentials, iam_evaluator._principal_keys

    def execution_credentials(config):
        given = give(config)
        session = sts._sessions.get(given["AWS_ACCESS_KEY_ID"])
        if session is not None:
            session["SourceFunctionArn"] = ":".join(config["FunctionArn"].split(":")[:7])
        return given

    def principal_keys(credential):
        keys = keys_of(credential)
        function = (sts._sessions.get(credential.access_key_id) or {}).get("SourceFunctionArn")
        if function:
            keys["lambda:sourcefunctionarn"] = function
        return keys

    for giver in givers:
        giver.execution_credentials = execution_credentials
    iam_evaluator._principal_keys = principal_keys
