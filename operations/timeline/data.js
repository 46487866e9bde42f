"use strict";
// The history, as `data.py` wrote it, and what is read from it.

const data = JSON.parse(document.getElementById("data").textContent);
const entries = data.entries; // oldest first
const places = new Map(entries.map((entry, place) => [entry.number, place]));
const SECOND = 1000;

/** An element with properties and children; strings become text, never markup. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** From seconds to words; the format is made once, which takes far longer than its use. */
function formatter(options) {
  const format = new Intl.DateTimeFormat("en-GB", options);
  return (seconds) => format.format(seconds * SECOND);
}

const DAY = { day: "numeric", month: "short" };
const TIME = { ...DAY, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const day = formatter(DAY);
const when = formatter(TIME);
const whenOfYear = formatter({ ...TIME, year: "numeric" });
const whenExactly = formatter({ ...TIME, year: "numeric", second: "2-digit", timeZoneName: "short" });

/** `2 days ago`. */
function ago(seconds) {
  const passed = data.written - seconds;
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const [unit, length] = units.find(([, size]) => passed >= size) ?? ["second", 1];
  const count = Math.max(0, Math.floor(passed / length));
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

/** By service, the releases that stood after an entry with their shares of the traffic; null where it is not known. */
function served(entry) {
  if (entry.served === null || entry.byService) return entry.byService ?? null;
  const found = (entry.byService = new Map());
  for (const [place, weight] of entry.served) {
    const release = data.releases[place];
    if (!found.has(release.service)) found.set(release.service, []);
    found.get(release.service).push({ place, release, weight });
  }
  for (const releases of found.values()) {
    const total = releases.reduce((sum, one) => sum + one.weight, 0);
    for (const one of releases) one.share = total ? one.weight / total : 0;
    releases.sort((a, b) => a.place - b.place);
  }
  return found;
}

function percent(share) {
  return `${Number((100 * share).toPrecision(3))} %`;
}

/** `1.4.2 at 90 %, 1.5.0 at 10 %`; of a release that is alone only its label. */
function told(releases) {
  if (releases.length === 1 && releases[0].share) return releases[0].release.label;
  return releases.map((one) => `${one.release.label} at ${percent(one.share)}`).join(", ");
}

/** What stood of a service after an entry, in a line. */
function stood(entry, service) {
  return told(served(entry)?.get(service) ?? []);
}

/** Of these services, those that stood otherwise after an entry than after the one before it. */
function changed(place, services) {
  if (place === 0) return services;
  return services.filter((name) => stood(entries[place], name) !== stood(entries[place - 1], name));
}

/** The config after an entry, as lines by path. */
function configAt(place) {
  const lines = new Map();
  for (const entry of entries.slice(0, place + 1)) {
    for (const path of entry.gone) lines.delete(path);
    for (const [path, text] of entry.set) lines.set(path, text);
  }
  return lines;
}

function differences(from, to) {
  const [before, after] = [configAt(from), configAt(to)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => ({ path, before: before.get(path), after: after.get(path) }));
}

/** What an entry is marked with. */
function markOf(entry) {
  if (entry.result === "failed") return { name: "failed", sign: "✕", words: "failed" };
  if (entry.back !== null) return { name: "back", sign: "↩", words: `went back to what #${entry.back} served` };
  if (entry.kind !== "update") return { name: "other", sign: "○", words: entry.outcome };
  return { name: "ok", sign: "●", words: entry.outcome };
}

function rollback(service, number) {
  return data.rollback[service].replace("{}", number);
}

/** Copy a text, and say so. Pages from disk may have no clipboard; a selection always has. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = make("textarea", { value: text, className: "unseen" });
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
  say(`Copied: ${text}`);
}

function say(text) {
  document.getElementById("said").textContent = text;
}

/** A button that copies a command, and shows for a moment that it did. */
function copyButton(command, words, label) {
  const button = make("button", { type: "button", className: "copy", title: command }, words);
  button.setAttribute("aria-label", label);
  button.addEventListener("click", async (event) => {
    event.stopPropagation();
    const held = document.activeElement;
    await copy(command);
    held.focus();
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = words; }, 1500);
  });
  return button;
}
