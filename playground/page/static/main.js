// Who is looking, the stream of what changes, and what a person does.

import { Composer } from "./composer.js";
import { el } from "./dom.js";
import { Messages } from "./messages.js";

const $ = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const me = { as: asked.get("as") ?? "ada", locale: asked.get("locale") ?? "en-US" };
const messages = new Messages($("messages"), {
  react: (message, emoji) => act("react", { message: message.id, emoji }),
  press: (message, button) => act("press", { message: message.id, button }),
});
const composer = new Composer($("composer"), {
  run: (name, form) => post(`command/${name}`, form).then((answer) => answer.refusal),
  choices: (name, option, form) => post(`choices/${name}`, form, { option }).then(({ data }) => data ?? []),
});
let stream;

function address(path, more = {}) {
  return `/playground/${path}?${new URLSearchParams({ ...me, ...more })}`;
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
  gone: ({ id }) => messages.remove(id),
  unanswered: showUnanswered,
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

let about = {};

function showState(state) {
  showAbout(state.about);
  messages.reset(state.messages);
}

function showAbout(news) {
  about = news;
  $("channel-name").textContent = about.channel;
  $("notice").textContent = about.comfyui
    ? `Playground: no Discord here. Clips come from the ComfyUI at ${about.comfyui}.`
    : "Playground: no Discord, no GPU, no model runs here. A camera moves over your picture.";
  $("connection").textContent = trouble();
  offer($("person"), about.visitors.map((name) => [name, name]), me.as);
  offer($("language"), Object.entries(about.languages), me.locale);
  messages.names = { people: about.names, channels: about.channels, me: about.me };
  composer.update(about, me.locale);
}

function trouble() {
  return about.online ? "" : "The bot is offline.";
}

function offer(select, entries, chosen) {
  select.replaceChildren(...entries.map(([value, name]) => el("option", { value, selected: value === chosen }, name)));
}

function showMessage(message) {
  const isNew = !$(`m-${message.id}`);
  messages.show(message);
  if (isNew) $("spoken").textContent = `${message.author.username}: ${messages.words(message.id)}`;
}

function showUnanswered({ id, text }) {
  const now = new Date().toISOString();
  const nothing = { reactions: [], embeds: [], attachments: [], components: [], mentions: [], flags: 0 };
  messages.show({ ...nothing, id, author: about.bot, content: text, timestamp: now, only_you: true });
}

function become(change) {
  Object.assign(me, change);
  document.documentElement.dataset.language = me.locale;
  history.replaceState(null, "", `?${new URLSearchParams(me)}`);
  const before = stream;
  listen();
  before.close();
}

$("person").addEventListener("change", (event) => become({ as: event.target.value }));
$("language").addEventListener("change", (event) => become({ locale: event.target.value }));
document.documentElement.dataset.language = me.locale;
listen();
