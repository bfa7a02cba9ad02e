"""How old access keys are. What the account's root makes was made long ago: root plants what a drill finds, and nothing else
makes a credential that isn't of the attack. The gateway says the same of the credentials that it answers for."""

import re
import time

# More than GuardDuty keeps a finding.
AGE_SECONDS = 400 * 24 * 3600


def fill():
    from ministack.core import iam_evaluator
    from ministack.services import iam

    create = iam._IAM_HANDLERS["CreateAccessKey"]

    def create_access_key(parameters):
        answer = create(parameters)
        made = re.search(rb"<AccessKeyId>([A-Z0-9]+)</AccessKeyId>", answer[2])
        if made and iam_evaluator.caller_arn().endswith(":root"):
            long_ago = time.gmtime(time.time() - AGE_SECONDS)
            iam._access_keys[made[1].decode()]["CreateDate"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", long_ago)
        return answer

    iam._IAM_HANDLERS["CreateAccessKey"] = create_access_key
