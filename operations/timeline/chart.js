// Releases over time: a lane a service, in it each release as high as its share; below, a mark an update.

const SVG = "http://www.w3.org/2000/svg";
const LANE = { share: 44, many: 20, standby: 4, gap: 24 };
const MARKS = 36; // above the lanes: the marks of the updates, and the dates
const MANY = 6; // with more services than these, lanes are lower

function draw(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Where each entry of a window begins and ends, in pixels. */
function positions(window_, scale, width) {
  const shown = entries.slice(window_.low, window_.high);
  if (scale === "update") {
    const step = width / shown.length;
    return shown.map((_, index) => [index * step, (index + 1) * step]);
  }
  const end = window_.high < entries.length ? entries[window_.high].ended : Math.max(data.written, shown.at(-1).ended + 1);
  const start = shown[0].ended;
  const at = (seconds) => ((seconds - start) / (end - start)) * width;
  return shown.map((entry, index) => [at(entry.ended), at(shown[index + 1]?.ended ?? end)]);
}

/** Draw the window into `chart`, if it is another than the one that is drawn, and what is chosen in it. */
function drawChart(chart, state) {
  const width = Math.max(chart.clientWidth, 200);
  const wanted = [state.low, state.high, state.service, state.scale, width].join();
  if (chart.dataset.drawn !== wanted) drawWindow(chart, state, width);
  chart.dataset.drawn = wanted;
  const [from, to] = positions(state, state.scale, width)[state.selected - state.low] ?? [0, 0];
  for (const rectangle of chart.querySelectorAll(".chosen, .chosen-mark")) {
    rectangle.setAttribute("x", from);
    rectangle.setAttribute("width", to > from ? Math.max(to - from, 2) : 0);
  }
}

function drawWindow(chart, state, width) {
  const shown = entries.slice(state.low, state.high);
  const services = data.services.filter((name) => !state.service || name === state.service);
  const share = services.length > MANY ? LANE.many : LANE.share;
  const lane = LANE.gap + share + LANE.standby * 2;
  const height = MARKS + services.length * lane;
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
  const spots = positions(state, state.scale, width);
  const tight = width / shown.length < 9;
  svg.classList.toggle("tight", tight);
  svg.append(draw("rect", { class: "chosen-mark", y: 14, height: MARKS - 14 }));
  drawDates(svg, 11, shown, spots, width);
  drawMarks(svg, 27, shown, spots, tight);
  services.forEach((name, row) => drawLane(svg, name, MARKS + row * lane, share, shown, spots));
  svg.append(draw("rect", { class: "chosen", y: 14, height: height - 15 }));
  chart.replaceChildren(svg);
}

function drawLane(svg, name, top, full, shown, spots) {
  const base = top + LANE.gap + full;
  svg.append(draw("text", { class: "lane", x: 0, y: top + 18 }, name));
  svg.append(draw("line", { class: "base", x1: 0, x2: spots.at(-1)[1], y1: base, y2: base }));
  for (const run of runs(name, shown, spots)) {
    const width = Math.max(run.to - run.from, 0.5);
    if (run.releases === null) {
      svg.append(draw("rect", { class: "unknown", x: run.from, y: base - full, width, height: full }));
      continue;
    }
    let y = base;
    let standby = base + 2;
    for (const one of run.releases) {
      const colour = `release r${one.release.colour}`;
      if (one.share === 0) {
        svg.append(draw("rect", { class: colour, x: run.from, y: standby, width, height: LANE.standby - 1 }));
        standby += LANE.standby;
        continue;
      }
      const height = one.share * full;
      y -= height;
      svg.append(draw("rect", { class: colour, x: run.from, y, width, height }));
      const words = one.share === 1 ? one.release.label : `${one.release.label} ${percent(one.share)}`;
      if (height >= 12 && width > words.length * 6.6 + 8) {
        svg.append(draw("text", { class: "in", x: run.from + 5, y: y + height / 2 + 4 }, words));
      }
    }
  }
}

/** Neighbours after which the same stood with the same shares, as one. */
function runs(name, shown, spots) {
  const found = [];
  shown.forEach((entry, index) => {
    const all = served(entry);
    const releases = all === null ? null : all.get(name) ?? [];
    const same = releases === null ? "?" : releases.map((one) => `${one.place}:${one.share}`).join();
    const [from, to] = spots[index];
    if (found.at(-1)?.same === same) found.at(-1).to = to;
    else found.push({ same, releases, from, to });
  });
  return found;
}

function drawMarks(svg, y, shown, spots, tight) {
  const drawn = shown.map((entry, index) => ({ entry, x: spots[index][0], mark: markOf(entry) }));
  // What went well comes first, so that it covers nothing; where there is no room for all, it is left out.
  const loud = drawn.filter(({ mark }) => mark.name !== "ok");
  const quiet = tight ? [] : drawn.filter(({ mark }) => mark.name === "ok");
  for (const { x, mark } of [...quiet, ...loud]) {
    if (tight) svg.append(draw("rect", { class: `tick ${mark.name}`, x, y: y - 8, width: 2, height: 10 }));
    else svg.append(draw("text", { class: `sign ${mark.name}`, x: x + 6, y, "text-anchor": "middle" }, mark.sign));
  }
  for (const { entry, x } of drawn.filter((one) => one.entry.unrecorded.length)) {
    svg.append(draw("text", { class: "sign gap", x: tight ? x : x + 6, y: y + 13, "text-anchor": "middle" }, "!"));
  }
}

/** A date where the day changes, as far as there is room. */
function drawDates(svg, y, shown, spots, width) {
  let free = 0;
  let last = "";
  shown.forEach((entry, index) => {
    const date = day(entry.ended);
    const x = spots[index][0];
    if (date !== last && x >= free && x < width - 45) {
      svg.append(draw("text", { class: "date", x, y }, date));
      free = x + 62;
    }
    last = date;
  });
}

/** The place of the entry at a horizontal position. */
function entryAt(x, chart, state) {
  const spots = positions(state, state.scale, Math.max(chart.clientWidth, 200));
  const found = spots.findIndex(([from, to]) => x >= from && x < to);
  return state.low + (found < 0 ? (x < 0 ? 0 : spots.length - 1) : found);
}
