// One entry: how it went, what served after it, the way back, and how its config differs from another's.

const FEW = 4; // services that are told of each time; of more, only those that an entry changed

const part = (id) => document.getElementById(id);

function showDetails(state) {
  const entry = entries[state.selected];
  part("details-title").textContent = `#${entry.number} ${entry.message.split("\n", 1)[0]}`;
  showOutcome(entry);
  showFacts(entry);
  showServed(entry, state.service);
  showWaysBack(entry, state.service);
  showDifferences(state);
}

function showOutcome(entry) {
  const mark = markOf(entry);
  const words = [entry.outcome, mark.name === "back" ? mark.words : "", entry.took && `took ${entry.took}`];
  part("outcome").replaceChildren(
    make("span", { className: `badge ${mark.name}` }, `${mark.sign}\u00a0${words.filter(Boolean).join(", ")}`),
  );
  if (entry.unrecorded.length) {
    const names = entry.unrecorded.slice(0, 5).join(", ");
    const more = entry.unrecorded.length > 5 ? ` and ${entry.unrecorded.length - 5} more` : "";
    part("outcome").append(
      make("span", { className: "badge gap" }, `! Before it, an update that left no entry changed ${names}${more}`),
    );
  }
}

function showFacts(entry) {
  const commit = entry.commit ? `${entry.commit.slice(0, 12)}${entry.dirty ? ", with changes not committed" : ""}` : "";
  const facts = [
    ["When", `${whenExactly(entry.started)} (${ago(entry.started)})`],
    ["Message", entry.message.includes("\n") ? entry.message : ""],
    ["Who", entry.author],
    ["Commit", commit],
    ["Resources", entry.resources],
  ];
  part("facts").replaceChildren(
    ...facts.filter(([, text]) => text).flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)]),
  );
}

function showServed(entry, service) {
  const found = served(entry);
  if (found === null) return part("served").replaceChildren(make("p", { className: "quiet" }, "Not known."));
  const names = [...found.keys()].sort().filter((name) => !service || name === service);
  if (!names.length) return part("served").replaceChildren(make("p", { className: "quiet" }, "Nothing."));
  const rows = names.flatMap((name) =>
    found.get(name).map((one, index) => {
      const bar = make("span", { className: `share r${one.release.colour}` });
      bar.style.width = `${Math.max(100 * one.share, 2)}%`;
      const cells = [one.release.label, make("code", {}, one.release.image), percent(one.share)];
      const row = make("tr", {}, ...cells.map((cell) => make("td", {}, cell)), make("td", { className: "wide" }, bar));
      row.prepend(make("th", { scope: "row" }, index ? "" : name));
      row.lastChild.setAttribute("aria-hidden", "true");
      return row;
    }),
  );
  const heads = ["Service", "Release", "Image", "Traffic"].map((text) => make("th", { scope: "col" }, text));
  const head = make("thead", { className: "unseen" }, make("tr", {}, ...heads));
  part("served").replaceChildren(make("table", {}, head, make("tbody", {}, ...rows)));
}

function showWaysBack(entry, service) {
  const few = data.services.length > FEW ? changed(places.get(entry.number), data.services).slice(0, FEW) : data.services;
  const names = service ? [service] : [...few, ""];
  part("rollback").replaceChildren(
    ...names.map((name) => {
      const command = rollback(name, entry.number);
      const label = `Copy the command that takes ${name || "the whole stack"} back to #${entry.number}`;
      return make("li", {}, make("code", {}, command), copyButton(command, "Copy", label));
    }),
  );
}

function showDifferences(state) {
  const [from, to] = [state.from ?? state.selected - 1, state.selected];
  part("from").value = from < 0 ? "" : entries[from].number;
  const title = from < 0 ? `Config of #${entries[to].number}, the first here` : `Config of #${entries[to].number}`;
  part("diff-title").textContent = title;
  const found = differences(from, to).filter(({ path }) => concerns(path, state.service));
  if (!found.length) return part("diff").replaceChildren(make("p", { className: "quiet" }, "The same."));
  const before = from < 0 ? "Before" : `#${entries[from].number}`;
  const heads = ["Key", before, `#${entries[to].number}`].map((text) => make("th", { scope: "col" }, text));
  const groups = Map.groupBy(found, ({ path }) => groupOf(path));
  const bodies = [...groups].map(([group, lines]) => {
    const title = make("th", { scope: "rowgroup", colSpan: 3 }, group);
    return make("tbody", {}, group && make("tr", {}, title), ...lines.map((line) => lineOf(line, group)));
  });
  part("diff").replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, ...heads)), ...bodies));
}

/** Whether a key is of a service, or of no other. */
function concerns(path, service) {
  return !service || !path.startsWith("services.") || path.startsWith(`services.${service}.`);
}

/** `services.web.releases[1.5.0]`, `services.web`, or nothing. */
function groupOf(path) {
  return /^services\.[^.[]+(\.releases\[[^\]]*\])?/.exec(path)?.[0] ?? null;
}

function lineOf({ path, before, after }, group) {
  const side = (tag, text) => (text === undefined ? make("span", { className: "quiet" }, "not there") : make(tag, {}, text));
  const key = group ? path.slice(group.length).replace(/^\./, "") : path;
  return make("tr", {},
    make("th", { scope: "row" }, key),
    make("td", {}, side("del", before)),
    make("td", {}, side("ins", after)),
  );
}
