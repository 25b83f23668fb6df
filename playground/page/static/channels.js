// The list of channels: where one is, what is new elsewhere, and where one was pinged.

import { el } from "./dom.js";
import { t } from "./words.js";

export const SIGNS = { text: "#", public_thread: "🧵", voice: "🔊", forum: "💬", dm: "@" };

/** Draws itself into `nav`; `go(id)` is called when somebody chooses a channel. */
export class Channels {
  #nav;
  #go;
  #list = [];
  #news = new Map(); // by channel: how many pings among what is unread
  #wanted;
  #current = null;

  constructor(nav, go, wanted) {
    this.#nav = nav;
    this.#go = go;
    this.#wanted = wanted;
  }

  /** The channel in which one is: `id`, `name`, `kind`. */
  get current() {
    return this.#current;
  }

  /** By id their names, for mentions. */
  get names() {
    return Object.fromEntries(this.#list.map(({ id, name }) => [id, name]));
  }

  /** Whether the person sees that channel. */
  has(id) {
    return this.#list.some((channel) => channel.id === id);
  }

  get lists() {
    return this.#list.filter(({ kind }) => kind !== "dm").map(({ id, name, kind }) => [id, `${SIGNS[kind]} ${name}`]);
  }

  /** What there is now; whoever is in a channel that is gone finds themselves in the first. */
  update(list) {
    this.#list = list;
    const wanted = this.#current?.id ?? list.find(({ name, id }) => name === this.#wanted || id === this.#wanted)?.id;
    this.#current = list.find(({ id }) => id === wanted) ?? list.find(({ kind }) => kind === "text");
    this.#draw();
  }

  /** Somebody else looks: to them nothing is new. */
  reset() {
    this.#news.clear();
  }

  enter(id) {
    this.#current = this.#list.find((channel) => channel.id === id) ?? this.#current;
    this.#news.delete(this.#current.id);
    this.#draw();
  }

  /** A message came: elsewhere it is unread. */
  hear({ channel_id, pings_me }) {
    if (channel_id === this.#current.id) return;
    this.#news.set(channel_id, (this.#news.get(channel_id) ?? 0) + Number(pings_me));
    this.#draw();
  }

  #draw() {
    const top = this.#list.filter(({ parent, kind }) => !parent && kind !== "dm");
    const direct = this.#list.filter(({ kind }) => kind === "dm");
    this.#nav.replaceChildren(
      el("ul", {}, top.map((channel) => this.#entry(channel))),
      ...(direct.length ? [el("h2", {}, t("direct_messages")), el("ul", {}, direct.map((each) => this.#entry(each)))] : []),
    );
    this.#nav.dataset.pings = [...this.#news.values()].reduce((sum, pings) => sum + pings, 0);
  }

  #entry(channel) {
    const below = this.#list.filter(({ parent }) => parent === channel.id);
    const inner = below.length ? el("ul", {}, below.map((each) => this.#entry(each))) : null;
    return el("li", {}, channel.kind === "forum" ? el("h2", {}, name(channel)) : this.#link(channel), inner);
  }

  #link(channel) {
    const pings = this.#news.get(channel.id);
    const marks = { class: pings === undefined ? null : "unread", "data-channel": channel.name };
    const here = channel.id === this.#current?.id ? "page" : null;
    const badge = pings ? el("span", { class: "pings", role: "img", "aria-label": t("pings", { number: pings }) }, String(pings)) : null;
    const click = () => this.#go(channel.id);
    return el("button", { type: "button", ...marks, "aria-current": here, click }, name(channel), badge);
  }
}

function name({ kind, name }) {
  return [el("span", { class: "sign", "aria-hidden": "true" }, SIGNS[kind] ?? "#"), ` ${name}`];
}
