// Who gets past the policies of the table, the queues, the topic and the bucket, by an evaluation of IAM policies that is
// not the emulator's: every caller has every permission by IAM, so only the resource's own policy refuses.
"use strict";

const fs = require("node:fs");
const { runSimulation } = require("@cloud-copilot/iam-simulate");

const ACCOUNT = "123456789012";
const role = (name) => `arn:aws:iam::${ACCOUNT}:role/stack/${name}`;
const here = (service, name) => `arn:aws:${service}:eu-west-1:${ACCOUNT}:${name}`;
const attacker = { arn: `arn:aws:iam::${ACCOUNT}:role/anybody` };
// Each policy refuses root as anybody else. Of a bucket's own policy S3 lets root off, which this evaluation doesn't know:
// see the template's `OnlyBreakGlassDeletes`.
const root = { arn: `arn:aws:iam::${ACCOUNT}:root` };
const strangers = [attacker, root];
const breakGlass = { arn: `arn:aws:iam::${ACCOUNT}:role/break-glass` };
const of = (name) => ({ arn: role(name) });
const rule = (name) => ({ service: "events.amazonaws.com", source: here("events", `rule/${name}`) });
const alarm = { service: "cloudwatch.amazonaws.com", source: here("cloudwatch", "alarm:stack-it"), account: ACCOUNT };
const otherAlarm = { ...alarm, source: here("cloudwatch", "alarm:it") };

const table = here("dynamodb", "table/incidentstable");
const index = `${table}/index/by_opened`;
const queue = here("sqs", "intakequeue");
const dead = here("sqs", "deadletterqueue");
const topic = here("sns", "alertstopic");
const bucket = "arn:aws:s3:::evidencebucket";
const object = `${bucket}/incidents/1/log.json`;

const writesItems = ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PartiQLDelete", "dynamodb:PartiQLInsert",
  "dynamodb:PartiQLUpdate", "dynamodb:PutItem", "dynamodb:UpdateItem"];
const readsItems = ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PartiQLSelect",
  "dynamodb:Query", "dynamodb:Scan"];
// What has the whole table read elsewhere.
const copiesItems = ["dynamodb:CreateBackup", "dynamodb:EnableKinesisStreamingDestination",
  "dynamodb:ExportTableToPointInTime", "dynamodb:RestoreTableToPointInTime"];
const writesObjects = ["s3:DeleteObject", "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging"];
const takesMessages = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:PurgeQueue", "sqs:ReceiveMessage"];

// Policy, resource, actions, who gets through, who doesn't. Every action that a policy denies to some has a line here.
const CASES = [
  ["IncidentsTable", table, [...writesItems, ...readsItems], [of("intakerole"), of("notifyrole"), breakGlass], strangers],
  ["IncidentsTable", table, copiesItems, [breakGlass], strangers],
  ["IncidentsTable", index, ["dynamodb:Query"], [of("sweeprole"), breakGlass], strangers],
  ["IncidentsTable", table, ["dynamodb:UpdateTable", "dynamodb:PutResourcePolicy"], [attacker], []],
  ["QueuePolicy", queue, ["sqs:SendMessage"],
    [of("sweeprole"), breakGlass, rule("guarddutyrule"), rule("securityhubrule"), rule("healthrule"), rule("drillrule")],
    [...strangers, of("closerole"), rule("others")]],
  ["QueuePolicy", queue, takesMessages, [of("intakerole"), breakGlass], strangers],
  ["DeadLetterQueuePolicy", dead, ["sqs:SendMessage"],
    [of("intakerole"), of("closerole"), rule("guarddutyrule"), rule("failedexecutionrule")], [...strangers, rule("others")]],
  ["DeadLetterQueuePolicy", dead, ["sqs:ReceiveMessage", "sqs:DeleteMessage"], [attacker], []],
  ["AlertsTopicPolicy", topic, ["sns:Publish"], [of("intakerole"), of("notifyrole"), alarm],
    [...strangers, breakGlass, of("closerole"), rule("guarddutyrule"), otherAlarm]],
  ["EvidenceBucketPolicy", object, writesObjects, [of("closerole")],
    [...strangers, breakGlass, of("notifyrole"), of("respondiamrole")]],
  ["EvidenceBucketPolicy", `${bucket}/receipts/1/it`, writesObjects,
    [of("respondec2role"), of("respondiamrole"), of("responds3role")], [...strangers, breakGlass, of("closerole")]],
  ["EvidenceBucketPolicy", `${bucket}/others`, writesObjects, [of("closerole")], [...strangers, breakGlass]],
  ["EvidenceBucketPolicy", object, ["s3:GetObject"], [attacker], []],
  ["EvidenceBucketPolicy", object,
    ["s3:BypassGovernanceRetention", "s3:DeleteObjectVersion", "s3:PutObjectLegalHold", "s3:PutObjectRetention"],
    [breakGlass], [...strangers, of("closerole")]],
  ["EvidenceBucketPolicy", bucket,
    ["s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketObjectLockConfiguration",
      "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration", "s3:PutReplicationConfiguration"],
    [breakGlass], [...strangers, of("closerole")]],
];

// What a policy denies to some and no line of the list tries; all of a service's actions are denied by TLS alone.
function untried(policies) {
  const found = [];
  for (const [name, policy] of Object.entries(policies)) {
    const tried = CASES.filter(([of]) => of === name).flatMap(([, , actions]) => actions);
    for (const { Action, Effect, Sid } of policy.Statement) {
      const denied = Effect === "Deny" ? [Action].flat().filter((action) => !action.endsWith(":*")) : [];
      const missing = denied.filter((action) => !tried.includes(action));
      found.push(...missing.map((action) => `${name}: ${Sid} denies ${action}, which this check doesn't try`));
    }
  }
  return found;
}

async function isAllowed(policy, who, action, resource) {
  const context = { "aws:SecureTransport": "true" };
  if (who.arn) {
    context["aws:PrincipalArn"] = who.arn;
  }
  if (who.source) {
    context["aws:SourceArn"] = who.source;
    context["aws:SourceAccount"] = ACCOUNT;
  }
  const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
  const answer = await runSimulation(
    {
      request: {
        action,
        principal: who.arn ?? who.service,
        resource: { accountId: ACCOUNT, resource },
        contextVariables: context,
      },
      identityPolicies: who.arn ? [{ name: "everything", policy: everything }] : [],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: policy,
    },
    {},
  );
  if (answer.resultType === "error") {
    throw new Error(`${action} by ${who.arn ?? who.service}: ${JSON.stringify(answer.errors)}`);
  }
  return (answer.overallResult) === "Allowed";
}

async function faults(policies) {
  const found = untried(policies);
  for (const [name, resource, actions, through, refused] of CASES) {
    for (const action of actions) {
      const all = [...through.map((who) => [who, true]), ...refused.map((who) => [who, false])];
      for (const [who, expected] of all) {
        if ((await isAllowed(policies[name], who, action, resource)) !== expected) {
          const caller = who.arn ?? `${who.service} for ${who.source}`;
          found.push(`${name}: ${action} by ${caller} is ${expected ? "refused" : "allowed"}`);
        }
      }
    }
  }
  return found;
}

module.exports = { faults };

if (require.main === module) {
  faults(JSON.parse(fs.readFileSync(0, "utf8"))).then((found) => {
    console.log(found.length ? found.join("\n") : `resource policies: ${CASES.length} lists of callers, as they should be`);
    process.exitCode = found.length ? 1 : 0;
  });
}
