// Reads each compiled state machine as Step Functions would: its structure by `asl-validator`, and each JSONata
// expression by the `jsonata` parser. The emulator accepts transitions to nowhere and fields of the other query language.
//
// Usage: NODE_PATH=<node_modules> node machines.cjs FILE...
"use strict";

const fs = require("node:fs");
const validate = require("asl-validator");
const jsonata = require("jsonata");

// What CloudFormation fills in; the validator looks at the form of ARNs.
const fill = (text) => text.replaceAll("${Partition}", "aws");

function expressions(value, place, found) {
  if (typeof value === "string") {
    const match = /^\{%([\s\S]*)%\}$/.exec(value.trim());
    if (match) found.push([place, match[1]]);
    else if (value.includes("{%") || value.includes("%}")) found.push([place, null]);
  } else if (value !== null && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) expressions(inner, `${place}/${key}`, found);
  }
  return found;
}

// A field that only the other query language has is taken as an unknown one by the validator, and ignored by nobody.
const JSONPATH_FIELDS = ["InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector", "ItemsPath", "SecondsPath"];

function jsonpathFields(definition, found = []) {
  for (const [name, state] of Object.entries(definition.States ?? {})) {
    for (const field of JSONPATH_FIELDS) if (field in state) found.push(`\`${name}\` has ${field}, a field of JSONPath`);
    for (const inner of [...(state.Branches ?? []), state.ItemProcessor, state.Iterator]) {
      if (inner) jsonpathFields(inner, found);
    }
  }
  return found;
}

// States that no other one leads to are dead; the validator doesn't look for them inside of branches.
function unreachable(definition, found = []) {
  const states = definition.States ?? {};
  const reached = new Set();
  const waiting = [definition.StartAt];
  while (waiting.length > 0) {
    const name = waiting.pop();
    if (name === undefined || reached.has(name)) continue;
    reached.add(name);
    const state = states[name] ?? {};
    waiting.push(state.Next, state.Default);
    for (const one of [...(state.Choices ?? []), ...(state.Catch ?? [])]) waiting.push(one.Next);
  }
  for (const name of reached) if (!(name in states)) found.push(`a state leads to \`${name}\`, which isn't there`);
  for (const name of Object.keys(states)) if (!reached.has(name)) found.push(`nothing leads to \`${name}\``);
  for (const state of Object.values(states)) {
    for (const inner of [...(state.Branches ?? []), state.ItemProcessor, state.Iterator]) {
      if (inner) unreachable(inner, found);
    }
  }
  return found;
}

function check(text) {
  const definition = JSON.parse(fill(text));
  const found = definition.QueryLanguage === "JSONata" ? [] : ["its query language isn't JSONata"];
  const parsed = expressions(definition, "", []);
  for (const [place, expression] of parsed) {
    if (expression === null) {
      found.push(`${place}: an expression must be the whole text between {% and %}`);
      continue;
    }
    try {
      jsonata(expression);
    } catch (error) {
      found.push(`${place}: ${error.message}`);
    }
  }
  found.push(...jsonpathFields(definition), ...unreachable(definition));
  // The validator writes into what it is given.
  const result = validate(JSON.parse(fill(text)));
  if (!result.isValid) found.push(...result.errorsText("\n").split("\n"));
  return { found, count: parsed.length };
}

module.exports = { check };

if (require.main === module) {
  const files = process.argv.slice(2);
  let failed = files.length === 0;
  let count = 0;
  for (const file of files) {
    const result = check(fs.readFileSync(file, "utf8"));
    count += result.count;
    for (const fault of result.found) console.error(`${file}: ${fault}`);
    failed ||= result.found.length > 0;
  }
  if (!failed) console.log(`${files.length} machines are valid, and their ${count} expressions parse`);
  process.exitCode = failed ? 1 : 0;
}
