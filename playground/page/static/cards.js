// Components of messages: buttons, menus, and the cards of Components V2.

import { el } from "./dom.js";
import { link } from "./links.js";
import { markdown } from "./markdown.js";
import { coloured, file, picture, veiled } from "./parts.js";
import { t } from "./words.js";

// By Discord's number of their type; `context` has `names`, `lists`, `press(custom_id)`, `choose(custom_id, values)`.
const COMPONENTS = {
  1: (data, context) => el("div", { class: "buttons" }, components(data.components, context)),
  2: button,
  3: (data, context) => menu(data, context, data.options.map(spoken)),
  5: (data, context) => menu(data, context, context.lists.people),
  6: (data, context) => menu(data, context, context.lists.roles),
  7: (data, context) => menu(data, context, [...context.lists.people, ...context.lists.roles]),
  8: (data, context) => menu(data, context, context.lists.channels),
  9: (data, context) => {
    const words = el("div", {}, components(data.components, context));
    return el("div", { class: "section" }, words, component(data.accessory, context));
  },
  10: (data, { names }) => el("div", { class: "text" }, markdown(data.content, names)),
  11: ({ media, description }) => picture({ ...media, description }),
  12: gallery,
  13: attached,
  14: ({ divider, spacing }) => el("hr", { class: divider ? null : "blank", "data-spacing": spacing }),
  17: (data, context) => {
    const card = el("article", { class: "card" }, components(data.components, context));
    return coloured(data.spoiler ? veiled(card) : card, data.accent_color);
  },
};

export function components(list, context) {
  return (list ?? []).map((data) => component(data, context));
}

function component(data, context) {
  return COMPONENTS[data?.type]?.(data, context);
}

function button({ label, emoji, url, style, disabled, custom_id }, { press, names }) {
  const words = [emoji?.name, label].filter(Boolean).join(" ");
  if (url) return link(url, words, names, { class: "button" });
  const click = () => press(custom_id);
  return el("button", { type: "button", disabled, "data-style": style, "data-id": custom_id, click }, words);
}

/** An entry's value and how it reads. */
export function spoken({ value, label, description, emoji, default: chosen }) {
  const words = [emoji?.name, label].filter(Boolean).join(" ");
  return [value, description ? `${words} · ${description}` : words, Boolean(chosen)];
}

function menu({ custom_id, placeholder, min_values, max_values, disabled }, { choose }, entries) {
  const label = placeholder ?? t("select");
  if ((max_values ?? 1) > 1) return several(label, entries, min_values ?? 1, max_values, (chosen) => choose(custom_id, chosen));
  const change = ({ target }) => target.value && choose(custom_id, [target.value]);
  const attributes = { class: "menu", "aria-label": label, "data-id": custom_id, disabled, change };
  return el("select", attributes, el("option", { value: "" }, label), entries.map(option));
}

function option([value, words, selected]) {
  return el("option", { value, selected }, words);
}

function several(label, entries, fewest, most, choose) {
  const boxes = entries.map(([value, words, checked]) => ({ value, words, box: el("input", { type: "checkbox", checked }) }));
  const send = el("button", { type: "button", click: () => choose(chosen()) }, t("choose"));
  const chosen = () => boxes.filter(({ box }) => box.checked).map(({ value }) => value);
  const judge = () => {
    send.disabled = chosen().length < fewest || chosen().length > most;
  };
  judge();
  const shown = boxes.map(({ words, box }) => el("label", { change: judge }, box, " ", words));
  return el("details", { class: "menu many" }, el("summary", {}, label), shown, send);
}

function gallery({ items }) {
  const shown = items.map(({ media, description, spoiler }) => {
    const item = file({ ...media, description });
    return spoiler ? veiled(item) : item;
  });
  return el("div", { class: "gallery", "data-count": Math.min(items.length, 4) }, shown);
}

function attached({ file: media, name, size, spoiler }) {
  const link = el("a", { href: media.url, download: name ?? true }, `📄 ${name ?? t("file")}`);
  const card = el("div", { class: "file" }, link, el("small", {}, size == null ? "" : bytes(size)));
  return spoiler ? veiled(card) : card;
}

function bytes(size) {
  const units = ["B", "KiB", "MiB"];
  const step = size < 1024 ? 0 : size < 1024 ** 2 ? 1 : 2;
  return `${(size / 1024 ** step).toFixed(step ? 1 : 0)} ${units[step]}`;
}
