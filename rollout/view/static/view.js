"use strict";
// Keys, reviews, and following the store. Without this script everything can still be read.

const POLL_MS = 2000;
const LIVE_MS = 10000;
const main = document.getElementById("main");
const live = document.getElementById("live");
const keys = document.getElementById("keys");
const query = document.querySelector("input[name=q]");

const items = () => [...main.querySelectorAll("[data-item]")];
const selected = () => main.querySelector("[data-item].selected");
const follow = (selector) => document.querySelector(selector)?.click();

function select(item, scroll = true) {
  selected()?.classList.remove("selected");
  if (!item) return;
  item.classList.add("selected");
  if (item.id.startsWith("turn-")) history.replaceState(null, "", `#${item.id}`);
  if (scroll) item.scrollIntoView({ block: item.offsetHeight > innerHeight / 2 ? "start" : "nearest" });
}

function move(by) {
  const all = items();
  const at = all.indexOf(selected());
  select(all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)]);
}

// --- reviews ---------------------------------------------------------------------------------------------------------

const formOf = (whole) => (whole ? main.querySelector("#whole form") : selected()?.querySelector("form.review"));

function press(verdict, whole) {
  formOf(whole)?.querySelector(`button[value=${verdict}]`)?.click();
}

function edit(form, open = true) {
  const editor = form?.querySelector(".editor");
  if (!editor) return;
  editor.hidden = !open;
  if (!open) return form.reset();
  editor.querySelector("textarea").focus();
  editor.scrollIntoView({ block: "nearest" });
}

async function send(form, verdict) {
  const trajectory = main.querySelector("[data-trajectory]").dataset.trajectory;
  const review = { verdict, turn: Number(form.dataset.turn) || null, note: form.note.value };
  if (verdict === "correct") review.text = form.text.value;
  const answer = await fetch(`/trajectories/${trajectory}/reviews`, { method: "POST", body: JSON.stringify(review) });
  form.querySelector(".refusal").textContent = answer.ok ? "" : await answer.text();
  if (!answer.ok) return;
  edit(form, false);
  form.reset();
  document.activeElement?.blur();
  await refresh();
}

main.addEventListener("submit", (event) => {
  if (!event.target.matches("form.review")) return;
  event.preventDefault();
  send(event.target, event.submitter.value);
});
main.addEventListener("click", (event) => {
  const form = event.target.closest("form.review");
  if (event.target.matches("button.edit")) edit(form);
  if (event.target.matches("button.cancel")) edit(form, false);
  const item = event.target.closest("section[data-item]");
  if (item) select(item, false);
});
main.addEventListener("keydown", (event) => {
  const form = event.target.closest("form.review");
  if (!form) return;
  if (event.key === "Escape") {
    edit(form, false);
    event.target.blur();
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
    form.querySelector("button[value=correct]").click();
  } else if (event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault(); // a note alone is no verdict
    event.target.blur();
  }
});

// --- keys ------------------------------------------------------------------------------------------------------------

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  J: () => follow("a[rel=next]"),
  K: () => follow("a[rel=prev]"),
  Enter: () => selected()?.querySelector("a[href]")?.click(),
  a: () => press("accept", false),
  r: () => press("reject", false),
  A: () => press("accept", true),
  R: () => press("reject", true),
  n: () => formOf(false)?.note.focus(),
  e: () => edit(formOf(false)),
  c: () => follow(".others a"),
  u: () => follow("#up"),
  "/": () => query.select(),
  "?": () => keys.showModal(),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
  if (event.target.closest("input, select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
  if (!(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
});
document.getElementById("help").addEventListener("click", () => keys.showModal());
document.querySelector(".menus")?.addEventListener("change", () => document.getElementById("filters").submit());
document.getElementById("filters")?.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
});

// --- following the store ---------------------------------------------------------------------------------------------

let version = "";
let shown = main.innerHTML;
let changed = 0;

async function refresh() {
  const answer = await fetch(location.href, { headers: { "If-None-Match": version }, cache: "no-store" });
  if (answer.status !== 200) return;
  version = answer.headers.get("ETag");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("main");
  if (fresh.innerHTML === shown) return;
  shown = fresh.innerHTML;
  changed = Date.now();
  replace(fresh);
}

function replace(fresh) {
  const before = new Map(items().map((item) => [item.id, item.getBoundingClientRect().top]));
  const chosen = selected()?.id;
  const open = [...main.querySelectorAll("details[open]")].map((each) => each.id).filter(Boolean);
  main.replaceChildren(...fresh.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (chosen) select(document.getElementById(chosen), false);
  for (const row of main.querySelectorAll("tr[data-item]")) row.classList.toggle("fresh", !before.has(row.id));
  const anchor = items().find((item) => before.get(item.id) >= 0);
  if (scrollY && anchor) scrollBy(0, anchor.getBoundingClientRect().top - before.get(anchor.id));
  highlight();
}

async function watch() {
  const busy = main.querySelector(".editor:not([hidden])") || main.contains(document.activeElement?.closest("input"));
  try {
    if (!document.hidden && !busy) await refresh();
    live.textContent = Date.now() - changed < LIVE_MS ? "live" : "";
    live.className = "";
  } catch {
    live.textContent = "the viewer has stopped";
    live.className = "gone";
  }
  setTimeout(watch, POLL_MS);
}

// --- what was searched -----------------------------------------------------------------------------------------------

function highlight() {
  const text = new URLSearchParams(location.search).get("q") ?? "";
  const words = [...text.matchAll(/"([^"]+)"?|([^\s"]+)/g)].map((match) => (match[1] ?? match[2]).toLowerCase());
  if (!words.length || !document.body.classList.contains("reader")) return;
  const ranges = [];
  const nodes = document.createTreeWalker(main.querySelector(".conversation"), NodeFilter.SHOW_TEXT);
  while (nodes.nextNode()) {
    const content = nodes.currentNode.data.toLowerCase();
    for (const word of words) {
      for (let at = content.indexOf(word); at >= 0; at = content.indexOf(word, at + word.length)) {
        ranges.push(new Range());
        ranges.at(-1).setStart(nodes.currentNode, at);
        ranges.at(-1).setEnd(nodes.currentNode, at + word.length);
      }
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
  return ranges.map((range) => range.startContainer.parentElement.closest("[data-item]")).find(Boolean);
}

const found = highlight();
select((location.hash && document.getElementById(location.hash.slice(1))?.closest("[data-item]")) || found);
addEventListener("hashchange", () => select(document.getElementById(location.hash.slice(1))?.closest("[data-item]")));
setTimeout(watch, POLL_MS);
