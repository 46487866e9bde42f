// The page as a whole: what is chosen, and everything drawn anew from it.

const SPANS = [20, 50, 200];
const ROWS = 50;
const chart = part("chart");

const state = {
  low: 0, high: 0, // the entries of the chart: from, and to without
  selected: entries.length - 1,
  from: null, // what its config is compared with; null for the entry before
  service: data.services.length === 1 ? data.services[0] : "",
  scale: "update",
  rows: ROWS,
};

function choose(place, scroll = false) {
  state.selected = Math.min(Math.max(place, 0), entries.length - 1);
  state.from = null;
  if (state.selected < state.low || state.selected >= state.high) showSpan(state.selected + Math.ceil(span() / 2));
  render();
  history.replaceState(null, "", `#${entries[state.selected].number}`);
  const apart = getComputedStyle(part("details")).position !== "sticky";
  if (scroll && apart) part("details-title").focus(); // On a narrow page it is somewhere else.
}

function span() {
  return Number(part("span").value) || entries.length;
}

/** Move the chart's window so that it ends at a place. */
function showSpan(end) {
  state.high = Math.min(Math.max(end, Math.min(span(), entries.length)), entries.length);
  state.low = Math.max(state.high - span(), 0);
}

function render() {
  drawChart(chart, state);
  describeChart();
  showDetails(state);
  for (const row of part("rows").children) row.classList.toggle("chosen", Number(row.dataset.place) === state.selected);
  part("previous").disabled = state.selected === 0;
  part("next").disabled = state.selected === entries.length - 1;
  part("older").disabled = state.low === 0;
  part("newer").disabled = state.high === entries.length;
}

function describeChart() {
  const entry = entries[state.selected];
  const stood = [...(served(entry) ?? [])].map(([name, releases]) => `${name} ${told(releases)}`).join("; ");
  chart.setAttribute("aria-valuemin", 1);
  chart.setAttribute("aria-valuemax", entries.length);
  chart.setAttribute("aria-valuenow", state.selected + 1);
  chart.setAttribute("aria-valuetext", `#${entry.number}, ${when(entry.started)}, ${markOf(entry).words}: ${stood}`);
}

function wanted(entry, place) {
  if (state.service && !entry.concerns.includes(state.service)) return false;
  const only = part("only").value;
  if (only === "failed" && entry.result !== "failed") return false;
  if (only === "back" && entry.back === null) return false;
  if (only === "gap" && !entry.unrecorded.length) return false;
  const sought = part("find").value.trim().toLowerCase();
  if (!sought) return true;
  const texts = [`#${entry.number}`, entry.message, entry.author, entry.commit, entry.outcome, ...entry.what, stoodAfter(place)];
  return texts.some((text) => text.toLowerCase().includes(sought)) || entry.set.some(([path]) => path.toLowerCase().includes(sought));
}

/** What served after an entry; of many services only those that it changed. */
function stoodAfter(place) {
  if (served(entries[place]) === null) return "not known";
  if (state.service) return stood(entries[place], state.service);
  const names = [...served(entries[place]).keys()].sort();
  const told_ = names.length > FEW ? changed(place, names) : names;
  const rest = names.length - told_.length;
  return [...told_.map((name) => `${name} ${stood(entries[place], name)}`), ...(rest ? [`${rest} as before`] : [])].join("\n");
}

function showRows() {
  const found = entries.map((entry, place) => ({ entry, place })).filter(({ entry, place }) => wanted(entry, place)).reverse();
  part("rows").replaceChildren(...found.slice(0, state.rows).map(({ entry, place }) => rowOf(entry, place)));
  const left = found.length - state.rows;
  part("more").hidden = left <= 0;
  part("more").textContent = `Show ${Math.min(left, 200)} older`;
  part("count").textContent = found.length === entries.length ? `${found.length}` : `${found.length} of ${entries.length}`;
}

/** A number stays with its sign. */
function unbroken(text) {
  return text.replaceAll(" %", "\u00a0%");
}

function rowOf(entry, place) {
  const mark = markOf(entry);
  const number = make("button", { type: "button", className: "number" }, `#${entry.number}`);
  number.setAttribute("aria-label", `Show #${entry.number}`);
  const lines = entry.what.slice(0, 4);
  if (entry.what.length > 4) lines.push(`${entry.what.length - 4} more`);
  const cells = [
    [number],
    [when(entry.started), make("small", {}, entry.took, entry.author && ` · ${entry.author}`)],
    [make("span", { className: `badge ${mark.name}` }, `${mark.sign}\u00a0${entry.outcome}`)],
    [unbroken(stoodAfter(place))],
    [make("strong", {}, entry.message.split("\n", 1)[0]), ...lines.map((line) => make("small", {}, unbroken(line)))],
    [copyButton(rollback(state.service, entry.number), "Copy", `Copy the rollback command of #${entry.number}`)],
  ];
  if (entry.back !== null) cells[2].push(make("small", {}, `↩ as #${entry.back}`));
  if (entry.unrecorded.length) cells[2].push(make("small", { className: "gap" }, "! after one that was killed"));
  const row = make("tr", { role: "row" }, ...cells.map((cell) => make("td", { role: "cell" }, ...cell)));
  row.dataset.place = place;
  row.classList.toggle("chosen", place === state.selected);
  row.addEventListener("click", () => choose(place, true));
  return row;
}

function fill() {
  part("service").append(
    ...(data.services.length === 1 ? [] : [make("option", { value: "" }, "all")]),
    ...data.services.map((name) => make("option", { value: name }, name)),
  );
  part("span").append(
    ...SPANS.filter((count) => count < entries.length).map((count) => make("option", { value: count }, `${count} updates`)),
    make("option", { value: "" }, "all"),
  );
  const spans = [...part("span").options];
  part("span").value = (spans.find((one) => one.value === "50") ?? spans.at(-1)).value;
  const last = entries.at(-1);
  const failed = entries.filter((entry) => entry.result === "failed").length;
  part("summary").textContent = last
    ? `${entries.length.toLocaleString("en")} updates since ${whenOfYear(entries[0].started)}, ${failed} failed; the last ${ago(last.ended)}. Written ${whenExactly(data.written)}.`
    : `Never updated. Written ${whenExactly(data.written)}.`;
  const now = last && served(last);
  part("now").append(
    ...[...(now ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, releases]) => make("li", {}, make("b", {}, name), ` ${told(releases)}`)),
  );
  const alerts = [data.unfinished, data.missing && `What served is not known: ${data.missing}.`];
  part("alerts").append(...alerts.filter(Boolean).map((text) => make("p", { className: "alert" }, text)));
}

function listen() {
  const on = (id, event, act) => part(id).addEventListener(event, act);
  on("service", "change", () => { state.service = part("service").value; state.rows = ROWS; showRows(); render(); });
  on("span", "change", () => { showSpan(state.selected + Math.ceil(span() / 2)); render(); });
  on("scale", "change", () => { state.scale = part("scale").value; render(); });
  on("older", "click", () => { showSpan(state.low + Math.ceil(span() / 4)); render(); });
  on("newer", "click", () => { showSpan(state.high + Math.ceil((span() * 3) / 4)); render(); });
  on("previous", "click", () => choose(state.selected - 1));
  on("next", "click", () => choose(state.selected + 1));
  on("only", "change", () => { state.rows = ROWS; showRows(); });
  on("find", "input", () => { state.rows = ROWS; showRows(); });
  on("more", "click", () => { state.rows += 200; showRows(); });
  on("from", "change", () => {
    const place = places.get(Number(part("from").value));
    if (place === undefined) say(`There is no #${part("from").value} here`);
    else state.from = place;
    showDifferences(state);
  });
  on("from-previous", "click", () => { state.from = null; showDifferences(state); });
  on("from-newest", "click", () => { state.from = entries.length - 1; showDifferences(state); });
  chart.addEventListener("click", (event) => choose(entryAt(event.clientX - chart.getBoundingClientRect().left, chart, state)));
  chart.addEventListener("keydown", (event) => {
    const to = {
      ArrowLeft: state.selected - 1, ArrowDown: state.selected - 1,
      ArrowRight: state.selected + 1, ArrowUp: state.selected + 1,
      PageDown: state.selected - 10, PageUp: state.selected + 10,
      Home: 0, End: entries.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(to);
  });
  addEventListener("resize", () => drawChart(chart, state));
  addEventListener("hashchange", () => chooseFromAddress());
}

function chooseFromAddress() {
  const place = places.get(Number(location.hash.slice(1)));
  if (place !== undefined) choose(place);
}

fill();
if (entries.length) {
  listen();
  showSpan(entries.length);
  showRows();
  render();
  chooseFromAddress();
} else {
  for (const section of document.querySelectorAll("section")) section.hidden = true;
}
