// Faults that the check of state machines must catch, each planted into one that passes.
"use strict";

const assert = require("node:assert");
const test = require("node:test");
const { check } = require("./machines.cjs");

const machine = () => ({
  QueryLanguage: "JSONata",
  StartAt: "Which?",
  States: {
    "Which?": {
      Type: "Choice",
      Choices: [{ Condition: "{% $states.input.mode = 'auto' %}", Next: "Both" }],
      Default: "End",
    },
    Both: {
      Type: "Parallel",
      Branches: [
        {
          StartAt: "Invoke",
          States: {
            Invoke: {
              Type: "Task",
              Resource: "arn:${Partition}:states:::lambda:invoke",
              Arguments: { FunctionName: "${OneFunctionArn}", Payload: { op: "{% $states.input.op %}" } },
              Retry: [{ ErrorEquals: ["States.Timeout"], MaxAttempts: 2 }],
              Catch: [{ ErrorEquals: ["States.ALL"], Next: "Failed" }],
              TimeoutSeconds: 60,
              End: true,
            },
            Failed: { Type: "Pass", Output: "{% $states.input %}", End: true },
          },
        },
      ],
      Next: "End",
    },
    End: { Type: "Succeed" },
  },
});

const broken = (change) => {
  const definition = machine();
  change(definition.States, definition);
  return check(JSON.stringify(definition)).found;
};
const invoke = (states) => states.Both.Branches[0].States.Invoke;

test("what is right passes", () => assert.deepStrictEqual(broken(() => {}), []));

const faults = {
  "a transition to nowhere": (states) => (states.Both.Next = "Nowhere"),
  "a choice that leads nowhere": (states) => (states["Which?"].Choices[0].Next = "Nowhere"),
  "a catch that leads nowhere": (states) => (invoke(states).Catch[0].Next = "Nowhere"),
  "a start that isn't there": (_, definition) => (definition.StartAt = "Nowhere"),
  "a state that nothing leads to": (states) => (states.Alone = { Type: "Succeed" }),
  "the same inside of a branch": (states) => (states.Both.Branches[0].States.Alone = { Type: "Succeed" }),
  "neither Next nor End": (states) => delete invoke(states).End,
  "both Next and End": (states) => (invoke(states).Next = "Failed"),
  "an unknown type": (states) => (states.End.Type = "Stop"),
  "a field of JSONPath": (states) => (invoke(states).ResultPath = "$.result"),
  "a resource that is no ARN": (states) => (invoke(states).Resource = "lambda:invoke"),
  "an expression that doesn't parse": (states) => (invoke(states).Arguments.Payload.op = "{% $states.input. %}"),
  "half an expression": (states) => (invoke(states).Arguments.Payload.op = "{% $states.input.op"),
  "an expression in the middle of a text": (states) => (invoke(states).Arguments.Payload.op = "op {% 1 %}"),
  "a negative number of attempts": (states) => (invoke(states).Retry[0].MaxAttempts = -1),
  "a retry of nothing": (states) => delete invoke(states).Retry[0].ErrorEquals,
  "another query language": (_, definition) => (definition.QueryLanguage = "JSONPath"),
};
for (const [name, change] of Object.entries(faults)) {
  test(name, () => assert.notDeepStrictEqual(broken(change), []));
}
