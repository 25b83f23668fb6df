// What somebody can do with a message that they point at: react, and the commands of its context menu.

import { el } from "./dom.js";
import { t } from "./words.js";

const EMOJIS = ["🔁", "❌", "✉️", "🚩", "⏳", "❤️", "👍", "😂"];

/** Two small menus. `actions` has `react(message, emoji)` and `menu(message, name)`; `menus` are names. */
export function tools(message, { react, menu, menus }) {
  if (message.only_you) return [];
  const reactions = EMOJIS.map((emoji) => entry(emoji, () => react(message, emoji), t("react_with", { emoji })));
  const apps = menus.map((name) => entry(name, () => menu(message, name)));
  return [
    popup("add", t("add_reaction"), "☺", reactions),
    popup("apps", t("more_apps"), "⋯", [el("small", {}, t("apps")), ...(apps.length ? apps : [t("no_commands")])]),
  ];
}

function popup(kind, label, sign, entries) {
  const button = el("summary", { class: kind, "aria-label": label, title: label }, sign);
  return el("details", { class: `popup ${kind}-popup`, toggle: closeOthers }, button, el("div", {}, entries));
}

function entry(words, act, label) {
  const click = (event) => {
    event.currentTarget.closest("details").open = false;
    act();
  };
  return el("button", { type: "button", "aria-label": label, click }, words);
}

function closeOthers({ currentTarget: opened }) {
  if (!opened.open) return;
  for (const other of document.querySelectorAll(".popup[open]")) if (other !== opened) other.open = false;
}

document.addEventListener("click", ({ target }) => {
  for (const popup of document.querySelectorAll(".popup[open]")) if (!popup.contains(target)) popup.open = false;
});
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  for (const popup of document.querySelectorAll(".popup[open]")) {
    popup.open = false;
    popup.querySelector("summary").focus();
  }
});
