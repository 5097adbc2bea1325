import assert from "node:assert/strict";
import test from "node:test";

import { STRUCTURES, structureText } from "../../../src/mixtura/explorer/web/structures.js";

test("a structure's words fit into a menu, and are its own", () => {
  const texts = STRUCTURES.map(structureText);
  assert.equal(new Set(texts).size, STRUCTURES.length);
  assert.ok(Math.max(...texts.map((text) => text.length)) <= 31);
  assert.equal(structureText("EII"), "circles, all alike");
  assert.equal(structureText("VVI"), "upright, own sizes, shapes");
  assert.equal(structureText("EVE"), "ellipses, own shapes");
  assert.equal(structureText("VVV"), "ellipses, each its own");
});
