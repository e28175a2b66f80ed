"use strict";
// The address says what is shown; keys and clicks change the address.

function readAddress() {
  const told = new URLSearchParams(location.hash.slice(1));
  for (const name of FIELDS) state[name] = told.get(name) || "";
  state.verdicts = new Set((told.get("verdict") || "").split(",").filter((name) => name in VERDICTS));
  state.cell = told.get("cell") || "";
  state.story = told.get("case") || "";
}

function address() {
  const told = new URLSearchParams();
  for (const name of FIELDS) if (state[name]) told.set(name, state[name]);
  if (state.verdicts.size) told.set("verdict", [...state.verdicts].join(","));
  if (state.cell) told.set("cell", state.cell);
  if (state.story) told.set("case", state.story);
  return `#${told}`;
}

// A filter rewrites the address in place; a story is a page of its own, to go back from.
function go(change, { step = false } = {}) {
  Object.assign(state, change);
  if (step) history.pushState(null, "", address());
  else history.replaceState(null, "", address());
  draw();
}

function draw() {
  for (const name of FIELDS) if (find(name).value !== state[name]) find(name).value = state[name];
  const one = BY_KEY.get(state.story);
  if (one) showStory(one);
  else showMatrix();
}

let leftAt = 0;
function showMatrix() {
  const returning = !find("story").hidden;
  find("story").hidden = true;
  find("overview").hidden = false;
  document.title = "Conformance";
  const focused = document.activeElement && document.activeElement.dataset ? { ...document.activeElement.dataset } : {};
  drawMatrix();
  if (state.story) find("shown").textContent = `This report has no case ${state.story}`;
  if (returning) scrollTo(0, leftAt);
  focusAgain(returning ? { story: lastStory } : focused);
}

let lastStory = "";
function focusAgain({ cell, story, verdict }) {
  const one = BY_KEY.get(story);
  const wanted = [...document.querySelectorAll("#matrix button, #tiles button")].find((button) =>
    (story && button.dataset.story === story) || (cell && button.dataset.cell === cell) || (verdict && button.dataset.verdict === verdict)) ||
    (one && [...document.querySelectorAll("button.cell")].find((button) => button.dataset.cell === cellKey(one)));
  if (wanted) {
    wanted.focus({ preventScroll: true });
    if (wanted.classList.contains("cell")) roam(wanted);
  }
}

function showStory(one) {
  if (!find(`story-${one.number}`)) { // the file is still being read, and stories stand at its end
    addEventListener("DOMContentLoaded", draw, { once: true });
    return;
  }
  if (find("story").hidden) leftAt = scrollY;
  if (!find("matrix").rows.length) drawMatrix(); // for "next", and for what is behind
  find("overview").hidden = true;
  find("story").hidden = false;
  lastStory = one.key;
  drawStory(one);
  document.title = `${VERDICTS[one.verdict].glyph} ${one.id}`;
  const list = neighbours(one);
  const place = list.indexOf(one);
  find("position").textContent = place < 0 ? "" : `${(place + 1).toLocaleString("en")} of ${list.length.toLocaleString("en")}`;
  find("back").addEventListener("click", () => go({ story: "" }, { step: true }));
  find("previous").addEventListener("click", () => step(-1));
  find("next").addEventListener("click", () => step(1));
  find("previous").disabled = place <= 0;
  find("next").disabled = place < 0 || place >= list.length - 1;
  find("story").focus({ preventScroll: true });
  scrollTo(0, 0);
}

const neighbours = (one) => visible.includes(one) ? visible : CASES;

function step(by) {
  const one = BY_KEY.get(state.story);
  if (!one) return;
  const list = neighbours(one);
  const next = list[list.indexOf(one) + by];
  if (next) go({ story: next.key });
}

function clicked(event) {
  const button = event.target.closest("button");
  if (!button) return;
  const { verdict, cell, story } = button.dataset;
  if (verdict) {
    const verdicts = new Set(state.verdicts);
    if (!verdicts.delete(verdict)) verdicts.add(verdict);
    go({ verdicts });
  } else if (story) {
    go({ story }, { step: true });
  } else if (cell) {
    const cases = visible.filter((one) => cellKey(one) === cell);
    if (cases.length === 1) go({ story: cases[0].key }, { step: true });
    else go({ cell: state.cell === cell ? "" : cell });
  }
}

// One cell of the matrix is in the order of the Tab key; the arrows move within it.
function roam(button) {
  for (const other of document.querySelectorAll('button.cell[tabindex="0"]')) other.tabIndex = -1;
  button.tabIndex = 0;
}

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
function arrowed(event) {
  const cell = event.target.closest("button.cell");
  const move = MOVES[event.key];
  if (!cell || !move) return;
  event.preventDefault();
  const lines = [...find("matrix").querySelectorAll("tbody tr:not(.family):not(.variants)")];
  let line = lines.indexOf(cell.closest("tr"));
  let column = cell.parentElement.cellIndex;
  for (;;) {
    line += move[0];
    column += move[1];
    const next = lines[line] && lines[line].cells[column];
    if (!next) return;
    const button = next.querySelector("button.cell");
    if (button) {
      roam(button);
      button.focus();
      return;
    }
  }
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "Escape") {
    if (state.story) go({ story: "" }, { step: true });
    else if (typing && state.q) go({ q: "" });
  } else if (typing) return;
  else if (event.key === "/" && !state.story) {
    event.preventDefault();
    find("q").focus();
  } else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
}

const THEMES = ["auto", "light", "dark"];
function paint(theme) {
  document.documentElement.dataset.theme = theme;
  find("theme").textContent = { auto: "◐ auto", light: "☀ light", dark: "☾ dark" }[theme];
  find("theme").setAttribute("aria-label", `Colours: ${theme}`);
}
function remembered() {
  try {
    return localStorage.getItem("harness-theme") || "auto";
  } catch {
    return "auto"; // a page opened from disk may have no storage
  }
}
function turnTheme() {
  const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
  paint(next);
  try {
    localStorage.setItem("harness-theme", next);
  } catch {
    // then it holds until the page is closed
  }
}

function options(id, values, all) {
  find(id).replaceChildren(make("option", { value: "" }, all), ...[...new Set(values)].filter(Boolean).sort().map((name) => make("option", { value: name }, name.replaceAll("_", " "))));
}

options("family", INDEX.scenarios.map((one) => one.family), "all");
options("wire", INDEX.columns.map((one) => one[1]), "all");
options("provider", INDEX.columns.map((one) => one[0]), "all");
options("target", TARGETS, "all");
find("target-label").hidden = !COMPARING;
find("lead").textContent = [many(CASES.length, "case"), many(INDEX.scenarios.length, "scenario"), many(new Set(INDEX.columns.map((one) => one[0])).size, "provider"), COMPARING || !TARGETS[0] ? many(TARGETS.length, "target") : `target ${TARGETS[0]}`].join(" · ");
paint(THEMES.includes(remembered()) ? remembered() : "auto");
find("theme").addEventListener("click", turnTheme);
find("filters").addEventListener("submit", (event) => event.preventDefault());
for (const kind of ["input", "change"]) {
  find("filters").addEventListener(kind, ({ target }) => {
    if (state[target.id] !== target.value) go({ [target.id]: target.value });
  });
}
find("filters").addEventListener("reset", (event) => {
  event.preventDefault();
  go({ q: "", family: "", wire: "", provider: "", target: "", verdicts: new Set(), cell: "" });
});
find("overview").addEventListener("click", clicked);
find("matrix").addEventListener("keydown", arrowed);
document.addEventListener("keydown", pressed);
for (const name of ["popstate", "hashchange"]) addEventListener(name, () => { readAddress(); draw(); });
readAddress();
draw();
