import assert from "node:assert/strict";
import test from "node:test";

import { groupsAfter, mergeOffer, mergingTexts, together } from "../../../src/mixtura/report/web/merging.js";
import { headline } from "../../../src/mixtura/report/web/words.js";

const merge = (one, other, value) => ({ one, other, value });

const hills = (count, shared, merges = []) => ({ count, shared, merges });

const entropy = { start: 40, suggested: 2, merges: [merge([0], [2], 0.5), merge([0, 2], [1], 0)] };

test("hills are counted, and clusters that share one are named", () => {
  const model = { n_components: 3, hills: hills(2, [[0, 2], [1]], [merge([0, 2], [1], 0.005)]), entropy };
  const [landscape, first, second, third] = mergingTexts(model);
  assert.match(landscape, /^Think of the density as a landscape/);
  assert.equal(first, "The density of the 3 clusters has 2 hills: clusters 0 and 2 share one.");
  assert.match(second, /^The valley, between clusters 0 \+ 2 and 1, is deep: it goes down to 1% of the density.*, so these are apart\.$/);
  assert.equal(third, "By how sure the rows are of their clusters, 2 groups would do, 0 + 2 and 1: 1% of the doubt is left then.");
});

test("where each cluster has its hill, or all share one, or there are more, that is said", () => {
  const told = (count, shared) => mergingTexts({ n_components: 2, hills: hills(count, shared), entropy: null })[1];
  assert.match(told(2, [[0], [1]]), /2 hills, one for each cluster/);
  assert.match(told(1, [[0, 1]]), /1 hill: all of them are on it/);
  assert.match(told(3, [[0], [1]]), /3 hills: some rise where clusters overlap/);
});

test("a shallow valley is not called deep, and a level one has no per mill", () => {
  const told = (value) => mergingTexts({
    n_components: 2, entropy: null, hills: hills(2, [[0], [1]], [merge([0], [1], value)]),
  })[2];
  assert.match(told(0.8), /1, goes down to 80% of .*, so no clear gap parts them\.$/);
  assert.match(told(0.00001), /is deep: it goes down to less than 0.1% of/);
});

test("a single cluster, and what has neither hills nor doubts, has nothing to merge", () => {
  assert.deepEqual(mergingTexts({ n_components: 1, hills: hills(1, [[0]]), entropy: null }), []);
  assert.deepEqual(mergingTexts({ n_components: 3, hills: null, entropy: null }), []);
});

test("groups are what the merges leave", () => {
  assert.deepEqual(groupsAfter(entropy, 3, 3), [[0], [1], [2]]);
  assert.deepEqual(groupsAfter(entropy, 3, 2), [[0, 2], [1]]);
  assert.deepEqual(groupsAfter(entropy, 3, 1), [[0, 1, 2]]);
  assert.equal(together([0, 1, 4]), "0, 1 and 4");
});

test("nothing is offered where nothing shares a hill and no row is in doubt", () => {
  assert.deepEqual(mergeOffer({ n_components: 2, hills: hills(2, [[0], [1]]), entropy: null }), []);
  assert.deepEqual(mergeOffer({ n_components: 3, hills: null, entropy: { ...entropy, suggested: 3 } }), []);
});

test("the headline tells the hills where they are not as many as the clusters", () => {
  const report = (count) => ({
    data: { rows_used: 344, total_weight: 344 }, model: { n_components: 4, hills: hills(count, []) },
    fit: {}, uncertainty: { sure: 0.9 },
  });
  assert.equal(headline(report(3)), "4 overlapping clusters on 3 hills in 344 rows of");
  assert.equal(headline(report(4)), "4 overlapping clusters in 344 rows of");
});
