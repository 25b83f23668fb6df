// The form under the messages: a command of the bot with its options, as it was registered.

import { el } from "./dom.js";
import { buildField } from "./fields.js";

const [SUBCOMMAND, GROUP, SLASH] = [1, 2, 1];
const FIRST = "animate";
const [STRING, ATTACHMENT] = [3, 11];
const MESSAGE = {
  description: "Write a message, with a picture if you like",
  options: [
    { name: "words", type: STRING, description: "What everybody reads", first: true },
    { name: "file", type: ATTACHMENT, description: "A picture or another file", first: true },
  ],
};

/**
 * Builds itself from the bot's commands; the one without a name is a plain message.
 * `actions` has `run(name, form)` and `choices(name, option, form)`.
 */
export class Composer {
  #form;
  #actions;
  #commands = new Map();
  #built = "";
  #name = FIRST;
  #fields = [];
  #sample = null;
  #reader = { locale: "en-US", lists: {} };
  #error = el("p", { class: "error", role: "alert" });
  #send = el("button", { class: "send" }, "Send");

  constructor(form, actions) {
    this.#form = form;
    this.#actions = actions;
    form.addEventListener("submit", (event) => this.#submit(event));
    form.addEventListener("keydown", (event) => this.#sendOnEnter(event));
    document.addEventListener("paste", (event) => this.#take(event.clipboardData, event));
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => this.#take(event.dataTransfer, event));
  }

  /** What the bot offers now; what somebody has filled in stays unless the commands changed. */
  update({ commands, sample }, reader) {
    const built = JSON.stringify([commands, sample, reader.locale]);
    [this.#sample, this.#reader] = [sample, reader];
    if (built === this.#built) return;
    this.#built = built;
    this.#commands = new Map(commands.filter(({ type }) => type === SLASH).flatMap((each) => flatten(each)));
    this.#commands.set("", MESSAGE);
    if (!this.#commands.has(this.#name)) this.#name = this.#commands.keys().next().value;
    this.#build();
  }

  #build() {
    const command = this.#commands.get(this.#name);
    const ask = (option) => this.#actions.choices(this.#name, option, this.#filled((field) => !field.takesFiles));
    const fields = (command.options ?? []).map((option) => buildField(option, this.#reader, ask));
    this.#fields = fields.filter(Boolean);
    const of = (needed) => this.#fields.filter(({ first }) => first === needed).map(({ node }) => node);
    const about = el("span", { class: "faint" }, described(command, this.#reader.locale));
    const more = el("details", {}, el("summary", {}, "More"), el("div", { class: "more" }, of(false)));
    this.#form.replaceChildren(
      el("div", { class: "command" }, this.#chooser(), about),
      el("div", { class: "needed" }, of(true), this.#send),
      el("div", { class: "below" }, this.#sampleButton(), of(false).length ? more : null),
      this.#error,
    );
  }

  #chooser() {
    const options = [...this.#commands.keys()].map((name) =>
      el("option", { value: name, selected: name === this.#name }, name ? `/${name}` : "💬 Message"),
    );
    const choose = (event) => {
      this.#name = event.target.value;
      this.#build();
    };
    return el("select", { "aria-label": "Command", change: choose }, options);
  }

  #sampleButton() {
    if (!this.#sample || !this.#fields.some(({ takesFiles }) => takesFiles)) return null;
    return el("button", { type: "button", class: "link", click: () => this.#useSample() }, "Use the sample picture");
  }

  async #useSample() {
    const picture = await (await fetch("/playground/sample.png")).blob();
    this.#attach(new File([picture], "sample.png", { type: picture.type }));
    const words = this.#fields.find(({ first, takesFiles }) => first && !takesFiles);
    if (words && !words.input.value) words.input.value = this.#sample;
    words?.input.focus();
  }

  #attach(file) {
    this.#fields.find(({ takesFiles }) => takesFiles)?.set(file);
  }

  #take(data, event) {
    if (!data?.files.length) return;
    event.preventDefault();
    this.#attach(data.files[0]);
  }

  #sendOnEnter(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    if (!event.target.matches("textarea")) return;
    event.preventDefault();
    this.#form.requestSubmit(this.#send);
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#send.disabled) return;
    this.#error.textContent = "";
    this.#send.disabled = true;
    const refusal = await this.#actions.run(this.#name, this.#filled());
    this.#send.disabled = false;
    if (refusal) this.#refuse(refusal);
    else this.#build();
  }

  #filled(wanted = () => true) {
    const form = new FormData();
    for (const field of this.#fields.filter(wanted)) {
      const value = field.value();
      if (value !== null) form.append(field.name, value);
    }
    return form;
  }

  #refuse({ option, reason }) {
    const field = this.#fields.find(({ name }) => name === option);
    if (field) field.fail(reason);
    else this.#error.textContent = reason;
  }
}

function flatten(command, above = "") {
  const name = `${above}${command.name}`;
  const below = (command.options ?? []).filter(({ type }) => type === SUBCOMMAND || type === GROUP);
  return below.length ? below.flatMap((each) => flatten(each, `${name} `)) : [[name, command]];
}

function described({ description, description_localizations: others }, locale) {
  return others?.[locale] ?? description;
}
