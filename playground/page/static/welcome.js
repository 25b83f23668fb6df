// What the page shows before anything was asked for: a finished clip, and samples to try.

import { el } from "./dom.js";
import { language, t } from "./words.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");

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
  const video = el("video", { src: "/playground/example.mp4", controls: true, loop: true, playsinline: true, "aria-label": prompt });
  video.muted = true;
  video.autoplay = !calm.matches;
  return el(
    "div",
    { class: "finished" },
    el("figure", {}, picture(0), el("figcaption", {}, t("before"))),
    el("p", { class: "arrow" }, el("q", {}, prompt), el("span", { "aria-hidden": "true" }, "→")),
    el("figure", {}, video, el("figcaption", {}, t("after"))),
  );
}

function picture(number) {
  return el("img", { src: `/playground/sample/${number}.png`, alt: "", width: 1024, height: 768 });
}
