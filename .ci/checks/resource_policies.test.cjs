// Faults that the check of resource policies must catch, each planted into policies that pass.
"use strict";

const assert = require("node:assert");
const path = require("node:path");
const test = require("node:test");
const { execFileSync } = require("node:child_process");
const { faults } = require("./resource_policies.cjs");

const PYTHON = process.env.CHECKS_PYTHON ?? "python3";
const printed = execFileSync(PYTHON, [
  path.join(__dirname, "resource_policies.py"),
  path.join(__dirname, "../../template.yaml"),
]);
const policies = () => JSON.parse(printed);
const statement = (all, policy, sid) => all[policy].Statement.find((one) => one.Sid === sid);

test("the template's own pass", async () => {
  assert.deepStrictEqual(await faults(policies()), []);
});

const DENIES = [
  ["IncidentsTable", "OnlyBackstopsFunctions"],
  ["QueuePolicy", "NobodyElseSends"],
  ["QueuePolicy", "NobodyElseTakes"],
  ["DeadLetterQueuePolicy", "NobodyElseSends"],
  ["AlertsTopicPolicy", "NobodyElsePublishes"],
  ["EvidenceBucketPolicy", "OnlyCloseWrites"],
  ["EvidenceBucketPolicy", "OnlyRespondersProveReceipts"],
  ["EvidenceBucketPolicy", "NobodyElseWrites"],
  ["EvidenceBucketPolicy", "OnlyBreakGlassDeletes"],
  ["EvidenceBucketPolicy", "OnlyBreakGlassConfigures"],
];

for (const [policy, sid] of DENIES) {
  test(`${policy} without ${sid}`, async () => {
    const all = policies();
    all[policy].Statement = all[policy].Statement.filter((one) => one.Sid !== sid);
    assert.match((await faults(all)).join("\n"), /is allowed/);
  });

  test(`${sid} for everybody`, async () => {
    const all = policies();
    delete statement(all, policy, sid).Condition;
    assert.match((await faults(all)).join("\n"), /is refused/);
  });
}

test("a rule that isn't let in", async () => {
  const all = policies();
  statement(all, "QueuePolicy", "TheseRulesSend").Condition.ArnEquals["aws:SourceArn"].pop();
  assert.match((await faults(all)).join("\n"), /events.amazonaws.com .* is refused/);
});

const denies = Object.entries(policies()).flatMap(([policy, { Statement }]) =>
  Statement.filter(({ Effect, Action }) => Effect === "Deny" && Array.isArray(Action)).map(({ Sid }) => [policy, Sid]),
);
const LISTED = denies.flatMap(([policy, sid]) => statement(policies(), policy, sid).Action.map((action) => [policy, sid, action]));

test("the bucket's configuration and what is locked in it: eleven actions and four", () => {
  const count = (sid) => LISTED.filter(([, of]) => of === sid).length;
  assert.deepStrictEqual([count("OnlyBreakGlassConfigures"), count("OnlyBreakGlassDeletes")], [11, 4]);
});

for (const [policy, sid, action] of LISTED) {
  test(`${policy}: ${sid} without ${action}`, async () => {
    const all = policies();
    const one = statement(all, policy, sid);
    one.Action = one.Action.filter((other) => other !== action);
    assert.match((await faults(all)).join("\n"), new RegExp(`${action} by .* is allowed`));
  });
}

test("an action that is denied and that nobody tries", async () => {
  const all = policies();
  statement(all, "EvidenceBucketPolicy", "OnlyBreakGlassConfigures").Action.push("s3:PutBucketCORS");
  assert.match((await faults(all)).join("\n"), /denies s3:PutBucketCORS, which this check doesn't try/);
});

test("root let off", async () => {
  const all = policies();
  statement(all, "EvidenceBucketPolicy", "OnlyBreakGlassDeletes").Condition.StringNotLike["aws:PrincipalArn"].push(
    "arn:aws:iam::123456789012:root",
  );
  assert.match((await faults(all)).join("\n"), /s3:DeleteObjectVersion by .*:root is allowed/);
});
