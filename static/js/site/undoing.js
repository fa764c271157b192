// Undo: each message has its own, and `z` takes the last one. The page is drawn anew where it stands; the panel, a
// form that is open, and the focus stay.

import { on } from "./events.js";
import { isDrawnBy, refuse } from "./swapping.js";

const STAYS = "#panel, #problem-region";
// How to find again what stands in the place of an element once the page is drawn anew.
const wayTo = (elt) => {
  if (!elt || elt === document.body) return () => null;
  if (elt.id) return () => document.getElementById(elt.id);
  const place = elt.closest("[id]")?.id;
  const mark = ["href", "name", "data-edit"].find((each) => elt.hasAttribute(each));
  const selector = mark ? `${elt.tagName}[${mark}="${CSS.escape(elt.getAttribute(mark))}"]` : elt.tagName;
  return () => document.getElementById(place)?.querySelector(selector) ?? null;
};
const bringFocus = (way) => {
  if (document.activeElement !== document.body && !document.activeElement.closest("#toasts")) return;
  (way() ?? document.getElementById("main")).focus({ preventScroll: true });
};
const scrolledParts = () => {
  const parts = [...document.querySelectorAll("[id]")].filter((each) => each.scrollTop || each.scrollLeft);
  return parts.map(({ id, scrollTop, scrollLeft }) => ({ id, scrollTop, scrollLeft }));
};
// Where the focus was before it went to a message.
let focusBefore = () => null;
const drawMain = (fresh, way) => {
  const main = document.getElementById("main");
  const scrolled = scrolledParts();
  const panel = main.querySelector(STAYS.split(",")[0]);
  for (const each of [...main.children]) if (!each.matches(STAYS)) each.remove();
  for (const each of [...fresh.children]) {
    if (each.matches(STAYS)) continue;
    if (panel) panel.before(each);
    else main.append(each);
  }
  for (const each of main.children) if (!each.matches(STAYS)) htmx.process(each);
  for (const { id, ...place } of scrolled) Object.assign(document.getElementById(id) ?? {}, place);
  bringFocus(way);
  htmx.trigger(main, "htmx:afterSettle", { target: main, elt: main, requestConfig: { verb: "get" } });
};
const redraw = async () => {
  const way = document.activeElement.closest("#toasts") ? focusBefore : wayTo(document.activeElement);
  const answer = await fetch(location, { headers: { "HX-Request": "true", "HX-Boosted": "true" } }).catch(() => null);
  if (!answer) return;
  if (answer.redirected) { location.assign(answer.url); return; }
  if (!isDrawnBy(answer)) { refuse(answer.status); return; }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
  if (!fresh || !document.getElementById("main")) return;
  drawMain(fresh, way);
  const open = document.querySelector("#panel > [data-mode=read] [data-draft-offer]");
  if (!open) return;
  const inside = wayTo(document.activeElement);
  const panel = document.getElementById("panel");
  await htmx.ajax("GET", open.dataset.draftOffer, { source: panel, target: panel, swap: "innerHTML show:none" });
  inside()?.focus({ preventScroll: true });
};

on("focusin", ({ target }) => {
  if (!target.closest("#toasts")) focusBefore = wayTo(target);
});
on("undone", redraw);
on("htmx:afterRequest", ({ detail: { elt, xhr } }) => {
  // Good once: where newer work stands in the way, it may be good a little later.
  if (elt.matches?.(".toast-undo") && xhr.status < 500 && xhr.status !== 409) elt.closest(".toast").remove();
});
on("keydown", (event) => {
  if (event.key !== "z" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest("input, select, textarea, [contenteditable]") || document.querySelector("dialog:modal")) return;
  [...document.querySelectorAll("#toasts .toast-undo")].at(-1)?.requestSubmit();
});
