// A modal: the dialog that a bot opens, with its fields, checked as Discord's client checks them.

import { spoken } from "./cards.js";
import { el } from "./dom.js";
import { markdown } from "./markdown.js";
import { reasonInWords } from "./refusals.js";
import { t } from "./words.js";

const [ROW, TEXT, WORDS, LABEL, UPLOAD] = [1, 4, 10, 18, 19];
const PARAGRAPH = 2;
const FIELDS = {
  3: (data) => menu(data, data.options.map(spoken)),
  4: textInput,
  5: (data, { lists }) => menu(data, lists.people),
  6: (data, { lists }) => menu(data, lists.roles),
  7: (data, { lists }) => menu(data, [...lists.people, ...lists.roles]),
  8: (data, { lists }) => menu(data, lists.channels),
  [UPLOAD]: upload,
  21: (data) => boxes(data, "radio"),
  22: (data) => boxes(data, "checkbox"),
  23: checkbox,
};

/** Opens in a `dialog`; `submit(id, form)` gives what was refused, if anything; `back()` when it is closed. */
export class Modal {
  #dialog;
  #submit;
  #error = el("p", { class: "error", role: "alert" });

  constructor(dialog, submit, back) {
    this.#dialog = dialog;
    this.#submit = submit;
    dialog.addEventListener("close", back);
    dialog.addEventListener("keydown", (event) => this.#keepFocus(event));
  }

  open({ id, modal }, context) {
    this.#error.textContent = "";
    const close = () => this.#dialog.close();
    const cancel = el("button", { type: "button", class: "cancel", click: close }, t("cancel"));
    const form = el(
      "form",
      { novalidate: true, "aria-labelledby": "modal-title", submit: (event) => this.#send(event, id) },
      el("h2", { id: "modal-title" }, modal.title),
      modal.components.map((row) => shown(row, context)),
      this.#error,
      el("div", { class: "buttons" }, cancel, el("button", { class: "send" }, t("submit"))),
    );
    this.#dialog.replaceChildren(form);
    if (!this.#dialog.open) this.#dialog.showModal();
    form.querySelector("input:not(.hidden), textarea, select")?.focus();
  }

  /** The Tab key goes around in the dialog, and not out into the browser. */
  #keepFocus(event) {
    if (event.key !== "Tab") return;
    const stops = [...this.#dialog.querySelectorAll("a[href], button, input, select, textarea")].filter(canFocus);
    const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
    if (document.activeElement !== from) return;
    event.preventDefault();
    to.focus();
  }

  async #send(event, id) {
    event.preventDefault();
    const send = event.target.querySelector(".send");
    for (const node of event.target.querySelectorAll(".field .error")) node.textContent = "";
    this.#error.textContent = "";
    send.disabled = true;
    const refusal = await this.#submit(id, new FormData(event.target));
    send.disabled = false;
    if (refusal) this.#refuse(refusal);
    else this.#dialog.close();
  }

  #refuse({ option, reason }) {
    const field = [...this.#dialog.querySelectorAll(".field")].find(({ dataset }) => dataset.name === option);
    const place = field?.querySelector(".error") ?? this.#error;
    place.textContent = reasonInWords(reason);
    field?.querySelector("input, textarea, select")?.focus();
  }
}

function canFocus(node) {
  const isChosenOfGroup = node.type !== "radio" || node.checked || !node.form.querySelector(`[name="${CSS.escape(node.name)}"]:checked`);
  return !node.disabled && node.offsetParent !== null && isChosenOfGroup;
}

function shown(row, context) {
  if (row.type === WORDS) return el("div", { class: "text" }, markdown(row.content, context.names));
  if (row.type === ROW) return row.components.map((data) => field(data.label, null, data, context));
  return row.type === LABEL ? field(row.label, row.description, row.component, context) : null;
}

function field(label, description, data, context) {
  const build = FIELDS[data.type];
  if (!build) return null;
  const isNeeded = data.required !== false && data.type !== 23;
  const name = el("span", { class: "name" }, label, isNeeded ? el("span", { "aria-hidden": "true" }, " *") : null);
  const about = description ? el("span", { class: "about" }, description) : null;
  const isMenuOfMany = data.type !== UPLOAD && (data.max_values ?? 1) > 1;
  const single = [TEXT, 3, 5, 6, 7, 8, UPLOAD, 23].includes(data.type) && !isMenuOfMany;
  const attributes = { class: "field", "data-name": data.custom_id };
  const parts = [name, about, build(data, context), el("span", { class: "error", role: "alert" })];
  if (single) return el("label", attributes, parts);
  return el("fieldset", attributes, el("legend", { class: "hidden" }, label), parts);
}

function textInput({ custom_id: name, style, value, placeholder, required, max_length }) {
  const attributes = { name, placeholder, maxlength: max_length ?? 4000, "aria-required": String(required !== false) };
  if (style !== PARAGRAPH) return el("input", { ...attributes, value });
  const area = el("textarea", { ...attributes, rows: 4 });
  area.value = value ?? "";
  return area;
}

function upload({ custom_id: name, max_values }) {
  const input = el("input", { name, type: "file", multiple: (max_values ?? 1) > 1 });
  const preview = el("span", { class: "previews" });
  input.addEventListener("change", () => {
    const pictures = [...input.files].filter(({ type }) => type.startsWith("image/"));
    preview.replaceChildren(...pictures.map((file) => el("img", { src: URL.createObjectURL(file), alt: file.name })));
  });
  return el("span", { class: "upload" }, input, preview);
}

function menu(data, entries) {
  if ((data.max_values ?? 1) > 1) return boxes({ ...data, options: null }, "checkbox", entries);
  const options = entries.map(([value, words, selected]) => el("option", { value, selected }, words));
  return el("select", { name: data.custom_id }, el("option", { value: "" }, data.placeholder ?? "–"), options);
}

function boxes({ custom_id: name, options }, type, entries = options.map(spoken)) {
  const shown = entries.map(([value, words, checked]) =>
    el("label", {}, el("input", { type, name, value, checked }), " ", words),
  );
  return el("span", { class: "boxes" }, shown);
}

function checkbox({ custom_id: name, default: checked }) {
  return el("input", { type: "checkbox", name, value: "true", checked });
}
