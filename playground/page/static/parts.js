// The parts of a message that show something: files, pictures, videos and embeds.

import { el, fragment } from "./dom.js";
import { markdown } from "./markdown.js";
import { t } from "./words.js";

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

const IS_SPOILER = 1 << 3;

/** A file: a video that plays once it is in sight, a picture, or a link; veiled if it is a spoiler. */
export function file(attachment) {
  const node = shown(attachment);
  return attachment.flags & IS_SPOILER ? veiled(node) : node;
}

/** What one sees only after a click. */
export function veiled(node) {
  return el("details", { class: "veil" }, el("summary", {}, t("spoiler")), node);
}

function shown(attachment) {
  const type = attachment.content_type ?? "";
  if (type.startsWith("video/")) return video(attachment);
  if (type.startsWith("image/")) return picture(attachment);
  return el("a", { href: attachment.url, download: attachment.filename }, `📎 ${attachment.filename}`);
}

/** A video, muted and again and again, fetched and played while it is in sight. */
export function video({ url, width, height, description, filename }) {
  const attributes = { width, height, controls: true, loop: true, playsinline: true, preload: "metadata" };
  const node = el("video", { ...attributes, "data-src": url, "aria-label": description ?? filename });
  node.muted = true;
  watcher.observe(node);
  return node;
}

/** A picture; one that is described says so to those who look, too. */
export function picture({ url, width, height, description, filename }) {
  const image = el("img", { src: url, width, height, alt: description ?? filename ?? "", loading: "lazy" });
  if (!description) return image;
  return el("span", { class: "described" }, image, el("span", { class: "alt", title: description, "aria-hidden": "true" }, t("alt")));
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

/** A card with Discord's colour on its edge. */
export function coloured(card, colour) {
  if (colour != null) card.style.setProperty("--edge", `#${colour.toString(16).padStart(6, "0")}`);
  return card;
}
