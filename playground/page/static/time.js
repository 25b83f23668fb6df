// Moments: Discord's `<t:…>` and the times of messages. Relative ones tick.

import { el } from "./dom.js";
import { language } from "./words.js";

const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};
const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3600], ["minute", 60]];

/** A `<time>` for seconds since 1970, in one of Discord's styles. */
export function moment(seconds, style = "f") {
  const full = say(seconds, "F");
  const attributes = { datetime: new Date(seconds * 1000).toISOString(), title: full, "data-style": style };
  return el("time", attributes, say(seconds, style));
}

function say(seconds, style) {
  if (style === "R") return relative(seconds - Date.now() / 1000);
  return new Intl.DateTimeFormat(language(), STYLES[style]).format(seconds * 1000);
}

function relative(distance) {
  const [unit, length] = UNITS.find(([, each]) => Math.abs(distance) >= each) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(language(), { numeric: "auto" }).format(Math.round(distance / length), unit);
}

setInterval(() => {
  for (const time of document.querySelectorAll('time[data-style="R"]')) {
    const words = say(Date.parse(time.dateTime) / 1000, "R");
    if (time.textContent !== words) time.textContent = words;
  }
}, 1000);
