// What covers the page stands in its address: the task in the panel, its form, the dialog that makes something.
// Back closes it, Forward opens it again, and whoever is sent the address sees it too.

import { openDialog } from "./dialogs.js";
import { closest, on, onCapture } from "./events.js";
import { closePanel } from "./panel.js";

const ONE_TASK = /\/tasks\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const panelHere = () => document.getElementById("panel");
const maker = () => document.getElementById("making");
// The address without what covers the page.
const pageOf = (address) => {
  const url = new URL(address, location);
  if (url.searchParams.has("task")) url.searchParams.delete("edit");
  url.searchParams.delete("task");
  url.searchParams.delete("make");
  return url;
};
const pathOf = (url) => url.pathname + url.search;
const covers = () => {
  const open = document.querySelector("#panel > [data-task]");
  const form = document.querySelector("#making[open] [data-makes]");
  return { task: open?.dataset.task.slice("task-".length) ?? "", edit: open?.dataset.mode === "edit", make: form?.dataset.makes ?? "" };
};
const wantedCovers = () => {
  const asked = new URL(location).searchParams;
  const task = asked.get("task") ?? "";
  return { task, edit: task !== "" && asked.has("edit"), make: asked.get("make") ?? "" };
};
let page = pathOf(pageOf(location));
const note = (isNew) => {
  page = pathOf(pageOf(location));
  const { task, edit, make } = covers();
  const url = pageOf(location);
  if (task && panelHere()) url.searchParams.set("task", task);
  if (task && edit) url.searchParams.set("edit", "1");
  if (make) url.searchParams.set("make", make);
  if (pathOf(url) === pathOf(new URL(location))) return;
  const isBare = page === pathOf(new URL(location));
  if (isNew) history.pushState({ htmx: true, isOver: isBare }, "", pathOf(url));
  else history.replaceState({ htmx: true }, "", pathOf(url));
};
// Set while the browser goes back for us, and while the address closes the dialog and not the person.
let isGoingBack = false;
let isMakerLeft = false;
// The address once what covers the page is closed: the one before, where that shows the page alone.
const leaveAddress = () => {
  if (isGoingBack || pathOf(new URL(location)) === page) return;
  const { task, make } = covers();
  isGoingBack = !task && !make && Boolean(history.state?.isOver);
  if (isGoingBack) history.back();
  else note(false);
};
export const uncover = () => {
  closePanel(panelHere());
  leaveAddress();
};
const openTask = (path) => {
  const panel = panelHere();
  return htmx.ajax("GET", path, { source: panel, target: panel, swap: "innerHTML show:none" });
};
const openMaker = (path) => htmx.ajax("GET", path, { source: maker(), target: "#making-form", swap: "innerHTML show:none" });
// Shows what the address asks for, on a page that came without it.
const showCovers = () => {
  const panel = panelHere();
  const asked = wantedCovers();
  const there = covers();
  if (panel && (asked.task !== there.task || asked.edit !== there.edit)) {
    const path = `${panel.dataset.tasks}/${asked.task}`;
    if (ONE_TASK.test(path)) openTask(asked.edit ? `${path}?edit=1` : path);
    else if (panel.firstElementChild?.dataset.task) closePanel(panel);
  }
  if (!maker() || asked.make === there.make) return;
  const link = asked.make && document.querySelector(`a[data-make="${CSS.escape(asked.make)}"]`);
  if (link) openMaker(link.href);
  else if (!asked.make) { isMakerLeft = true; maker().close(); }
};
export const startCovering = showCovers;

// Before htmx: the browser has changed the address already, and only a page that is another has to be loaded.
window.addEventListener("popstate", (event) => {
  isGoingBack = false;
  const wanted = pathOf(pageOf(location));
  if (wanted !== page) { page = wanted; return; }
  event.stopImmediatePropagation();
  showCovers();
});
on("htmx:afterSettle", ({ detail: { target, requestConfig } }) => {
  const isPage = !target || target === document.body;
  if (isPage) { page = pathOf(pageOf(location)); showCovers(); return; }
  if (target.id === "making-form" && target.querySelector("form")) openDialog(maker());
  note((target.id === "panel" || target.id === "making-form") && requestConfig.verb === "get");
});
const closedMaker = (event) => {
  if (event.target !== maker()) return;
  document.getElementById("making-form").replaceChildren();
  if (!isMakerLeft) leaveAddress();
  isMakerLeft = false;
};
onCapture("close", closedMaker);
onCapture("click", (event) => {
  const link = closest(event, "a[href]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const isMaker = link.dataset.make && maker();
  const isTask = panelHere() && link.closest("#main, #toasts") && !link.closest("#panel") && ONE_TASK.test(link.pathname) && !link.search;
  if (!isMaker && !isTask) return;
  event.preventDefault();
  event.stopPropagation();
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.removeAttribute("open");
  if (isMaker) openMaker(link.href);
  else openTask(link.pathname);
});
on("click", (event) => {
  if (!closest(event, "[data-close-panel]")) return;
  event.preventDefault();
  uncover();
});
