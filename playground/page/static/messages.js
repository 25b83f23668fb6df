// The list of messages. Only the parts of a message that changed are built anew, so that videos play on.

import { components } from "./cards.js";
import { el, fragment } from "./dom.js";
import { markdown } from "./markdown.js";
import { embed, file } from "./parts.js";
import { moment } from "./time.js";
import { Roving, STOPS } from "./roving.js";
import { tools } from "./tools.js";
import { language, nodes, t } from "./words.js";

const [LOADING, IS_CARD] = [1 << 7, 1 << 15];

// What each part shows, and how. The first is also what tells whether it must be built anew.
const PARTS = {
  above: [(m) => [m.message_reference, m.referenced_message, m.interaction, m.interaction_metadata], above],
  head: [(m) => [m.author, m.timestamp], head],
  text: [(m, { names }) => [m.content, m.flags, m.edited_timestamp, names], text],
  embeds: [(m) => m.embeds, (m, { names }) => m.embeds.map((each) => embed(each, names))],
  files: [(m) => m.attachments, (m) => (m.flags & IS_CARD ? [] : m.attachments.map(file))],
  components: [(m, { lists }) => [m.components, lists], (m, context) => components(m.components, using(m, context))],
  reactions: [(m) => m.reactions, reactions],
  alone: [(m) => m.only_you, alone],
  tools: [(m, { menus }) => [m.only_you, menus], tools],
};

/** Rows by message id. `actions` has what is done to a message: `react`, `press`, `choose`, `menu`. */
export class Messages {
  #list;
  #actions;
  #roving;
  #rows = new Map();
  #dismissed = new Set();
  #about = { names: { people: {}, channels: {}, me: "" }, lists: {}, menus: [] };

  constructor(list, actions) {
    this.#list = list;
    this.#actions = actions;
    this.#roving = new Roving(list);
  }

  /** What rows are drawn with: `names` for mentions, `lists` for menus, `menus` of the context menu. */
  set about(about) {
    this.#about = about;
    for (const { message } of this.#rows.values()) this.show(message);
  }

  /** Show these and no others. */
  reset(messages) {
    const ids = new Set(messages.map(({ id }) => id));
    for (const id of [...this.#rows.keys()]) if (!ids.has(id)) this.remove(id);
    for (const message of messages) this.show(message);
  }

  show(message) {
    if (this.#dismissed.has(message.id)) return;
    const row = this.#rows.get(message.id) ?? this.#insert(message);
    row.message = message;
    for (const [name, [shown, build]] of Object.entries(PARTS)) this.#refresh(row, name, shown, build);
    row.node.classList.toggle("pings-me", message.mentions.some(({ id }) => id === this.#about.names.me));
    this.#roving.update(row.node);
  }

  /** What a message says, for those who listen instead of look. */
  words(id) {
    const { text, components } = this.#rows.get(id)?.slots ?? {};
    return text ? text.textContent || components.textContent : "";
  }

  remove(id) {
    const node = this.#rows.get(id)?.node;
    const near = node?.contains(document.activeElement) ? (node.nextElementSibling ?? node.previousElementSibling) : null;
    node?.remove();
    near?.focus();
    this.#rows.delete(id);
    this.#roving.update(null);
  }

  #insert({ id, only_you }) {
    const slots = Object.fromEntries(Object.keys(PARTS).map((name) => [name, el("div", { class: name })]));
    const node = el("li", { id: `m-${id}`, class: only_you ? "only-you" : null }, Object.values(slots));
    const later = [...this.#rows.values()].find(({ message }) => BigInt(message.id) > BigInt(id));
    this.#list.insertBefore(node, later?.node ?? null);
    const row = { node, slots, keys: {} };
    this.#rows.set(id, row);
    return row;
  }

  #refresh(row, name, shown, build) {
    const context = { ...this.#actions, ...this.#about, dismiss: (id) => this.#dismiss(id) };
    const key = JSON.stringify([language(), shown(row.message, context) ?? null]).replace(/\?ex=[^"]*/g, "");
    if (row.keys[name] === key) return;
    row.keys[name] = key;
    keepFocus(row, row.slots[name], () => row.slots[name].replaceChildren(fragment(build(row.message, context))));
  }

  #dismiss(id) {
    this.#dismissed.add(id);
    this.remove(id);
  }
}

/** Build a part anew; who was in it is at the same place again, or at the message. */
function keepFocus({ node }, slot, build) {
  const place = [...slot.querySelectorAll(STOPS)].indexOf(document.activeElement);
  build();
  if (place >= 0) (slot.querySelectorAll(STOPS)[place] ?? node).focus();
}

function above(message, { names }) {
  const { message_reference: reference, referenced_message: replied, interaction } = message;
  if (reference && !replied) return `↩ ${t("reply_deleted")}`;
  if (reference) {
    const label = t("reply_to", { person: replied.author.username, message: excerpt(replied, names) });
    const target = el("a", { href: `#m-${replied.id}`, "data-channel": replied.channel_id, "aria-label": label }, excerpt(replied, names));
    return ["↩ ", el("b", {}, replied.author.username), " ", target];
  }
  if (!interaction) return [];
  const command = el("span", { class: "mention" }, `/${interaction.name}`);
  return nodes("used", { person: el("b", {}, interaction.user.username), command });
}

function excerpt(message, names) {
  const shown = markdown(message.content || spokenBy(message.components), names);
  for (const block of shown.querySelectorAll("blockquote, pre, li, h3, small")) block.append(" ");
  const words = shown.textContent.replace(/\s+/g, " ").trim();
  return words.slice(0, 200) || t(message.attachments?.length ? "a_file" : "a_message");
}

/** The words of a card. */
function spokenBy(components) {
  return (components ?? []).map(({ content, components: inner }) => content ?? spokenBy(inner)).filter(Boolean).join(" ");
}

function head({ author, timestamp }) {
  const badge = author.bot ? el("span", { class: "badge" }, t("app")) : null;
  const avatar = el("span", { class: "avatar", "aria-hidden": "true" }, author.bot ? "▶" : author.username[0]);
  avatar.dataset.tint = author.bot ? "bot" : Number(BigInt(author.id) >> 22n) % 5;
  return [avatar, el("b", {}, author.username), badge, moment(Date.parse(timestamp) / 1000, "t")];
}

function text({ content, flags, edited_timestamp: edited, author }, { names }) {
  if (flags & LOADING) return el("span", { class: "faint" }, t("thinking", { person: author.username }));
  return [markdown(content, names), edited && content ? el("span", { class: "faint" }, ` ${t("edited")}`) : null];
}

function reactions(message, { react }) {
  return message.reactions.map((reaction) => reactionButton(message, reaction, react));
}

function reactionButton(message, { emoji, count, me, names }, react) {
  const who = names.join(", ");
  const attributes = { "aria-pressed": String(me), "aria-label": `${emoji} ${count}: ${who}`, title: who };
  return button(attributes, () => react(message, emoji), `${emoji} ${count}`);
}

function alone(message, { dismiss }) {
  if (!message.only_you) return [];
  return [`👁 ${t("only_you")} · `, button({ class: "link" }, () => dismiss(message.id), t("dismiss"))];
}

function button(attributes, click, words) {
  return el("button", { type: "button", ...attributes, click }, words);
}

function using(message, { names, lists, press, choose }) {
  const chosen = (menu, values) => choose(message, menu, values);
  return { names, lists, press: (button) => press(message, button), choose: chosen };
}
