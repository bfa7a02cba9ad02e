"""Holds each request that reaches the account against botocore's model of its operation, as AWS's services would.

Emulators take most of what they are given: an unknown enum value, a name that is too long, a required field that isn't
there. This reads the request by its protocol and checks required, enum, length, range and pattern of every parameter, at
any depth. It only watches: no answer changes. One line of JSON for each operation seen and for each distinct violation
goes to a file in the directory that BACKSTOP_CHECK_REQUESTS names.

The parsers of the protocols are moto's, the models botocore's; both are in the emulators' lock.
"""

import gzip
import json
import os
import re
from functools import lru_cache
from urllib.parse import parse_qsl

import botocore.loaders
from moto.core.model import ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from werkzeug.datastructures import Headers, MultiDict

# The name in the signature's scope -> botocore's, where they differ; for two generations of a service, by API version.
SIGNED_AS = {
    "elasticloadbalancing": {"2012-06-01": "elb", "2015-12-01": "elbv2"},
    "monitoring": {"": "cloudwatch"},
    "states": {"": "stepfunctions"},
}
S3_CONTROL = "/v20180820/"
CREDENTIAL = re.compile(r"Credential=([^/,&]+)/\d{8}/[^/]+/([^/]+)/aws4_request")
LONGEST_VALUE = 80
# Unicode classes that Java's patterns have and Python's don't: widened, since only what AWS would refuse matters.
CLASSES = {
    r"\p{L}": r"a-zA-Z\u00aa-\uffff",
    r"\p{M}": r"\u0300-\uffff",
    r"\p{N}": r"0-9\u00b2-\uffff",
    r"\p{S}": r"$+<=>^`|~\u00a2-\uffff",
    r"\p{P}": r"!-#%-*,-/:;?@\[-\]_{}\u00a1-\uffff",
    r"\p{Z}": r" \u00a0-\uffff",
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{Alpha}": "a-zA-Z",
    r"\p{ASCII}": r"\x00-\x7f",
    r"\p{Print}": r"\x20-\x7e",
    r"\p{Graph}": r"\x21-\x7e",
    r"\p{Punct}": r"!-/:-@\[-`{-~",
    r"\p{Digit}": "0-9",
    r"\p{Lower}": "a-z",
    r"\p{Upper}": "A-Z",
    r"\p{Space}": r"\s",
    r"\p{XDigit}": "0-9a-fA-F",
}


class NotRead(Exception):
    """A request that no operation of a model is found for, or that doesn't parse by it."""


def watch(serve, directory):
    """The application, with every signed request looked at before it is served."""
    record = Record(directory)

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return await serve(scope, receive, send)
        body = await whole(receive)
        record.look(scope, body)
        sent = False

        async def again():
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        return await serve(scope, again, send)

    return app


async def whole(receive):
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return b"".join(parts)


class Record:
    """The file of one process, each line once."""

    def __init__(self, directory):
        os.makedirs(directory, exist_ok=True)
        self.path = os.path.join(directory, f"requests-{os.getpid()}.jsonl")
        self.seen = set()

    def look(self, scope, body):
        headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]])
        query = scope.get("query_string", b"").decode()
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").split("?")[0]
        signature = CREDENTIAL.search(headers.get("authorization", "") + "&" + query.replace("%2F", "/"))
        # What isn't signed calls no service by its API: the Runtime API, a health check, an anonymous download.
        if signature is None:
            return
        key, service = signature.groups()
        # An API of one's own behind API Gateway: botocore has no model of it. Backstop's is held by docs/openapi.json.
        if service == "execute-api":
            return
        for line in lines(service, scope["method"], path, query, headers, body):
            text = json.dumps(line, sort_keys=True)
            if text not in self.seen:
                self.seen.add(text)
                with open(self.path, "a", encoding="utf-8") as file:
                    file.write(json.dumps({**line, "key": key}) + "\n")


def lines(service, method, path, query, headers, body):
    """What there is to say of one request: the operation, and each parameter that AWS would refuse."""
    try:
        name, operation, parameters = read(service, method, path, query, headers, body)
    except NotRead as reason:
        yield {"service": service, "operation": f"{method} {path}", "parameter": "", "fault": str(reason)}
        return
    about = {"service": name, "operation": operation.name}
    yield about
    for parameter, fault in faults(operation.input_shape, parameters, ""):
        yield {**about, "parameter": parameter, "fault": fault}


def read(service, method, path, query, headers, body):
    """The service, the operation and the parameters of a request."""
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    content_type = headers.get("content-type", "")
    form = content_type.startswith("application/x-www-form-urlencoded")
    given = parse_qsl(body.decode() if form else query, keep_blank_values=True)
    values = MultiDict(given)
    name = botocore_name(service, path, values)
    model = service_model(name)
    protocol = "json" if "x-amz-target" in headers else str(model.protocol)
    labels = {}
    if "x-amz-target" in headers:
        called = headers["x-amz-target"].split(".")[-1]
    elif "Action" in values:
        called = values["Action"]
    else:
        called, labels = routed(name, method, path, values, headers)
    if called not in model.operation_names:
        raise NotRead(f"{name} has no operation {called}")
    operation = model.operation_model(called)
    request = {
        "method": method,
        "values": values,
        "headers": headers,
        "body": b"" if is_stream(operation) else body,
        "url_path": path,
        "url_params": labels,
    }
    try:
        return name, operation, PROTOCOL_PARSERS[protocol](operation).parse(request)
    except Exception as error:  # whatever a parser says about a request that isn't of its model
        raise NotRead(f"{called} doesn't parse: {type(error).__name__}: {error}") from error


def botocore_name(service, path, values):
    if service == "s3" and path.startswith(S3_CONTROL):
        return "s3control"
    generations = SIGNED_AS.get(service)
    return service if generations is None else generations.get(values.get("Version", ""), service)


@lru_cache(maxsize=None)
def service_model(name):
    try:
        return ServiceModel(botocore.loaders.Loader().load_service_model(name, "service-2"), name)
    except botocore.exceptions.UnknownServiceError as error:
        raise NotRead(f"botocore has no model of {name}") from error


def is_stream(operation):
    """Whether the body is whatever somebody keeps, such as an object: there is nothing to hold it against."""
    payload = operation.input_shape and operation.input_shape.serialization.get("payload")
    return bool(payload) and operation.input_shape.members[payload].type_name == "blob"


def routed(name, method, path, values, headers):
    """The operation of a REST service that a path, a query and headers mean, with the labels of the path."""
    for operation, matcher, needed in routes(name, method):
        # Some SDKs end the path of a bucket with a slash.
        match = matcher.fullmatch(path) or matcher.fullmatch(path.rstrip("/"))
        if match and all(key in values and value in ("", values[key]) for key, value in needed.query):
            if all(header in headers for header in needed.headers):
                return operation, match.groupdict()
    raise NotRead(f"{name} has no operation for this")


class Needed:
    """What besides the path tells an operation from others."""

    def __init__(self, operation, query):
        shape = operation.input_shape
        members = shape.members.items() if shape else ()
        required = [(key, member.serialization) for key, member in members if key in shape.required_members]

        def names(location):
            return [one.get("name", key) for key, one in required if one.get("location") == location]

        self.query = parse_qsl(query, keep_blank_values=True) + [(name, "") for name in names("querystring")]
        self.headers = names("header")


@lru_cache(maxsize=None)
def routes(name, method):
    """The operations of one method, those that ask for the most first."""
    model = service_model(name)
    found = []
    for operation in map(model.operation_model, model.operation_names):
        if operation.http["method"] != method:
            continue
        path, _, query = operation.http["requestUri"].partition("?")
        literal = re.sub(r"\{[^}]+\}", "", path)
        pieces = re.split(r"(\{[^}]+\})", path)
        pattern = "".join(label(piece) if piece.startswith("{") else re.escape(piece) for piece in pieces)
        needed = Needed(operation, query)
        rank = (len(needed.query) + len(needed.headers), len(literal), path.count("{"))
        found.append((rank, operation.name, re.compile(pattern), needed))
    return [one[1:] for one in sorted(found, key=lambda one: one[0], reverse=True)]


def label(piece):
    name = piece.strip("{}")
    return f"(?P<{name[:-1]}>.+)" if name.endswith("+") else f"(?P<{name}>[^/]+)"


def faults(shape, value, place):
    """Each parameter that isn't as its model says, with what is wrong."""
    if shape is None or value is None:
        return
    kind, rules = shape.type_name, shape.metadata
    if kind == "structure":
        for name in shape.required_members:
            if value.get(name) is None and not shape.members[name].serialization.get("location") == "uri":
                yield f"{place}.{name}".strip("."), "is required"
        for name, inner in value.items():
            yield from faults(shape.members.get(name), inner, f"{place}.{name}".strip("."))
        return
    if kind == "list":
        yield from of_size(rules, len(value), place, "items")
        for inner in value:
            yield from faults(shape.member, inner, f"{place}[]")
        return
    if kind == "map":
        yield from of_size(rules, len(value), place, "entries")
        for key, inner in value.items():
            yield from faults(shape.key, key, f"{place}{{key}}")
            yield from faults(shape.value, inner, f"{place}{{}}")
        return
    if kind in ("integer", "long", "float", "double"):
        yield from of_size(rules, value, place, "")
    if kind == "blob":
        yield from of_size(rules, len(value), place, "bytes")
    if kind == "string":
        yield from of_size(rules, len(value), place, "characters")
        if shape.enum and value not in shape.enum:
            yield place, f"{shown(value)} is none of {', '.join(shape.enum[:12])}"
        pattern = compiled(rules.get("pattern", ""))
        if pattern and not pattern.fullmatch(value):
            yield place, f"{shown(value)} isn't like {rules['pattern']}"


def of_size(rules, size, place, what):
    if "min" in rules and size < rules["min"]:
        yield place, f"{size} {what}".strip() + f" is less than {rules['min']}"
    if "max" in rules and size > rules["max"]:
        yield place, f"{size} {what}".strip() + f" is more than {rules['max']}"


@lru_cache(maxsize=None)
def compiled(pattern):
    """The pattern, as AWS's services take it: for the whole text. Empty lets in anything."""
    # Java writes what lies beyond the first 65,536 characters as pairs.
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010ffff")
    python, in_class, before = "", False, ""
    for piece in re.findall(r"\\p\{\w+\}|\\.|.", pattern, re.DOTALL):
        if piece in CLASSES:
            python += CLASSES[piece] if in_class else f"[{CLASSES[piece]}]"
        elif in_class and (piece == "[" or (piece == "-" and before in (r"\w", r"\d", r"\s"))):
            # Java takes these in a class for themselves, or for a class within.
            python += "\\" + piece
        else:
            in_class = piece == "[" if piece in ("[", "]") else in_class
            python += piece
        before = piece
    return re.compile(python, re.DOTALL) if python else None


def shown(value):
    return repr(value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + "…")
