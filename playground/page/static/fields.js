// One field of a command's form for each kind of option that Discord knows and a form can hold.

import { el } from "./dom.js";
import { t } from "./words.js";

const [STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT] = [3, 4, 5, 6, 7, 8, 9, 10, 11];
const KINDS = {
  [STRING]: textField,
  [INTEGER]: numberField,
  [BOOLEAN]: booleanField,
  [USER]: (option) => listField(option, option.lists.people),
  [CHANNEL]: (option) => listField(option, option.lists.channels),
  [ROLE]: (option) => listField(option, option.lists.roles),
  [MENTIONABLE]: (option) => listField(option, [...option.lists.people, ...option.lists.roles]),
  [NUMBER]: numberField,
  [ATTACHMENT]: fileField,
};
const TYPING = 150; // milliseconds of quiet before the bot is asked for choices

/** A field, or nothing for an option that no form here can hold. `ask(option)` gives choices. */
export function buildField(option, { locale, lists }, ask) {
  const description = option.description_localizations?.[locale] ?? option.description;
  const title = option.name_localizations?.[locale] ?? option.title ?? option.name;
  const described = { ...option, title, description, locale, lists };
  const build = option.choices?.length ? choiceField : KINDS[option.type];
  return build && new Field(described, build(described, ask));
}

class Field {
  #error = el("span", { class: "error", role: "alert" });

  constructor(option, { input, shown = input, value, set }) {
    this.name = option.name;
    this.first = Boolean(option.required || option.first);
    this.takesFiles = option.type === ATTACHMENT;
    this.input = input;
    this.value = value ?? (() => input.value.trim() || null);
    this.set = set;
    const about = el("span", { class: "about" }, option.description);
    const name = el("span", { class: "name" }, option.title);
    this.node = el("label", { class: "field" }, name, shown, about, this.#error);
    input.addEventListener("input", () => this.fail(""));
  }

  fail(reason) {
    this.#error.textContent = reason;
    this.input.toggleAttribute("aria-invalid", Boolean(reason));
    if (!reason) return;
    this.node.closest("details")?.setAttribute("open", "");
    this.input.focus();
  }
}

function textField(option, ask) {
  const { name, required, autocomplete, max_length: longest } = option;
  const attributes = { name, "aria-required": String(Boolean(required)) };
  const isLong = (longest ?? (autocomplete ? 0 : Infinity)) > 200;
  if (!autocomplete) return { input: isLong ? el("textarea", { ...attributes, rows: 2 }) : el("input", attributes) };
  return isLong ? offerField(option, attributes, ask) : suggestField(option, ask);
}

/** A line whose choices the browser lists. */
function suggestField({ name }, ask) {
  const list = el("datalist", { id: `choices-${name}` });
  const input = el("input", { name, list: list.id });
  const show = (choices) =>
    list.replaceChildren(...choices.map(({ name, value }) => el("option", { value, label: name })));
  offerSoon(input, async () => show(await ask(name)));
  return { input, shown: el("span", { class: "suggest line" }, input, list) };
}

/** Room for a long text, with the choices below it. */
function offerField({ name }, attributes, ask) {
  const input = el("textarea", { ...attributes, rows: 2 });
  const list = el("span", { class: "offers" });
  const take = (value) => {
    input.value = value;
    list.replaceChildren();
  };
  const offer = ({ name, value }) => el("button", { type: "button", click: () => take(value) }, name);
  offerSoon(input, async () => {
    const choices = await ask(name);
    list.replaceChildren(...choices.filter(({ value }) => value !== input.value).map(offer));
  });
  return { input, shown: el("span", { class: "suggest" }, input, list) };
}

function offerSoon(input, offer) {
  let waiting;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(offer, TYPING);
  };
  input.addEventListener("focus", soon);
  input.addEventListener("input", soon);
}

function numberField(option, ask) {
  return option.autocomplete ? suggestField(option, ask) : plainNumberField(option);
}

function plainNumberField({ name, type, min_value: min, max_value: max }) {
  const range = min != null && max != null ? `${min} – ${max}` : null;
  const input = el("input", { name, type: "number", min, max, step: type === INTEGER ? 1 : "any", placeholder: range });
  // what is no number has an empty value: sent as it looks, it is refused by name
  return { input, value: () => (input.validity.badInput ? "?" : input.value || null) };
}

function booleanField({ name }) {
  return menu(name, [{ name: t("yes"), value: "true" }, { name: t("no"), value: "false" }]);
}

function choiceField({ name, choices, locale }) {
  const named = ({ name, name_localizations: others, value }) => ({ name: others?.[locale] ?? name, value });
  return menu(name, choices.map(named));
}

function listField({ name }, entries) {
  return menu(name, entries.map(([value, name]) => ({ name, value })));
}

function menu(name, choices) {
  const options = choices.map((each) => el("option", { value: each.value }, each.name));
  return { input: el("select", { name }, el("option", { value: "" }, "–"), options) };
}

function fileField({ name, description }) {
  const input = el("input", { name, type: "file", class: "hidden" });
  const thumbnail = el("img", { alt: "", hidden: true });
  const words = el("span", {}, t("invitation"));
  let chosen = null;
  const set = (file) => {
    chosen = file ?? null;
    URL.revokeObjectURL(thumbnail.src);
    thumbnail.hidden = !chosen?.type.startsWith("image/");
    if (!thumbnail.hidden) thumbnail.src = URL.createObjectURL(chosen);
    words.textContent = chosen?.name ?? t("invitation");
    input.dispatchEvent(new Event("input"));
  };
  input.addEventListener("change", () => set(input.files[0]));
  const shown = el("span", { class: "drop", title: description }, input, thumbnail, words);
  return { input, shown, value: () => chosen, set };
}
