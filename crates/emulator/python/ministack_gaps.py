"""What ministack lacks of S3: the Block Public Access of a whole account, and whether a bucket's policy is public.

The account's block is kept here and put in force where ministack asks about a bucket's own, so that the more
restrictive of both counts, as in AWS.
"""

from xml.etree.ElementTree import Element, ParseError, SubElement, fromstring

ACCOUNT_BLOCK = "/v20180820/configuration/publicAccessBlock"
# Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3": deleting needs the same
# permission as putting, and neither takes a resource.
PERMISSIONS = {
    "GET": "s3:GetAccountPublicAccessBlock",
    "PUT": "s3:PutAccountPublicAccessBlock",
    "DELETE": "s3:PutAccountPublicAccessBlock",
}
SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")

# Account -> settings; an account that isn't in it has no block.
blocks = {}


def fill():
    from ministack import app
    from ministack.services import s3

    answer_account_block(app, s3)
    put_account_block_in_force(s3)
    tell_policy_status(s3)


def answer_account_block(app, s3):
    known = app._handle_s3_control_request

    async def handle(path, method, body, query_params, request_id, headers=None):
        if path != ACCOUNT_BLOCK or method not in PERMISSIONS:
            return await known(path, method, body, query_params, request_id, headers)
        headers = headers or {}
        refused = app._enforce_data_plane("s3", PERMISSIONS[method], headers, query_params, request_id)
        if refused:
            answered = wrapped(s3, *refused)
        else:
            answered = s3.s3control_account_error(headers) or account_block(s3, method, body)
        status, answer_headers, answer = answered
        return status, {**answer_headers, "x-amzn-requestid": request_id}, answer

    app._handle_s3_control_request = handle


def wrapped(s3, status, _headers, body):
    """S3's error as S3 Control writes it; otherwise an SDK finds no code in it."""
    found = {child.tag.rsplit("}", 1)[-1]: child.text or "" for child in fromstring(body).iter()}
    return s3.s3control_error(found.get("Code", ""), found.get("Message", ""), status)


def account_block(s3, method, body):
    account = s3.get_account_id()
    if method == "DELETE":
        blocks.pop(account, None)
        return 204, {}, b""
    if method == "PUT":
        try:
            given = {child.tag.rsplit("}", 1)[-1]: child.text for child in fromstring(body)}
        except ParseError:
            return s3.s3control_error("MalformedXML", "The XML you provided was not well-formed", 400)
        # What a caller leaves out is off.
        blocks[account] = {setting: (given.get(setting) or "").strip().lower() == "true" for setting in SETTINGS}
        return 201, {}, b""
    if account not in blocks:
        message = "The public access block configuration was not found"
        return s3.s3control_error("NoSuchPublicAccessBlockConfiguration", message, 404)
    root = Element("PublicAccessBlockConfiguration", xmlns=s3.S3CONTROL_NS)
    for setting, is_on in blocks[account].items():
        SubElement(root, setting).text = str(is_on).lower()
    return s3._s3control_response(root)


def put_account_block_in_force(s3):
    by_bucket = s3._public_access_blocked

    def blocked(owner_account, bucket_name, setting):
        by_account = blocks.get(owner_account, {}).get(setting, False)
        return by_account or by_bucket(owner_account, bucket_name, setting)

    s3._public_access_blocked = blocked


def tell_policy_status(s3):
    """Ministack takes `?policyStatus` for a listing of objects."""
    list_objects = s3._list_objects_v1

    def answer(name, query_params):
        if "policyStatus" not in query_params or name not in s3._buckets:
            return list_objects(name, query_params)
        policy = s3._bucket_policies.get(name)
        if not policy:
            return s3._error("NoSuchBucketPolicy", "The bucket policy does not exist", 404, f"/{name}")
        root = Element("PolicyStatus", xmlns=s3.S3_NS)
        SubElement(root, "IsPublic").text = str(s3._policy_is_public(policy)).lower()
        return 200, {"Content-Type": "application/xml"}, s3._xml_body(root)

    s3._list_objects_v1 = answer
