// The words of the page in the language that is read, and which language that is at first.

import english from "./english.js";
import simplified from "./simplified.js";
import traditional from "./traditional.js";
import { kept } from "./settings.js";

const WORDS = { "en-US": english, "zh-CN": simplified, "zh-TW": traditional };
let locale = "en-US";

/** The sentence of that name, its `{blanks}` filled with texts. */
export function t(name, values = {}) {
  return fill(WORDS[locale][name], (blank) => String(values[blank] ?? ""));
}

/** The same with nodes in the blanks: a list of texts and nodes. */
export function nodes(name, values) {
  return WORDS[locale][name].split(/(\{\w+\})/).map((part) => values[part.slice(1, -1)] ?? part);
}

/** Whether there is a sentence of that name. */
export function hasWords(name) {
  return name in WORDS[locale];
}

function fill(sentence, value) {
  return sentence.replace(/\{(\w+)\}/g, (_, blank) => value(blank));
}

/** Discord's code of the language that is read now. */
export function language() {
  return locale;
}

/** Read another language: the document says so, and its fixed words change. */
export function readIn(chosen) {
  locale = chosen in WORDS ? chosen : "en-US";
  document.documentElement.lang = locale;
  document.title = t("page_title");
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
}

/** The language chosen before, else the first of the browser's that there is, else English. */
export function firstLanguage() {
  const before = kept("language");
  return before in WORDS ? before : (navigator.languages.map(known).find(Boolean) ?? "en-US");
}

/** Discord's code for a browser's language; nothing for one that the page does not have. */
function known(tag) {
  const { language, script, region } = new Intl.Locale(tag).maximize();
  if (language === "en") return "en-US";
  if (language !== "zh") return null;
  return script === "Hant" || region === "TW" ? "zh-TW" : "zh-CN";
}
