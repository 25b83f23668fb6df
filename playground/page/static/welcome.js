// What the page shows before anything was asked for: a finished clip, and samples to try.

import { el } from "./dom.js";
import { video } from "./parts.js";
import { language, t } from "./words.js";

export class Welcome {
  #place;
  #start;
  #drawn = "";

  /** Draws into `place`; `start(number)` animates a sample. */
  constructor(place, start) {
    this.#place = place;
    this.#start = start;
  }

  update({ samples, example }) {
    const drawn = JSON.stringify([samples, example, language()]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const shown = example && samples.length ? finished(samples[0]) : null;
    this.#place.replaceChildren(...[shown, samples.length ? this.#offer(samples) : null].filter(Boolean));
  }

  #offer(samples) {
    const buttons = samples.map(({ title }, number) => {
      const attributes = { type: "button", class: "sample", "aria-label": t("try_sample", { title }) };
      const click = () => this.#start(number);
      return el("button", { ...attributes, click }, picture(number), el("span", {}, title));
    });
    const words = el("p", {}, el("b", {}, t("tap_sample")), " ", t("own_picture"));
    return el("div", { class: "offer" }, words, el("div", { class: "samples" }, buttons));
  }
}

function finished({ prompt }) {
  const clip = video({ url: "/playground/example.mp4", width: 640, height: 480, description: prompt });
  clip.poster = "/playground/sample/0.png";
  return el(
    "div",
    { class: "finished" },
    el("figure", {}, picture(0), el("figcaption", {}, t("before"))),
    el("p", { class: "arrow" }, el("q", {}, prompt), el("span", { "aria-hidden": "true" }, "→")),
    el("figure", {}, clip, el("figcaption", {}, t("after"))),
  );
}

function picture(number) {
  return el("img", { src: `/playground/sample/${number}.png`, alt: "", width: 1024, height: 768 });
}
