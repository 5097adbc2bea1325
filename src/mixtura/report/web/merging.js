// Clusters that may belong together: those that share a hill of the density, those between which there is
// hardly a valley, and those that are hardest to tell apart.

import { el, shareBar, swatch } from "./dom.js";
import { highlightButton } from "./legend.js";
import { counted, percent } from "./scales.js";

const FLAT = 0.2; // a valley is shallow whose lowest place has this share of the lower summit's density

const LANDSCAPE = "Think of the density as a landscape that is high where rows are many. Clusters on one hill have no gap between "
  + "them: they may be one group, of a shape that no single cluster has.";

// What the hills say, in sentences; none where there is nothing to merge.
export function mergingTexts(model) {
  if (model.n_components < 2 || (!model.hills && !model.entropy)) return [];
  const hills = model.hills ? [LANDSCAPE, hillsText(model), valleysText(model)] : [];
  return [...hills, elbowText(model)].filter((text) => text !== "");
}

// The clusters of a group, with commas and a last "and".
export function together(group) {
  const names = group.map(String);
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}

function hillsText({ hills, n_components: k }) {
  const shared = hills.shared.filter((group) => group.length > 1);
  const counts = `The density of the ${k} clusters has ${counted(hills.count, "hill")}`;
  if (hills.count === 1) return `${counts}: all of them are on it.`;
  if (shared.length === 0 && hills.count === k) return `${counts}, one for each cluster.`;
  if (shared.length === 0) return `${counts}: some rise where clusters overlap.`;
  return `${counts}: ${shared.map((group) => `clusters ${together(group)} share one`).join(", ")}.`;
}

function valleysText({ hills }) {
  if (hills.merges.length === 0) return "";
  const [{ one, other, value }] = hills.merges;
  const single = hills.merges.length === 1;
  const deep = value >= FLAT ? "" : ` ${single ? "is deep: it" : "is deep, too: it"}`;
  const valley = `The ${single ? "" : "shallowest "}valley, between clusters ${one.join(" + ")} and ${other.join(" + ")},`;
  const so = value >= FLAT ? "no clear gap parts them" : single ? "these are apart" : "all hills are apart";
  return `${valley}${deep} goes down to ${valleyShare(value)} of the density on the lower of its two summits, so ${so}.`;
}

function valleyShare(value) {
  return value < 0.001 ? "less than 0.1%" : percent(value);
}

function elbowText({ entropy, n_components: k }) {
  if (!entropy) return "";
  const { start, merges, suggested } = entropy;
  if (suggested === k) return "The rows are sure enough of the clusters as they are: by that, none has to be merged.";
  const groups = groupsAfter(entropy, k, suggested).map((group) => group.join(" + "));
  const left = percent(merges[k - suggested - 1].value / start);
  return `By how sure the rows are of their clusters, ${counted(suggested, "group")} would do, ${together(groups)}: `
    + `${left} of the doubt is left then.`;
}

// The groups that are left of k clusters when so many are wanted.
export function groupsAfter({ merges }, k, wanted) {
  const united = merges.slice(0, k - wanted);
  return united.reduce((groups, { one, other }) => (
    groups.filter((group) => !group.includes(other[0]))
      .map((group) => (group.includes(one[0]) ? [...one, ...other].sort((a, b) => a - b) : group))
  ), Array.from({ length: k }, (_, j) => [j]));
}

// The merges one after the other, and how much of the entropy is left after each.
export function mergeTable(model) {
  const { start, merges, suggested } = model.entropy;
  const titles = ["Groups", "Merged", "Doubt left"].map((text) => el("th", { scope: "col" }, text));
  const steps = [{ one: [], other: [], value: start }, ...merges.slice(0, -1)]; // one group is none
  const rows = steps.map((merge, i) => (
    mergeRow(model, merge, model.n_components - i, start, suggested)));
  return el("table", { class: "merges" }, el("thead", {}, el("tr", {}, ...titles)), el("tbody", {}, ...rows));
}

function mergeRow(model, { one, other, value }, count, start, suggested) {
  const left = start > 0 ? value / start : 0;
  const merged = one.length === 0 ? [el("span", { class: "deviation" }, "as fitted")]
    : [...chips(model, one), el("span", { class: "deviation" }, " with "), ...chips(model, other)];
  const badge = count === suggested ? [" ", el("span", { class: "badge" }, "suggested")] : [];
  return el("tr", {}, el("th", { scope: "row" }, String(count), ...badge), el("td", { class: "merged" }, ...merged),
    el("td", {}, el("div", { class: "profile" }, shareBar(left), el("span", { class: "number" }, percent(left)))));
}

function chips(model, group) {
  return group.flatMap((j, i) => [i > 0 ? " + " : "", highlightButton(j, swatch(j, model.markers[j]), ` ${j}`)]);
}

// How to act on it.
export function mergeOffer({ hills, entropy, n_components: k }) {
  const commands = [
    hills && hills.shared.some((group) => group.length > 1) ? "mixtura merge model.json --by hills" : null,
    entropy && entropy.suggested < k ? "mixtura merge model.json data.csv --by entropy" : null,
  ].filter((command) => command !== null);
  if (commands.length === 0) return [];
  const code = (command) => el("code", {}, command);
  return ["What next? If clusters of one group mean the same to you, merge them: ",
    ...commands.flatMap((command, i) => [i > 0 ? ", or " : "", code(command)]),
    " writes a model of the groups with the same density, and ", code("mixtura report merged.json data.csv"),
    " shows it. If they differ in what matters to you, keep them as they are."];
}
