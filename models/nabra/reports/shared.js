// What every page shares. Everything that comes from the input reaches the page as text nodes, never as markup.
"use strict";

const page = JSON.parse(document.getElementById("data").textContent);
const words = page.words;
const locale = page.lang === "ar" ? "ar-u-ca-gregory-nu-latn" : "en-GB";
const PALETTE = 8; // colours in shared.css

const $ = (selector) => document.querySelector(selector);

// ---- Making elements ----

/** An element; `text` is its text, `on…` a listener, anything else an attribute, left out if null or false. */
function el(tag, properties = {}, ...children) {
  return dress(document.createElement(tag), properties, children);
}

function dress(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === false || value === undefined) continue;
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const directionOf = (text) => (/[\u0600-\u06ff]/.test(text) ? { dir: "rtl", lang: "ar" } : { dir: "auto" });

/** An element that holds text of the input, in its own direction and isolated from what is around it. */
function quoted(tag, text, properties = {}) {
  return el(tag, { ...directionOf(text), ...properties, class: `quoted ${properties.class ?? ""}`, text });
}

/** A sentence of the interface with its {places} filled. */
function say(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

const numbers = new Intl.NumberFormat(locale);
const percents = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
const dates = {
  day: new Intl.DateTimeFormat(locale, { year: "numeric", month: "short", day: "numeric", timeZone: "UTC" }),
  month: new Intl.DateTimeFormat(locale, { year: "numeric", month: "short", timeZone: "UTC" }),
  year: new Intl.DateTimeFormat(locale, { year: "numeric", timeZone: "UTC" }),
};
dates.week = dates.day;

const showNumber = (number) => numbers.format(number);
const showShare = (part, whole) => percents.format(whole ? part / whole : 0);
const showDate = (day, unit = "day") => (day ? dates[unit].format(new Date(day)) : "–");
const colour = (tone) => tone % PALETTE;
const sum = (counts) => counts.reduce((total, count) => total + count, 0);
const titleOf = (article) => article.title ?? article.id;

// ---- Pieces that several places draw ----

/** A name and its value, for a list of figures. */
const figure = (name, value) => el("div", {}, el("dt", { text: name }), el("dd", {}, el("bdi", { text: value })));

/** A tone's name on its colour. */
function toneLabel(tone, properties = {}) {
  return el("span", { class: "tag", "data-tone": colour(tone), text: page.tones[tone], ...properties });
}

/** Date, source and topic of an article. */
function byline(article) {
  const parts = [];
  if (article.day) parts.push(el("span", { dir: document.dir, text: showDate(article.day) }));
  else if (article.date) parts.push(quoted("span", article.date));
  for (const text of [article.source, article.topic]) if (text) parts.push(quoted("span", text));
  return el("div", { class: "byline" }, ...parts);
}

/** The title of an article in the drawer. */
function heading(article) {
  const title = quoted("h2", titleOf(article), { id: "drawer-title", tabindex: -1 });
  return el("div", { dir: directionOf(article.sentences[0].text).dir }, title, byline(article));
}

/** A paragraph of the input's text; each layer, [tag, ranges, class], wraps an element round what lies in its ranges. */
function marked(text, ...layers) {
  const cuts = [...new Set([0, text.length, ...layers.flatMap(([, ranges]) => ranges.flat())])].sort((a, b) => a - b);
  const paragraph = quoted("p", "", directionOf(text)); // its text comes in pieces
  cuts.slice(0, -1).forEach((start, i) => {
    let piece = document.createTextNode(text.slice(start, cuts[i + 1]));
    for (const [tag, ranges, name] of layers) {
      if (ranges.some(([first, last]) => first <= start && start < last)) piece = el(tag, { class: name }, piece);
    }
    paragraph.append(piece);
  });
  return paragraph;
}

/** Buttons to the pages of a section's list; `go` draws another, which is then read from its heading. */
function showPager(nav, pageNumber, size, total, go) {
  const section = nav.closest("section");
  const turn = (target) => {
    go(target);
    section.scrollIntoView();
    section.querySelector("h2").focus({ preventScroll: true });
  };
  const last = Math.max(0, Math.ceil(total / size) - 1);
  const values = { from: showNumber(pageNumber * size + 1), to: showNumber(Math.min(total, (pageNumber + 1) * size)) };
  const step = (word, target, off) =>
    el("button", { type: "button", text: word, "aria-disabled": off ? "true" : null, onclick: () => !off && turn(target) });
  nav.hidden = total <= size;
  nav.replaceChildren(
    step(words.previous, pageNumber - 1, pageNumber === 0),
    el("span", { text: say(words.position, { ...values, total: showNumber(total) }) }),
    step(words.next, pageNumber + 1, pageNumber === last),
  );
}

// ---- The drawer: something to look at closely, and the way back ----

const drawer = $("#drawer");
let trail = []; // what the drawer shows, and showed before

/** Show something in the drawer; `back` leads to what it showed before. */
function openDrawer(draw) {
  if (drawer.open) trail.push(draw);
  else trail = [draw];
  showTrail();
  if (!drawer.open) drawer.showModal();
  drawer.scrollTop = 0;
  $("#drawer-title").focus();
}

function showTrail() {
  $("#back").hidden = trail.length < 2;
  $("#drawer-body").replaceChildren(...trail.at(-1)().filter(Boolean));
}

$("#close").addEventListener("click", () => drawer.close());
$("#back").addEventListener("click", () => {
  trail.pop();
  showTrail();
  $("#drawer-title").focus();
});
drawer.addEventListener("click", (event) => event.target === drawer && drawer.close());
