// The parts of a message: files, embeds, buttons and the cards of Components V2.

import { el, fragment } from "./dom.js";
import { markdown } from "./markdown.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) target.pause();
    else wake(target);
  }
});

function wake(video) {
  if (!video.src) video.src = video.dataset.src;
  if (!calm.matches) video.play().catch(() => {}); // a browser may refuse: the controls are there
}

/** A file: a video that plays once it is in sight, a picture, or a link. */
export function file(attachment) {
  const type = attachment.content_type ?? "";
  if (type.startsWith("video/")) return video(attachment);
  if (type.startsWith("image/")) return picture(attachment);
  return el("a", { href: attachment.url, download: attachment.filename }, `📎 ${attachment.filename}`);
}

function video({ url, width, height, description, filename }) {
  const attributes = { width, height, controls: true, loop: true, playsinline: true, preload: "metadata" };
  const node = el("video", { ...attributes, "data-src": url, "aria-label": description ?? filename });
  node.muted = true;
  watcher.observe(node);
  return node;
}

function picture({ url, width, height, description, filename }) {
  return el("img", { src: url, width, height, alt: description ?? filename ?? "", loading: "lazy" });
}

export function embed(data, names) {
  const text = (words, attributes) => words && el("p", attributes, markdown(words, names));
  const fields = (data.fields ?? []).map(({ name, value }) =>
    fragment(el("dt", {}, markdown(name, names)), el("dd", {}, markdown(value, names))),
  );
  const card = el(
    "article",
    { class: "card" },
    text(data.author?.name, { class: "faint" }),
    text(data.title, { class: "title" }),
    text(data.description),
    fields.length ? el("dl", {}, fields) : null,
    [data.image, data.thumbnail].map((each) => each && picture(each)),
    text(data.footer?.text, { class: "faint" }),
  );
  return coloured(card, data.color);
}

function coloured(card, colour) {
  if (colour != null) card.style.setProperty("--edge", `#${colour.toString(16).padStart(6, "0")}`);
  return card;
}

// Components by Discord's number of their type; `context` has `names` and `press(custom_id)`.
const COMPONENTS = {
  1: (data, context) => el("div", { class: "buttons" }, components(data.components, context)),
  2: button,
  9: (data, context) => {
    const words = el("div", {}, components(data.components, context));
    return el("div", { class: "section" }, words, component(data.accessory, context));
  },
  10: (data, { names }) => el("div", { class: "text" }, markdown(data.content, names)),
  11: ({ media, description }) => picture({ ...media, description }),
  12: ({ items }) => {
    const shown = items.map(({ media, description }) => file({ ...media, description }));
    return el("div", { class: "files" }, shown);
  },
  13: (data) => file(data.file),
  14: () => el("hr"),
  17: (data, context) =>
    coloured(el("article", { class: "card" }, components(data.components, context)), data.accent_color),
};

export function components(list, context) {
  return (list ?? []).map((data) => component(data, context));
}

function component(data, context) {
  return COMPONENTS[data?.type]?.(data, context);
}

function button({ label, emoji, url, style, disabled, custom_id }, { press }) {
  const words = [emoji?.name, label].filter(Boolean).join(" ");
  if (url) return el("a", { class: "button", href: url, target: "_blank", rel: "noopener noreferrer" }, words);
  return el("button", { type: "button", disabled, "data-style": style, click: () => press(custom_id) }, words);
}
