"""CloudWatch alarms, evaluated as AWS does, as of now or of a moment that lies ahead.

Ministack evaluates alarms only when somebody puts metrics, and looks neither at dimensions nor at what missing data means;
of the metrics that services write themselves it has those of Lambda, and these only for calls by name. Here, alarms are
evaluated when asked (GET /_backstop/alarms?ahead=SECONDS), since nobody waits a quarter of an hour for silence: what is
known of the time until then is that nothing happens. An alarm that changes to ALARM publishes to the topics that it names
and whose policies let CloudWatch publish (CloudWatch User Guide, "Using Amazon CloudWatch alarms").
"""

import json
import logging
import operator
import os
import time
from urllib.parse import parse_qs

log = logging.getLogger("ministack")

PATH = "/_backstop/alarms"
COMPARE = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def fill():
    from ministack.services import cloudwatch, eventbridge, lambda_svc

    count_invocations(lambda_svc)
    count_rules(eventbridge, cloudwatch)
    # Not when somebody puts metrics: it would say OK of what is missing.
    cloudwatch._evaluate_all_alarms = lambda: None


def count_invocations(lambda_svc):
    """Whoever invokes it, a function writes Invocations and Errors (Lambda Developer Guide, "Types of metrics for Lambda
    functions"). What is throttled is no invocation."""
    execute, emit = lambda_svc._execute_function, lambda_svc._emit_lambda_metrics

    def execute_and_count(func, event):
        result = execute(func, event)
        config = func.get("config") or func
        # It calls itself once more in the function's own account and Region.
        if not lambda_svc._function_config_scope_mismatch(config) and not result.get("throttle"):
            emit(config["FunctionName"], duration_ms=1.0, error=bool(result.get("error")), throttle=False)
        return result

    lambda_svc._execute_function = execute_and_count
    lambda_svc._emit_lambda_metrics = lambda *_, **__: None


def count_rules(eventbridge, cloudwatch):
    """A rule that matches writes TriggeredRules, once however many targets it has (EventBridge User Guide, "Monitoring
    Amazon EventBridge")."""
    invoke = eventbridge._invoke_target

    def count_and_invoke(target, event, rule, view=None):
        if any(listed and listed[0] is target for listed in eventbridge._targets.values()):
            cloudwatch.record_metric("AWS/Events", "TriggeredRules", 1, "Count", {"RuleName": rule["Name"]})
        return invoke(target, event, rule, view)

    eventbridge._invoke_target = count_and_invoke


def values(namespace, name, dimensions, begin, end):
    """The data points of one metric, with exactly these dimensions, after `begin` and until `end`."""
    from ministack.services import cloudwatch, sqs

    if namespace == "AWS/SQS" and set(dimensions) == {"QueueName"}:
        held = [queue for url, queue in sqs._queues.items() if url.rsplit("/", 1)[-1] == dimensions["QueueName"]]
        return [{"Timestamp": end, "Value": of_queue(queue["messages"], name, end)} for queue in held if name in OF_QUEUES]
    kept = cloudwatch._metrics.get((namespace, name, cloudwatch._dims_key(dimensions))) or []
    return [point for point in kept if begin < point["Timestamp"] <= end]


# Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS".
OF_QUEUES = {
    "ApproximateNumberOfMessagesVisible": lambda messages, at: sum(one["visible_at"] <= at for one in messages),
    "ApproximateAgeOfOldestMessage": lambda messages, at: max((at - one["sent_at"] for one in messages), default=0),
}


def of_queue(messages, name, at):
    return float(OF_QUEUES[name](list(messages), at))


def state(alarm, at):
    """What an alarm says at a time (CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data")."""
    from ministack.services import cloudwatch

    dimensions = {one["Name"]: one["Value"] for one in alarm.get("Dimensions") or []}
    period, periods = int(alarm["Period"]), int(alarm.get("EvaluationPeriods") or 1)
    missing_is = alarm.get("TreatMissingData") or "missing"
    breaching = missing = 0
    for number in range(periods):
        end = at - number * period
        points = values(alarm["Namespace"], alarm["MetricName"], dimensions, end - period, end)
        if points:
            value = cloudwatch._stat_value(cloudwatch._calc_stats(points), alarm["Statistic"], points)
            breaching += COMPARE[alarm["ComparisonOperator"]](value, float(alarm["Threshold"]))
        else:
            missing += 1
            breaching += missing_is == "breaching"
    if breaching >= int(alarm.get("DatapointsToAlarm") or periods):
        return "ALARM"
    if missing == periods and missing_is in ("missing", "ignore"):
        return "INSUFFICIENT_DATA" if missing_is == "missing" else alarm["StateValue"]
    return "OK"


def evaluate(at):
    """Every alarm's state by its name; those that changed tell whom they name."""
    from ministack.services import cloudwatch

    found = {}
    for alarm in list(cloudwatch._alarms.values()):
        before, after = alarm["StateValue"], state(alarm, at)
        found[alarm["AlarmName"]] = after
        if before == after:
            continue
        reason = f"{before} to {after}"
        alarm.update({"StateValue": after, "StateReason": reason, "StateUpdatedTimestamp": int(at)})
        cloudwatch._record_history(alarm["AlarmName"], before, after, reason)
        let = [action for action in alarm.get("AlarmActions") or [] if may_publish(alarm["AlarmArn"], action)]
        cloudwatch._dispatch_alarm_actions({**alarm, "AlarmActions": let}, before, after, reason)
    return found


def may_publish(alarm, topic):
    from ministack.services import sns

    if sns.topic_policy_allows(topic, "cloudwatch.amazonaws.com", alarm, alarm.split(":")[4]):
        return True
    log.warning("CloudWatch: the policy of %s doesn't let %s publish", topic, alarm)
    return False


def serve(app):
    """Adds the path that evaluates them, for the gateway alone."""
    from ministack.core.responses import set_request_account_id, set_request_region

    async def with_alarms(scope, receive, send):
        if scope["type"] != "http" or scope["path"] != PATH:
            return await app(scope, receive, send)
        set_request_account_id(os.environ["MINISTACK_ACCOUNT_ID"])
        set_request_region(os.environ["MINISTACK_REGION"])
        ahead = parse_qs(scope.get("query_string", b"").decode()).get("ahead", ["0"])[0]
        found = evaluate(time.time() + float(ahead))
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(found).encode()})

    return with_alarms
