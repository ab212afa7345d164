// The cohort's table: only the rows that are looked at are drawn. All text is set as text, never as markup.
"use strict";

const { groups, measures, rows } = JSON.parse(document.getElementById("data").textContent);
const MARKS = { good: "✓", doubtful: "▲", bad: "■", failed: "✕", "left over": "○" };
const COMPLETE = ["good", "doubtful", "bad"];
const BEYOND = 6; // rows drawn above and below what is seen
const PRINTED = 1000; // rows on paper
const TEXTS = ["participant", "session", "date", "task", "label"];
const find = (id) => document.getElementById(id);
const place = find("rows");
const live = new Map(); // place in the view -> its element
const state = { words: "", group: "", sort: "", down: false, measure: 0 };
let view = [];
let printing = false;

// Elements

function element(tag, kind, text) {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  if (text !== undefined) made.textContent = text;
  return made;
}

function cell(kind, ...children) {
  const made = element("div", kind);
  made.setAttribute("role", "cell");
  made.append(...children);
  return made;
}

function thumbnail(address) {
  if (!address) return element("span", "blank");
  const image = element("img");
  image.loading = "lazy";
  image.decoding = "async";
  image.alt = "";
  image.src = address;
  return image;
}

function verdict(group) {
  const made = element("span", `mark ${group.replace(" ", "-")}`);
  const sign = element("span", "sign", MARKS[group]);
  sign.setAttribute("aria-hidden", "true");
  made.append(sign, ` ${group}`);
  return made;
}

// What is sorted by comes first, so that it is seen where there is no room for all.
function numbers(row) {
  const sought = state.sort === "measured" ? row.measured.filter((one) => one[0] === state.measure) : [];
  return [...new Set([...sought, ...row.measured])].map(([which, , text]) => {
    const made = element("span", "measure");
    made.append(element("span", "name", measures[which]), " ", element("b", "", text));
    return made;
  });
}

// Where there is no room for all of them: how many are not seen, and the way to them.
function tellHidden(box, row) {
  const told = [...box.querySelectorAll(".measure")];
  const button = box.querySelector(".hidden");
  const end = box.getBoundingClientRect().bottom + 1;
  const hidden = (one) => one.getBoundingClientRect().bottom > end;
  button.hidden = !told.some(hidden);
  if (button.hidden) return;
  // The sign takes the place of as many as it needs.
  while (told.length && (hidden(button) || told.some((one) => !one.hidden && hidden(one)))) {
    const last = told.pop();
    last.hidden = true;
    button.textContent = `+${row.measured.length - told.length} more`;
  }
}

function more(row) {
  const button = element("button", "hidden");
  button.type = "button";
  button.title = "All numbers of this run";
  button.hidden = true;
  button.addEventListener("click", () => tell(row));
  return button;
}

function remarks(row) {
  if (!row.remarks.length) return [];
  const button = element("button", "remark");
  button.type = "button";
  button.title = "Read it whole";
  button.append(element("span", "first", row.remarks[0]));
  if (row.remarks.length > 1) button.append(element("span", "more", `+${row.remarks.length - 1} more`));
  button.addEventListener("click", () => tell(row));
  return [button];
}

function links(row) {
  return row.links.map(([word, address]) => {
    const made = element("a", "", word);
    made.href = address;
    return made;
  });
}

function draw(index) {
  const row = rows[view[index]];
  const made = element("div", row.measured.length ? "run" : "run bare");
  made.setAttribute("role", "row");
  made.setAttribute("aria-rowindex", index + 2);
  made.append(cell("thumbnail", thumbnail(row.thumbnail)));
  for (const name of TEXTS) made.append(cell(name, element("span", "typed", row[name])));
  made.append(cell("group", verdict(row.group)), cell("measured", ...numbers(row), more(row)));
  made.append(cell("remarks", ...remarks(row)));
  made.append(cell("seconds", row.seconds === null ? "" : `${row.seconds.toFixed(1)}\u00a0s`));
  made.append(cell("links", ...links(row)));
  return made;
}

function tell(row) {
  const who = { ...row, session: row.session && `session ${row.session}` };
  find("whole-title").textContent = TEXTS.map((name) => who[name]).filter(Boolean).join(" · ");
  find("whole-run").textContent = row.run;
  const told = row.measured.map(([which, , text]) => element("li", "", `${measures[which]}: ${text}`));
  find("whole-measured").replaceChildren(...told);
  find("whole-remarks").replaceChildren(...row.remarks.map((remark) => element("li", "", remark)));
  find("whole").showModal();
}

// What is looked at

function show() {
  const height = parseFloat(getComputedStyle(place).minHeight);
  const above = -place.getBoundingClientRect().top;
  let first = Math.max(Math.floor(above / height) - BEYOND, 0);
  let last = Math.min(Math.ceil((above + innerHeight) / height) + BEYOND, view.length) - 1;
  if (printing) [first, last] = [0, Math.min(view.length, PRINTED) - 1];
  place.style.height = `${view.length * height}px`;
  for (const [index, node] of live) {
    if (index >= first && index <= last) continue;
    node.remove();
    live.delete(index);
  }
  let next = null; // Rows that stay are left where they are: the focus may be in one.
  for (let index = last; index >= first; index--) {
    if (!live.has(index)) {
      live.set(index, draw(index));
      place.insertBefore(live.get(index), next);
    }
    next = live.get(index);
    next.style.top = `${index * height}px`;
    if (!next.told && !printing) tellHidden(next.querySelector(".measured"), rows[view[index]]);
    next.told = true;
  }
}

let waiting = false;
function soon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    show();
  });
}

// Searching and sorting

const number = (count) => count.toLocaleString("en");
const plain = (text) => text.normalize("NFKC").toLocaleLowerCase();
let texts = null;

function textOf(row) {
  const parts = [row.run, ...TEXTS.map((name) => row[name]), row.group, ...row.remarks];
  return plain(parts.join("\n"));
}

function ranked(values) {
  const order = new Intl.Collator("en", { numeric: true }).compare;
  const place = new Map([...new Set(values)].sort(order).map((value, rank) => [value, rank]));
  return values.map((value) => (value === "" ? NaN : place.get(value)));
}

const ranks = new Map();
function rankOf(sort, measure) {
  const key = `${sort} ${sort === "measured" ? measure : ""}`;
  if (!ranks.has(key)) {
    let values;
    if (sort === "group") values = rows.map((row) => groups.indexOf(row.group));
    else if (sort === "seconds") values = rows.map((row) => row.seconds ?? NaN);
    else if (sort === "measured") values = rows.map((row) => row.measured.find((one) => one[0] === measure)?.[1] ?? NaN);
    else values = ranked(rows.map((row) => (sort === "remarks" ? (row.remarks[0] ?? "") : row[sort])));
    ranks.set(key, values);
  }
  return ranks.get(key);
}

// Sorting is stable: equal rows keep the order of the file. What is missing comes last, whichever way it is sorted.
function sorted(indices) {
  if (!state.sort) return indices;
  const rank = rankOf(state.sort, state.measure);
  const way = state.down ? -1 : 1;
  const there = indices.filter((index) => !Number.isNaN(rank[index]));
  there.sort((a, b) => way * (rank[a] - rank[b]));
  return there.concat(indices.filter((index) => Number.isNaN(rank[index])));
}

function belongs(row) {
  return !state.group || row.group === state.group || (state.group === "complete" && COMPLETE.includes(row.group));
}

function apply() {
  const words = plain(state.words).split(/\s+/).filter(Boolean);
  if (words.length) texts ??= rows.map(textOf);
  const indices = [...rows.keys()].filter((index) => belongs(rows[index]));
  view = sorted(indices.filter((index) => words.every((word) => texts[index].includes(word))));
  for (const node of live.values()) node.remove();
  live.clear();
  tellState();
  show();
}

function tellState() {
  find("table").setAttribute("aria-rowcount", view.length + 1);
  find("count").textContent = view.length === rows.length ? "" : `${number(view.length)} of ${number(rows.length)} shown`;
  find("nothing").hidden = view.length > 0;
  const cut = `The first ${number(PRINTED)} of ${number(view.length)} rows; search for fewer to print the others.`;
  find("printed").textContent = view.length > PRINTED ? cut : "";
  for (const button of document.querySelectorAll("[data-group]"))
    button.setAttribute("aria-pressed", button.dataset.group === state.group);
  for (const button of document.querySelectorAll("[data-sort]")) {
    const way = button.dataset.sort !== state.sort ? "none" : state.down ? "descending" : "ascending";
    button.parentElement.setAttribute("aria-sort", way);
  }
  history.replaceState(null, "", `#${new URLSearchParams(state)}`);
}

// What was searched and how it was sorted stands in the address: it is there again after a look at a report.
function recall() {
  const said = new URLSearchParams(location.hash.slice(1));
  const known = [...document.querySelectorAll("[data-sort]")].map((button) => button.dataset.sort);
  state.words = said.get("words") ?? "";
  state.group = ["complete", ...groups].includes(said.get("group")) ? said.get("group") : "";
  state.sort = known.includes(said.get("sort")) ? said.get("sort") : "";
  state.down = said.get("down") === "true";
  state.measure = measures[said.get("measure")] ? Number(said.get("measure")) : 0;
  find("search").value = state.words;
  if (find("measure")) find("measure").value = String(state.measure);
}

function change(changes) {
  Object.assign(state, changes);
  if (place.getBoundingClientRect().top < 0) find("table").scrollIntoView();
  apply();
}

find("search").addEventListener("input", (event) => change({ words: event.target.value }));
find("measure")?.addEventListener("change", (event) =>
  change({ measure: Number(event.target.value), sort: "measured", down: false }));
for (const button of document.querySelectorAll("[data-group]"))
  button.addEventListener("click", () => change({ group: button.dataset.group }));
for (const button of document.querySelectorAll("[data-sort]"))
  button.addEventListener("click", () =>
    change({ sort: button.dataset.sort, down: state.sort === button.dataset.sort && !state.down }));
addEventListener("scroll", soon, { passive: true });
addEventListener("resize", () => {
  for (const node of live.values()) node.remove();
  live.clear();
  soon();
});
addEventListener("hashchange", () => { recall(); apply(); });
for (const [name, value] of [["beforeprint", true], ["afterprint", false]])
  addEventListener(name, () => { printing = value; show(); });
recall();
apply();
