"use strict";
// Everything that came over a wire reaches the page through here, as text and never as markup.

const VERDICTS = {
  failed: { glyph: "✕", says: "failed" },
  errored: { glyph: "!", says: "errored" },
  stale: { glyph: "◇", says: "known failure that passes" },
  known: { glyph: "◆", says: "known failure" },
  warned: { glyph: "▲", says: "passed with a warning" },
  passed: { glyph: "✓", says: "passed" },
  untestable: { glyph: "·", says: "untestable" },
};
const WORST = ["errored", "failed", "stale", "known", "warned", "passed", "untestable"];

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : wellFormed(String(value)));
  }
  add(node, children);
  return node;
}

function add(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child instanceof Node ? child : document.createTextNode(wellFormed(String(child))));
  }
}

// Half of a surrogate pair is a string in JSON, and no text.
const wellFormed = (text) => (text.toWellFormed ? text.toWellFormed() : text);

const find = (id) => document.getElementById(id);

function badge(verdict) {
  const told = VERDICTS[verdict];
  return make("span", { class: `badge ${verdict}` }, make("span", { "aria-hidden": "true" }, told.glyph), " ", told.says);
}

// Links are made of http(s) addresses only; anything else stays text.
function link(text) {
  if (!/^https?:\/\/\S+$/.test(text)) return document.createTextNode(text);
  const short = text.replace(/^https?:\/\/(www\.)?/, "");
  return make("a", { href: text, rel: "noreferrer noopener", target: "_blank" }, short);
}

function seconds(value) {
  if (value === null || value === undefined) return "";
  const digits = value === 0 ? 0 : value < 1 ? 3 : value < 10 ? 2 : 1;
  return `${value.toFixed(digits)} s`;
}

const many = (count, one, more) => `${count.toLocaleString("en")} ${count === 1 ? one : more || one + "s"}`;
