// Who is looking, the stream of what changes, and what a person does.

import { Channels, SIGNS } from "./channels.js";
import { Composer } from "./composer.js";
import { el } from "./dom.js";
import { Kept } from "./kept.js";
import { Messages } from "./messages.js";
import { Modal } from "./modal.js";
import { reasonInWords } from "./refusals.js";
import { keep, kept as chosen, useTheme } from "./settings.js";
import { Welcome } from "./welcome.js";
import { firstLanguage, language, readIn, t } from "./words.js";

const MESSAGE_MENU = 3;
const $ = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const me = { as: asked.get("as") ?? "ada", locale: asked.get("locale") ?? firstLanguage() };
const home = { locale: me.locale }; // the language of everybody who has none of their own
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
const modal = new Modal($("modal"), (id, form) => post(`modal/${id}`, form).then((answer) => answer.refusal), focusAgain);
const welcome = new Welcome($("example"), (number) => composer.start(number));
const channels = new Channels($("channels"), enter, asked.get("channel"));
const kept = new Kept();
let about = {};
let stream;
let used = null; // the message or form in which something was clicked last

function address(path, more = {}) {
  const where = channels.current ? { in: channels.current.id } : {};
  return `/playground/${path}?${new URLSearchParams({ ...me, ...where, ...more })}`;
}

/** What the server answered: `data`, or the `refusal` with its `reason`. */
async function post(path, body, more) {
  try {
    const answer = await fetch(address(path, more), { method: "POST", body });
    const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
    const reason = answer.status === 413 ? t("file_too_large") : answer.statusText;
    const data = isJson ? await answer.json() : { reason };
    return answer.ok ? { data } : { refusal: data };
  } catch {
    return { refusal: { reason: t("unreachable") } };
  }
}

async function act(path, what) {
  const { refusal } = await post(path, JSON.stringify(what));
  $("connection").textContent = refusal ? reasonInWords(refusal.reason) : trouble();
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
    $("connection").textContent = t("connection_lost");
    setTimeout(() => stream === fresh && listen(), 1000);
  });
}

function showState(state) {
  kept.reset(state.messages);
  showAbout(state.about);
}

function showAbout(news) {
  about = news;
  $("notice").textContent = about.comfyui ? t("notice_comfyui", { host: about.comfyui }) : t("notice_simulated");
  $("connection").textContent = trouble();
  offer($("person"), about.visitors.map(({ name, about: note }) => [name, note ? `${name} · ${t(note)}` : name]), me.as);
  offer($("language"), Object.entries(about.languages), me.locale);
  offer($("theme"), ["system", "light", "dark"].map((theme) => [theme, t(`theme_${theme}`)]), chosen("theme") || "system");
  welcome.update(about);
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
  $("welcome").hidden = kind === "dm";
  messages.reset(kept.in(id));
}

function enter(id) {
  channels.enter(id);
  openChannels(false);
  showChannel();
}

function openChannels(open) {
  document.body.classList.toggle("with-channels", open);
  $("show-channels").setAttribute("aria-expanded", String(open));
  if (open) $("channels").querySelector("[aria-current]")?.focus();
}

function trouble() {
  return about.online ? "" : t("offline");
}

function offer(select, entries, chosen) {
  select.replaceChildren(...entries.map(([value, name]) => el("option", { value, selected: value === chosen }, name)));
}

function showMessage(message) {
  const isNew = !kept.has(message.id);
  const changed = kept.set(message);
  if (isNew) channels.hear(message);
  $("show-channels").dataset.pings = $("channels").dataset.pings;
  showChanged(changed);
  if (isNew && message.channel_id === channels.current.id) $("spoken").textContent = `${message.author.username}: ${messages.words(message.id)}`;
}

function showChanged(changed) {
  for (const each of changed) if (each.channel_id === channels.current.id) messages.show(each);
}

function forget({ id }) {
  const replies = kept.remove(id);
  messages.remove(id);
  showChanged(replies);
}

function showUnanswered({ id, channel_id }) {
  const now = new Date().toISOString();
  const nothing = { reactions: [], embeds: [], attachments: [], components: [], mentions: [], flags: 0 };
  showMessage({ ...nothing, id, channel_id, author: about.bot, content: t("did_not_respond"), timestamp: now, only_you: true });
}

function become(change) {
  Object.assign(me, change);
  readIn(me.locale);
  channels.reset();
  history.replaceState(null, "", `?${new URLSearchParams(me)}`);
  const before = stream;
  listen();
  before.close();
}

function becomeSomebody(name) {
  become({ as: name, locale: about.visitors.find((visitor) => visitor.name === name).locale ?? home.locale });
}

function chooseLanguage(locale) {
  home.locale = locale;
  keep("language", locale);
  become({ locale });
}

function chooseTheme(theme) {
  keep("theme", theme);
  useTheme(theme);
}

/** After a modal: to what opened it, or where that is now. */
function focusAgain() {
  const button = used?.custom && document.querySelector(`#${used.id} [data-id="${CSS.escape(used.custom)}"]`);
  const place = document.getElementById(used?.id);
  const target = button ?? (place === $("composer") ? place.querySelector("select") : place);
  if (!document.activeElement || document.activeElement === document.body || !target?.contains(document.activeElement)) target?.focus();
}

function remember({ target }) {
  const place = target.closest("#messages > li, #composer");
  if (place) used = { id: place.id, custom: target.closest("[data-id]")?.dataset.id };
}

/** A link to a message in another channel goes there first. */
function follow(event) {
  const link = event.target.closest("a[data-channel]");
  if (!link) return;
  const { channel } = link.dataset;
  if (channels.has(channel) && channel !== channels.current.id) enter(channel);
  const isThere = channels.has(channel) && document.getElementById(link.hash.slice(1));
  $("connection").textContent = isThere ? trouble() : t("gone");
  if (!isThere) event.preventDefault();
}

$("person").addEventListener("change", (event) => becomeSomebody(event.target.value));
$("language").addEventListener("change", (event) => chooseLanguage(event.target.value));
$("theme").addEventListener("change", (event) => chooseTheme(event.target.value));
$("show-channels").addEventListener("click", () => openChannels(!document.body.classList.contains("with-channels")));
$("skip").addEventListener("click", () => $("composer").querySelector("select").focus());
document.addEventListener("click", follow);
document.addEventListener("click", remember, true);
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || !document.body.classList.contains("with-channels")) return;
  openChannels(false);
  $("show-channels").focus();
});
useTheme(chosen("theme"));
readIn(me.locale);
me.locale = language();
listen();
