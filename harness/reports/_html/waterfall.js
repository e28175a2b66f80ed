"use strict";
// One exchange in time: each frame of the wire, and beside it what the target reported of it.

const ENDINGS = {
  complete: "the server ended the body",
  eof: "closed early: no terminator ever came",
  reset: "the connection was reset",
  stall: "nothing more came, and nobody closed",
  client_closed: "the client left first",
};
const FIRST_ROWS = 60;

// `outcome` is what was reported in the end, if this is the last exchange of its turn.
function drawExchange(exchange, number, total, bad, outcome) {
  const answer = exchange.answer;
  const head = make("div", { class: "exchange-head" },
    make("span", { class: "when" }, `+${seconds(exchange.at) || "0 s"}`),
    make("strong", {}, total > 1 ? `request ${number + 1} of ${total}: ` : "", exchange.method, " ", exchange.url));
  const box = make("section", { class: "exchange" }, head, drawRequest(exchange));
  if (!answer) {
    box.append(make("p", { class: "row-bad" }, "No exchange of the tape expects this request."), make("pre", {}, exchange.difference));
    return box;
  }
  box.append(drawWaterfall(answer, bad, outcome));
  return box;
}

function drawRequest(exchange) {
  return make("details", { class: "request" }, make("summary", {}, "the request, as it was sent"),
    make("pre", {}, exchange.headers.map(([name, value]) => `${name}: ${value}\n`), "\n", pretty(exchange.body)));
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function drawWaterfall(answer, bad, outcome) {
  const lastEvent = Math.max(0, ...answer.after.map((event) => event[2] || 0));
  const spread = Math.max(answer.end_at, lastEvent);
  const timed = spread > 0.0005;
  const scale = (row) => timed ? [row.at / spread, 0.012] : [row.bytes[0] / (answer.bytes || 1), (row.bytes[1] - row.bytes[0]) / (answer.bytes || 1)];
  const body = make("tbody");
  body.append(drawStatus(answer, timed));
  const rows = answer.rows;
  const shown = rows.length <= FIRST_ROWS + 10 ? rows : [...rows.slice(0, FIRST_ROWS / 2), null, ...rows.slice(-FIRST_ROWS / 2)];
  for (const row of shown) {
    if (row === null) body.append(drawMore(body, rows, scale, timed));
    else body.append(drawRow(row, scale, timed));
  }
  body.append(drawEnding(answer, timed, lastEvent, bad, outcome));
  return make("table", { class: `waterfall${state.whole ? " whole" : ""}` },
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, timed ? "time" : "byte"), make("th", { scope: "col", class: "lane" }, timed ? "in time" : "in the body"), make("th", { scope: "col" }, "on the wire"), make("th", { scope: "col" }, "reported by the target"))),
    body);
}

function drawStatus(answer, timed) {
  const status = answer.status === null ? (answer.connected ? "the connection died before a status" : "no connection was made") : `HTTP ${answer.status}`;
  const kind = answer.status !== null && answer.status < 400 ? "" : "row-bad";
  const headers = answer.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  return make("tr", { class: `status ${kind}` }, make("td", { class: "when" }, timed ? seconds(answer.head_at) : ""), make("td", { class: "lane" }),
    make("td", {}, make("details", {}, make("summary", {}, make("strong", {}, status), make("span", { class: "dim" }, ` ${many(answer.bytes, "byte")} in ${many(answer.pieces, "piece")}`)), make("pre", {}, headers))), make("td", {}));
}

function drawMore(body, rows, scale, timed) {
  const hidden = rows.slice(FIRST_ROWS / 2, -FIRST_ROWS / 2);
  const line = make("tr", { class: "more" }, make("td"), make("td", { class: "lane" }), make("td", { colspan: 2 }, make("button", { type: "button", class: "quiet", onclick: () => line.replaceWith(...hidden.map((row) => drawRow(row, scale, timed))) }, `show ${many(hidden.length, "more frame")}`)));
  return line;
}

function drawRow(row, scale, timed) {
  if (row.hidden) return make("tr", { class: "more" }, make("td"), make("td", { class: "lane" }), make("td", { colspan: 2, class: "dim" }, `${many(row.hidden, "more frame")}: in the JSON report`));
  const [left, width] = scale(row);
  const bar = make("span", { class: "bar", style: `left:${(left * 100).toFixed(2)}%;width:max(3px,${(width * 100).toFixed(2)}%)` });
  const [first, last] = row.pieces;
  const pieces = first === last ? `piece ${first + 1}` : `pieces ${first + 1}–${last + 1}`;
  const text = make("code", { class: "bytes" }, row.text.map(([kind, part], place) => kind ? make("mark", { class: `m-${kind}`, title: kind.replaceAll("_", " ") }, part) : drawEnvelope(part, place === 0, place === row.text.length - 1)));
  return make("tr", { class: row.unfinished ? "unfinished" : "" },
    make("td", { class: "when", title: `bytes ${row.bytes[0]}–${row.bytes[1]}, ${pieces}` }, timed ? seconds(row.at) : row.bytes[0].toLocaleString("en")),
    make("td", { class: "lane" }, bar),
    make("td", {}, text, row.unfinished ? make("span", { class: "note" }, "the rest of this frame never came") : null),
    make("td", {}, drawEvents(row.events)));
}

// What stands around a meaning is the same in every frame: its middle is folded away.
function drawEnvelope(text, first, last) {
  const before = first ? (last ? 56 : 8) : 8, after = last ? (first ? 12 : 4) : 22;
  if (text.length <= before + after + 12) return text;
  const gap = make("button", { type: "button", class: "gap", tabindex: "-1", title: "show the whole frame", onclick: () => gap.closest(".bytes").classList.add("whole") }, "…");
  return [text.slice(0, before), gap, make("span", { class: "rest" }, text.slice(before, -after)), text.slice(-after)];
}

function drawEvents(events) {
  if (!events.length) return null;
  return make("ul", { class: "events" }, events.map(([kind, text, , call]) => make("li", { class: `e-${kind}` }, make("b", {}, kind.replaceAll("_", " "), call === null || call === undefined ? "" : ` ${call}`), " ", make("code", {}, text))));
}

function drawEnding(answer, timed, lastEvent, bad, outcome) {
  const clean = answer.ending === "complete";
  const at = answer.ending === "stall" ? Math.max(answer.end_at, lastEvent) : answer.end_at;
  return make("tr", { class: `ending ${clean ? "" : "cut"} ${bad ? "bad" : ""}` },
    make("td", { class: "when" }, timed ? seconds(at) : answer.bytes.toLocaleString("en")),
    make("td", { class: "lane" }, make("span", { class: "bar end", style: "left:calc(100% - 3px);width:3px" })),
    make("td", {}, make("strong", {}, clean ? "■ " : "✂ ", answer.ending), ` ${ENDINGS[answer.ending]}`),
    make("td", {}, drawEvents(answer.after), outcome ? make("p", { class: "outcome" }, "in the end: ", make("strong", {}, drawOutcome(outcome))) : null));
}

function drawOutcome(outcome) {
  const response = outcome.response || {};
  const calls = (response.tool_calls || []).length;
  return [outcome.kind, response.finish_reason ? `finish ${response.finish_reason}` : "", calls ? many(calls, "call") : "", outcome.failure ? outcome.failure.type || outcome.failure.kind : "", outcome.dropped.length ? `${outcome.dropped.length} dropped` : ""].filter(Boolean).join(", ");
}
