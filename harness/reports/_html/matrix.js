"use strict";
// Scenario by column: a square is the worst of its cases, and opens to all of them.

const INDEX = JSON.parse(find("index").textContent);
const CASES = INDEX.cases.map(([row, column, fault, verdict, took, broken], number) => {
  const scenario = INDEX.scenarios[row];
  const [provider, wire, target] = INDEX.columns[column];
  const id = `${scenario.id}[${provider}-${wire}-${fault}]`;
  const text = `${id} ${scenario.title} ${scenario.family} ${verdict} ${broken.join(" ")}`.toLowerCase();
  return { number, row, column, fault, verdict, took, broken, scenario, provider, wire, target, id, text };
});
const TARGETS = [...new Set(INDEX.columns.map((column) => column[2]))];
const COMPARING = TARGETS.length > 1;
// What a case is called in an address: two targets may have been given the same case.
for (const one of CASES) one.key = COMPARING ? `${one.target}:${one.id}` : one.id;
const BY_KEY = new Map(CASES.map((one) => [one.key, one]));

const FIELDS = ["q", "family", "wire", "provider", "target"];
const state = { whole: false, q: "", family: "", wire: "", provider: "", target: "", verdicts: new Set(), cell: "", story: "" };
let visible = CASES;

function matches(one, words) {
  return (
    (!state.family || one.scenario.family === state.family) &&
    (!state.wire || one.wire === state.wire) &&
    (!state.provider || one.provider === state.provider) &&
    (!state.target || one.target === state.target) &&
    words.every((word) => one.text.includes(word))
  );
}

function drawTiles(before) {
  const counts = Object.fromEntries(WORST.map((verdict) => [verdict, 0]));
  for (const one of before) counts[one.verdict] += 1;
  const shown = ["passed", "warned", "failed", "errored", "known", "untestable"];
  if (CASES.some((one) => one.verdict === "stale")) shown.splice(4, 0, "stale"); // there is none in most runs
  find("tiles").replaceChildren(
    ...shown.map((verdict) =>
      make(
        "button",
        {
          type: "button", class: `tile ${verdict}${counts[verdict] ? "" : " none"}`, "data-verdict": verdict,
          "aria-pressed": String(state.verdicts.has(verdict)),
        },
        make("b", {}, counts[verdict].toLocaleString("en")),
        make("span", {}, make("i", { "aria-hidden": "true" }, VERDICTS[verdict].glyph), ` ${VERDICTS[verdict].says}`),
      ),
    ),
  );
}

function drawMatrix() {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const before = CASES.filter((one) => matches(one, words));
  visible = state.verdicts.size ? before.filter((one) => state.verdicts.has(one.verdict)) : before;
  drawTiles(before);
  const cells = new Map();
  const families = new Map();
  const used = new Set();
  for (const one of visible) {
    const key = `${one.row}|${one.column}`;
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(one);
    used.add(one.column);
    const family = one.scenario.family || "other";
    if (!families.has(family)) families.set(family, new Set());
    families.get(family).add(one.row);
  }
  const columns = INDEX.columns.map((_, number) => number).filter((number) => used.has(number));
  columns.sort(byName);
  const table = find("matrix");
  table.replaceChildren(drawHead(columns));
  for (const [family, rows] of [...families].sort(([a], [b]) => (a < b ? -1 : 1))) {
    table.append(drawFamily(family, rows, columns, cells));
  }
  const shown = find("shown");
  shown.textContent = visible.length === CASES.length ? many(CASES.length, "case") : `${many(visible.length, "case")} of ${CASES.length.toLocaleString("en")}`;
  find("scroll").classList.toggle("empty", visible.length === 0);
  const first = table.querySelector("button.cell");
  if (first) first.tabIndex = 0;
}

function byName(a, b) {
  const one = INDEX.columns[a], other = INDEX.columns[b];
  for (const part of [1, 0]) if (one[part] !== other[part]) return one[part] < other[part] ? -1 : 1;
  return a - b; // targets stay in the order in which they were judged
}

function drawHead(columns) {
  const heads = columns.map((number) => {
    const [provider, wire, target] = INDEX.columns[number];
    return make("th", { scope: "col" }, make("span", {}, COMPARING ? target : provider), make("small", {}, COMPARING ? `${provider} · ${wire}` : wire));
  });
  return make("thead", {}, make("tr", {}, make("th", { scope: "col", class: "corner" }, "Scenario"), heads));
}

function drawFamily(family, rows, columns, cells) {
  const body = make("tbody", {}, make("tr", { class: "family" }, make("th", { scope: "rowgroup", colspan: columns.length + 1 }, make("span", {}, family.replaceAll("_", " ")))));
  for (const row of rows) {
    const scenario = INDEX.scenarios[row];
    const line = make("tr", {}, make("th", { scope: "row" }, make("span", { class: "title" }, scenario.title || scenario.id), make("code", {}, scenario.id)));
    let open = null;
    for (const column of columns) {
      const cases = cells.get(`${row}|${column}`);
      line.append(make("td", {}, cases ? drawCell(cases) : null));
      if (cases && state.cell === cellKey(cases[0])) open = cases;
    }
    body.append(line);
    if (open) body.append(drawVariants(open, columns.length + 1));
  }
  return body;
}

const cellKey = (one) => `${one.scenario.id}|${INDEX.columns[one.column].filter(Boolean).join("|")}`;

// A square that says the same as before is the same square: a keystroke makes few new ones.
const drawn = new Map();
function drawCell(cases) {
  const worst = WORST.find((verdict) => cases.some((one) => one.verdict === verdict));
  const bad = cases.filter((one) => one.verdict === worst).length;
  const share = bad === cases.length ? String(bad) : `${bad}/${cases.length}`;
  const one = cases[0];
  const memo = [cellKey(one), worst, share, cases.length, state.cell === cellKey(one)].join("\n");
  if (!drawn.has(memo)) drawn.set(memo, makeCell(cases, worst, bad, share));
  const button = drawn.get(memo);
  button.tabIndex = -1;
  return button;
}

function makeCell(cases, worst, bad, share) {
  const one = cases[0];
  const who = COMPARING ? `${one.target}, ${one.provider}` : one.provider;
  const says = `${who}: ${bad} of ${many(cases.length, "case")} ${VERDICTS[worst].says}`;
  return make(
    "button",
    { type: "button", class: `cell ${worst}`, tabindex: "-1", "data-cell": cellKey(one), "aria-label": says, title: says, "aria-expanded": cases.length > 1 ? String(state.cell === cellKey(one)) : null },
    make("span", { "aria-hidden": "true" }, VERDICTS[worst].glyph),
    cases.length > 1 ? make("small", { "aria-hidden": "true" }, share) : null,
  );
}

function drawVariants(cases, width) {
  const sorted = [...cases].sort((a, b) => WORST.indexOf(a.verdict) - WORST.indexOf(b.verdict) || a.number - b.number);
  const who = COMPARING ? `${cases[0].target}, ${cases[0].provider}` : cases[0].provider;
  return make("tr", { class: "variants" }, make("td", { colspan: width },
    make("p", {}, `${cases[0].scenario.id}, ${who}: ${many(cases.length, "case")}`),
    make("ul", {}, sorted.map((one) => make("li", {}, make("button", { type: "button", class: `variant ${one.verdict}`, "data-story": one.key },
      make("span", { "aria-hidden": "true" }, VERDICTS[one.verdict].glyph), make("code", {}, one.fault), make("small", {}, one.broken.length ? one.broken.join(", ") : VERDICTS[one.verdict].says)))))));
}
