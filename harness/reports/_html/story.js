"use strict";
// What one case was, where it went wrong, and how to see it again.

const stories = new Map();

function storyOf(number) {
  if (!stories.has(number)) stories.set(number, JSON.parse(find(`story-${number}`).textContent));
  return stories.get(number);
}

function drawStory(one) {
  const told = storyOf(one.number);
  const must = told.violations.filter((violation) => violation.level === "must");
  const target = COMPARING ? make("span", { class: "chip" }, one.target) : null;
  const others = COMPARING ? CASES.filter((other) => other.id === one.id && other !== one) : [];
  const parts = [
    make("nav", { class: "story-nav", "aria-label": "Story" },
      make("button", { type: "button", class: "quiet", id: "back" }, "← matrix"),
      make("span", { class: "dim", id: "position" }),
      make("button", { type: "button", class: "quiet", id: "previous" }, "previous"),
      make("button", { type: "button", class: "quiet", id: "next" }, "next")),
    make("h2", { id: "story-title" }, badge(one.verdict), " ", one.scenario.title || one.scenario.id),
    make("p", { class: "id" }, target, make("span", { class: "chip" }, one.provider), make("span", { class: "chip" }, one.wire), make("span", { class: "chip" }, one.scenario.family.replaceAll("_", " ")), make("code", {}, one.id),
      others.map((other) => make("button", { type: "button", class: "quiet other", onclick: () => go({ story: other.key }, { step: true }) }, "the same, by ", other.target, ": ", VERDICTS[other.verdict].glyph, " ", VERDICTS[other.verdict].says))),
    drawWhy(told.why),
    told.known ? make("p", { class: "known-note" }, one.verdict === "stale" ? "A known failure that passes now: " : "A known failure: ", link(told.known)) : null,
    told.violations.length ? drawViolations(told.violations) : null,
    told.reason ? make("pre", { class: "reason" }, told.reason) : null,
  ];
  if (told.trace) {
    told.trace.turns.forEach((turn, number) => parts.push(drawTurn(turn, number, told, must)));
    for (const index of told.trace.unplayed) parts.push(make("p", { class: "row-bad" }, `Exchange ${index} of the tape was left unplayed.`));
  }
  parts.push(drawReplay(told));
  find("story").replaceChildren(...parts.filter(Boolean));
}

function drawWhy(whys) {
  const list = Array.isArray(whys) ? whys : [whys];
  return make("ul", { class: "why" }, list.map((why) => {
    const source = why.bug || why.spec || why.doc || "";
    const kind = why.bug ? "bug" : why.spec ? "specification" : "documentation";
    return make("li", {}, why.says, " ", make("span", { class: "dim" }, kind, ": "), link(source));
  }));
}

function drawViolations(violations) {
  return make("ul", { class: "violations", "aria-label": "What does not hold" }, violations.map((one) => make("li", { class: one.level },
    make("span", { class: `level ${one.level}` }, one.level.toUpperCase()), " ", make("span", { class: "sentence" }, one.sentence), " ", make("code", {}, one.invariant), one.turn ? ` in turn ${one.turn + 1}` : "")));
}

function drawTurn(turn, number, told, must) {
  const several = told.trace.turns.length > 1;
  const here = told.violations.filter((one) => one.turn === null || one.turn === number);
  const last = turn.exchanges.filter((exchange) => exchange.answer).at(-1);
  const bad = must.some((one) => one.field === "outcome" && (one.turn === null || one.turn === number));
  return make("section", { class: "turn" },
    several ? make("h3", {}, `Turn ${number + 1}`) : null,
    drawAsk(turn.ask),
    turn.report ? drawComparison(turn, here) : make("p", { class: "row-bad" }, "Nothing was reported of this turn."),
    turn.exchanges.length ? make("h4", {}, "The wire, and what was reported of it ", drawWhole()) : null,
    turn.exchanges.map((exchange, place) => drawExchange(exchange, place, turn.exchanges.length, bad && exchange === last, exchange === last && turn.report ? turn.report.outcome : null)));
}

function drawWhole() {
  return make("button", { type: "button", class: "quiet whole-frames", "aria-pressed": String(Boolean(state.whole)), onclick: () => {
    state.whole = !state.whole;
    for (const table of document.querySelectorAll(".waterfall")) table.classList.toggle("whole", state.whole);
    for (const button of document.querySelectorAll(".whole-frames")) button.setAttribute("aria-pressed", String(state.whole));
  } }, "whole frames");
}

function drawAsk(ask) {
  const message = ask.messages.at(-1) || {};
  const text = typeof message.content === "string" ? message.content : JSON.stringify(message.content);
  const tools = (ask.tools || []).map((tool) => tool.function ? tool.function.name : tool.name).filter(Boolean);
  return make("details", { class: "ask" }, make("summary", {}, make("span", { class: "dim" }, `${message.role || "asked"}: `), make("q", {}, text),
    tools.length ? make("span", { class: "dim" }, ` with ${tools.length > 1 ? "tools" : "tool"} ${tools.join(", ")}`) : null, make("span", { class: "dim" }, ask.stream ? ", streamed" : ", whole")),
    make("pre", {}, JSON.stringify(ask, null, 2)));
}

// Rows: what the reply means undamaged, what arrived of it, what the target made of it.
function drawComparison(turn, violations) {
  const outcome = turn.report.outcome, response = outcome.response || {}, meant = turn.meant, arrived = turn.arrived || {};
  const failure = outcome.failure ? `${outcome.failure.status || ""} ${outcome.failure.type || outcome.failure.kind}: ${outcome.failure.message}`.trim() : "";
  const ended = arrived.status === null ? "no status" : arrived.ending === undefined ? "" : `${arrived.status}, ${arrived.ending}`;
  const rows = [
    ["outcome", meant ? "a whole reply" : "", ended, [outcome.kind, failure, ...outcome.dropped.map((name) => `dropped: ${name}`), ...outcome.warnings].filter(Boolean).join("\n")],
    ["content", meant && meant.content, arrived.text || arrived.body, response.content],
    ["reasoning", meant && meant.reasoning, arrived.reasoning, response.reasoning],
    ["calls", meant && calls(meant.tool_calls), (arrived.calls || []).map((call) => `${call.names.join(" | ")}(${call.arguments})`).join("\n"), calls(response.tool_calls)],
    ["finish", meant && meant.finish_reason, arrived.finish, response.finish_reason],
    ["usage", meant && usage(meant.usage), arrived.usage, usage(response.usage)],
  ];
  const sent = violations.filter((one) => one.field === "sent");
  return make("table", { class: "comparison" },
    make("thead", {}, make("tr", {}, ["", "was meant", "arrived", "was reported"].map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, rows.map(([field, ...values]) => drawField(field, values, violations)),
      sent.length ? make("tr", { class: "wrong" }, make("th", { scope: "row" }, "requests"), make("td", { colspan: 3 }, complaints(sent))) : null));
}

function drawField(field, [meant, arrived, reported], violations) {
  const own = violations.filter((one) => one.field === field);
  if (!own.length && ![meant, arrived, reported].some(Boolean)) return null;
  const differs = own.length && meant && reported && field !== "outcome" ? mark(String(reported), String(meant)) : value(reported);
  return make("tr", { class: own.some((one) => one.level === "must") ? "wrong" : own.length ? "doubtful" : "" },
    make("th", { scope: "row" }, field), make("td", {}, value(meant)), make("td", {}, value(arrived)), make("td", {}, differs, complaints(own)));
}

const value = (text) => text ? make("code", { class: "value" }, text) : make("span", { class: "dim" }, "–");
const complaints = (list) => {
  const once = [...new Map(list.map((one) => [one.invariant, one])).values()];
  return once.length ? make("ul", { class: "complaints" }, once.map((one) => make("li", { class: one.level, title: one.sentence }, one.level === "must" ? "✕ " : "▲ ", one.invariant.replaceAll("_", " ")))) : null;
};
const calls = (list) => (list || []).map((call) => `${call.name}(${call.arguments})`).join("\n");
const usage = (counts) => counts ? Object.entries(counts).filter(([, count]) => count !== null).map(([name, count]) => `${name.replace("_tokens", "")} ${count}`).join(", ") : "";

// The first character that differs, and all after it that is not common to both ends.
function mark(reported, meant) {
  let start = 0;
  while (start < reported.length && reported[start] === meant[start]) start += 1;
  let end = 0;
  while (end < reported.length - start && end < meant.length - start && reported.at(-1 - end) === meant.at(-1 - end)) end += 1;
  const middle = reported.slice(start, reported.length - end);
  return make("code", { class: "value" }, reported.slice(0, start), middle ? make("mark", { class: "differs" }, middle) : null, end ? reported.slice(-end) : "");
}

function drawReplay(told) {
  const command = told.replay;
  const copy = make("button", { type: "button", class: "quiet", onclick: () => copyText(command, copy) }, "copy");
  return make("p", { class: "replay" }, make("span", { class: "dim" }, "Replay it: "), make("code", {}, command), " ", copy);
}

async function copyText(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling);
    button.textContent = "selected";
  }
}
