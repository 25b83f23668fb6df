// Who is looking, the stream of what changes, and what a person does.

import { Channels, SIGNS } from "./channels.js";
import { Composer } from "./composer.js";
import { el } from "./dom.js";
import { Messages } from "./messages.js";
import { Modal } from "./modal.js";

const MESSAGE_MENU = 3;
const $ = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const me = { as: asked.get("as") ?? "ada", locale: asked.get("locale") ?? "en-US" };
const messages = new Messages($("messages"), {
  react: (message, emoji) => act("react", { message: message.id, emoji }),
  press: (message, button) => act("press", { message: message.id, button }),
  choose: (message, menu, values) => act("choose", { message: message.id, menu, values }),
  menu: (message, name) => act("menu", { message: message.id, name }),
});
const composer = new Composer($("composer"), {
  run: (name, form) => post(name ? `command/${name}` : "say", form).then((answer) => answer.refusal),
  choices: (name, option, form) => post(`choices/${name}`, form, { option }).then(({ data }) => data ?? []),
});
const modal = new Modal($("modal"), (id, form) => post(`modal/${id}`, form).then((answer) => answer.refusal));
const channels = new Channels($("channels"), enter, asked.get("channel"));
const kept = new Map(); // every message that this person sees anywhere, by id
let about = {};
let stream;

function address(path, more = {}) {
  const where = channels.current ? { in: channels.current.id } : {};
  return `/playground/${path}?${new URLSearchParams({ ...me, ...where, ...more })}`;
}

/** What the server answered: `data`, or the `refusal` with its `reason`. */
async function post(path, body, more) {
  try {
    const answer = await fetch(address(path, more), { method: "POST", body });
    const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
    const reason = answer.status === 413 ? "The file is too large." : answer.statusText;
    const data = isJson ? await answer.json() : { reason };
    return answer.ok ? { data } : { refusal: data };
  } catch {
    return { refusal: { reason: "The playground cannot be reached." } };
  }
}

async function act(path, what) {
  const { refusal } = await post(path, JSON.stringify(what));
  $("connection").textContent = refusal?.reason ?? trouble();
}

const TOLD = {
  state: showState,
  about: showAbout,
  message: showMessage,
  gone: forget,
  unanswered: showUnanswered,
  modal: (opened) => modal.open(opened, { names: names(), lists: lists() }),
};

/** Hear everything anew; when the connection breaks, again after a second. */
function listen() {
  const fresh = new WebSocket(address("events"));
  stream = fresh;
  fresh.addEventListener("message", ({ data }) => {
    const [event, what] = JSON.parse(data);
    if (stream === fresh) TOLD[event](what);
  });
  fresh.addEventListener("close", () => {
    if (stream !== fresh) return;
    $("connection").textContent = "The connection is lost; trying again …";
    setTimeout(() => stream === fresh && listen(), 1000);
  });
}

function showState(state) {
  kept.clear();
  for (const message of state.messages) kept.set(message.id, message);
  showAbout(state.about);
}

function showAbout(news) {
  about = news;
  $("notice").textContent = about.comfyui
    ? `Playground: no Discord here. Clips come from the ComfyUI at ${about.comfyui}.`
    : "Playground: no Discord, no GPU, no model runs here. A camera moves over your picture.";
  $("connection").textContent = trouble();
  offer($("person"), about.visitors.map(({ name, about: note }) => [name, note ? `${name} · ${note}` : name]), me.as);
  offer($("language"), Object.entries(about.languages), me.locale);
  channels.update(about.channels);
  const menus = about.commands.filter(({ type }) => type === MESSAGE_MENU).map(({ name }) => name);
  messages.about = { names: names(), lists: lists(), menus };
  composer.update(about, { locale: me.locale, lists: lists() });
  showChannel();
}

function names() {
  return { people: about.names, channels: channels.names, me: about.me };
}

function lists() {
  return { people: Object.entries(about.names), roles: Object.entries(about.roles), channels: channels.lists };
}

function showChannel() {
  const { id, name, kind } = channels.current;
  $("channel-name").textContent = name;
  $("channel-sign").textContent = SIGNS[kind] ?? "#";
  $("show-channels").dataset.pings = $("channels").dataset.pings;
  messages.reset([...kept.values()].filter((message) => message.channel_id === id));
}

function enter(id) {
  channels.enter(id);
  openChannels(false);
  showChannel();
}

function openChannels(open) {
  document.body.classList.toggle("with-channels", open);
  $("show-channels").setAttribute("aria-expanded", String(open));
}

function trouble() {
  return about.online ? "" : "The bot is offline.";
}

function offer(select, entries, chosen) {
  select.replaceChildren(...entries.map(([value, name]) => el("option", { value, selected: value === chosen }, name)));
}

function showMessage(message) {
  const isNew = !kept.has(message.id);
  kept.set(message.id, message);
  if (isNew) channels.hear(message);
  $("show-channels").dataset.pings = $("channels").dataset.pings;
  if (message.channel_id !== channels.current.id) return;
  messages.show(message);
  if (isNew) $("spoken").textContent = `${message.author.username}: ${messages.words(message.id)}`;
}

function forget({ id }) {
  kept.delete(id);
  messages.remove(id);
}

function showUnanswered({ id, text, channel_id }) {
  const now = new Date().toISOString();
  const nothing = { reactions: [], embeds: [], attachments: [], components: [], mentions: [], flags: 0 };
  showMessage({ ...nothing, id, channel_id, author: about.bot, content: text, timestamp: now, only_you: true });
}

function become(change) {
  Object.assign(me, change);
  document.documentElement.dataset.language = me.locale;
  channels.reset();
  history.replaceState(null, "", `?${new URLSearchParams(me)}`);
  const before = stream;
  listen();
  before.close();
}

function becomeSomebody(name) {
  become({ as: name, locale: about.visitors.find((visitor) => visitor.name === name).locale });
}

/** A link to a message in another channel goes there first. */
function follow(event) {
  const link = event.target.closest("a[data-channel]");
  if (!link || link.dataset.channel === channels.current.id) return;
  enter(link.dataset.channel);
}

$("person").addEventListener("change", (event) => becomeSomebody(event.target.value));
$("language").addEventListener("change", (event) => become({ locale: event.target.value }));
$("show-channels").addEventListener("click", () => openChannels(!document.body.classList.contains("with-channels")));
document.addEventListener("click", follow);
document.documentElement.dataset.language = me.locale;
listen();
