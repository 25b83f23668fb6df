// Discord's markdown (the part that bots use) as nodes. Nothing in a text can become markup of the page.

import { el, fragment } from "./dom.js";
import { link } from "./links.js";
import { moment } from "./time.js";
import { t } from "./words.js";

const STYLES = { "**": "strong", __: "u", "~~": "s" };
const mention = (text) => el("span", { class: "mention" }, text);
const spoiler = (nodes) =>
  el("button", { type: "button", class: "spoiler", "aria-label": t("spoiler"), click: reveal }, el("span", {}, nodes));

function reveal(event) {
  event.currentTarget.classList.add("open");
  event.currentTarget.removeAttribute("aria-label");
}

// Each rule: what to look for at a place in the text, and the node it becomes.
const INLINE = [
  [/\\([^\p{L}\p{N}\s])/uy, ([, kept]) => kept],
  [/(`+)([^]*?[^`])\1(?!`)/y, ([, , code]) => el("code", {}, code.trim())],
  [/\|\|((?:\\[^]|[^\\])+?)\|\|/y, ([, text], names) => spoiler(inline(text, names))],
  [/(([*_~])\2)((?:\\[^]|[^\\])+?)\1(?!\2)/y, ([, mark, , text], names) => el(STYLES[mark], {}, inline(text, names))],
  [/\*(?=\S)((?:\*\*|\\[^]|[^*\\])+?)\*(?!\*)/y, ([, text], names) => el("em", {}, inline(text, names))],
  [/(?<!\w)_((?:__|\\[^]|[^_\\])+?)_(?!\w)/y, ([, text], names) => el("em", {}, inline(text, names))],
  [/<@!?(\d+)>/y, ([, id], names) => mention(`@${names.people[id] ?? t("unknown")}`)],
  [/<@&(\d+)>/y, () => mention(`@${t("role")}`)],
  [/<#(\d+)>/y, ([, id], names) => mention(`#${names.channels[id] ?? t("unknown")}`)],
  [/<\/([^:>]+):\d+>/y, ([, name]) => mention(`/${name}`)],
  [/<a?(:\w+:)\d+>/y, ([, name]) => name],
  [/<t:(-?\d{1,13})(?::([tTdDfFR]))?>/y, ([, seconds, style]) => moment(Number(seconds), style)],
  [/\[((?:\\[^]|[^\]\\])+)\]\(<?(https?:\/\/[^\s<>)]+)>?\)/y, ([, text, url], names) => link(url, inline(text, names), names)],
  [/<(https?:\/\/[^\s<>]+)>/y, ([, url], names) => link(url, null, names)],
  [/https?:\/\/[^\s<>]*[^\s<>.,:;"')\]!?*_]/y, ([url], names) => link(url, null, names)],
];

const BLOCKS = [
  [/```(?:[\w+-]+\n)?\n?([^]+?)\n?```\n?/y, ([, code]) => el("pre", {}, el("code", {}, code))],
  [/(?<![^\n])>>> ([^]*)/y, ([, text], names) => el("blockquote", {}, inline(text, names))],
  [
    /(?<![^\n])(?:> .*(?:\n|$))+/y,
    ([text], names) => el("blockquote", {}, inline(text.replace(/^> /gm, "").trimEnd(), names)),
  ],
  [/(?<![^\n])(#{1,3}) (.+)\n?/y, ([, marks, text], names) => el("h3", { "data-size": marks.length > 1 ? marks.length : null }, inline(text, names))],
  [/(?<![^\n])-# (.+)\n?/y, ([, text], names) => el("small", {}, inline(text, names))],
  [/(?<![^\n])(?:[-*] .+(?:\n|$))+/y, ([text], names) => el("ul", {}, items(text, names))],
];

function items(text, names) {
  return text.trimEnd().split("\n").map((line) => el("li", {}, inline(line.slice(2), names)));
}

/** A message's text. `names` has `people` and `channels` by id. */
export function markdown(text, names) {
  return fragment(parse(text, [...BLOCKS, ...INLINE], names));
}

function inline(text, names) {
  return parse(text, INLINE, names);
}

function parse(text, rules, names) {
  const nodes = [];
  let plain = "";
  for (let at = 0; at < text.length; ) {
    const [node, end] = match(text, at, rules, names);
    if (node === null) {
      plain += text[at++];
    } else {
      if (plain) nodes.push(plain);
      nodes.push(node);
      plain = "";
      at = end;
    }
  }
  return plain ? [...nodes, plain] : nodes;
}

function match(text, at, rules, names) {
  for (const [pattern, build] of rules) {
    const rule = new RegExp(pattern);
    rule.lastIndex = at;
    const found = rule.exec(text);
    if (found) return [build(found, names), rule.lastIndex];
  }
  return [null, at];
}
