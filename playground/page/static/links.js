// Links: those to messages stay inside the page, and none leads to the real Discord.

import { el } from "./dom.js";
import { t } from "./words.js";

const DISCORD = /^https?:\/\/(?:[\w-]+\.)*(?:discord(?:app)?\.com|discord\.gg)(?![\w.-])/i;
const PLACE = /^https?:\/\/(?:[\w-]+\.)*discord(?:app)?\.com\/channels\/(?:\d+|@me)\/(\d+)(?:\/(\d+))?\/?(?:[?#].*)?$/i;

/** A link, with these words if there are any; a button if `attributes` says so by its class. */
export function link(url, words, names, attributes = {}) {
  const place = PLACE.exec(url);
  if (place) return jump(place[1], place[2], words, names, attributes);
  if (DISCORD.test(url)) return el("span", attributes, words ?? url);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer", ...attributes }, words ?? url);
}

function jump(channel, message, words, names, attributes) {
  const named = names.channels[channel] ?? t("unknown");
  const spoken = words ?? (message ? t("jump", { channel: named }) : `#${named}`);
  const href = message ? `#m-${message}` : "#messages";
  return el("a", { href, class: words ? null : "mention", "data-channel": channel, ...attributes }, spoken);
}
