// The form under the messages: a command of the bot with its options, as it was registered.

import { el } from "./dom.js";
import { buildField } from "./fields.js";
import { reasonInWords } from "./refusals.js";
import { t } from "./words.js";

const [SUBCOMMAND, GROUP, SLASH] = [1, 2, 1];
const FIRST = "animate";
const [STRING, ATTACHMENT] = [3, 11];
const message = () => ({
  description: t("message_about"),
  options: [
    { name: "words", title: t("words"), type: STRING, description: t("words_about"), first: true },
    { name: "file", title: t("file"), type: ATTACHMENT, description: t("file_about"), first: true },
  ],
});

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
  #samples = [];
  #reader = { locale: "en-US", lists: {} };
  #error = el("p", { class: "error", role: "alert" });
  #send = el("button", { class: "send" });

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
  update({ commands, samples }, reader) {
    const built = JSON.stringify([commands, samples, reader.locale]);
    [this.#samples, this.#reader] = [samples, reader];
    if (built === this.#built) return;
    this.#built = built;
    this.#commands = new Map(commands.filter(({ type }) => type === SLASH).flatMap((each) => flatten(each)));
    this.#commands.set("", message());
    if (!this.#commands.has(this.#name)) this.#name = this.#commands.keys().next().value;
    this.#build();
  }

  /** Attach a sample and run `/animate` with it, if there is such a command. */
  async start(number) {
    if (!this.#commands.has(FIRST)) return;
    this.#name = FIRST;
    this.#build();
    await this.#fillIn(number);
    this.#form.requestSubmit(this.#send);
  }

  #build() {
    const hadFocus = this.#form.contains(document.activeElement);
    const command = this.#commands.get(this.#name);
    const ask = (option) => this.#actions.choices(this.#name, option, this.#filled((field) => !field.takesFiles));
    const fields = (command.options ?? []).map((option) => buildField(option, this.#reader, ask));
    this.#fields = fields.filter(Boolean);
    const of = (needed) => this.#fields.filter(({ first }) => first === needed).map(({ node }) => node);
    const about = el("span", { class: "faint" }, described(command, this.#reader.locale));
    const more = el("details", {}, el("summary", {}, t("more")), el("div", { class: "more" }, of(false)));
    this.#send.textContent = t("send");
    this.#form.replaceChildren(
      el("div", { class: "command" }, this.#chooser(), about),
      el("div", { class: "needed" }, of(true), this.#send),
      el("div", { class: "below" }, this.#sampleButton(), of(false).length ? more : null),
      this.#error,
    );
    if (hadFocus) (this.#firstText()?.input ?? this.#send).focus();
  }

  #chooser() {
    const options = [...this.#commands.keys()].map((name) =>
      el("option", { value: name, selected: name === this.#name }, name ? `/${name}` : `💬 ${t("message")}`),
    );
    const choose = (event) => {
      this.#name = event.target.value;
      this.#build();
      this.#form.querySelector("select").focus(); // to go on choosing by the arrow keys
    };
    return el("select", { "aria-label": t("command"), change: choose }, options);
  }

  #sampleButton() {
    if (!this.#samples.length || !this.#fields.some(({ takesFiles }) => takesFiles)) return null;
    return el("button", { type: "button", class: "link", click: () => this.#useSample() }, t("use_sample"));
  }

  async #useSample() {
    await this.#fillIn(0);
    this.#firstText()?.input.focus();
  }

  async #fillIn(number) {
    const picture = await (await fetch(`/playground/sample/${number}.png`)).blob();
    this.#attach(new File([picture], `sample-${number + 1}.png`, { type: picture.type }));
    const words = this.#firstText();
    if (words && !words.input.value) words.input.value = this.#samples[number].prompt;
  }

  #firstText() {
    return this.#fields.find(({ first, takesFiles }) => first && !takesFiles);
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
    if (field) field.fail(reasonInWords(reason));
    else this.#error.textContent = reasonInWords(reason);
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
