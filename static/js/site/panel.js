// The panel beside a board or list: its card is marked, focus goes in and comes back.

import { closest, on, onCapture } from "./events.js";
import { showTab } from "./tabs.js";

const openCard = () => document.getElementById(document.querySelector("#panel > [data-task]")?.dataset.task);
const markCard = () => {
  const card = openCard();
  for (const other of document.querySelectorAll(".card-open")) other.classList.toggle("card-open", other === card);
  card?.classList.add("card-open");
};
// Where the task that is open stands on the page: its card or line, or a link to it.
const wayBack = () => {
  const id = document.querySelector("#panel > [data-task]")?.dataset.task.slice("task-".length);
  return openCard()?.querySelector("a") ?? (id && document.querySelector(`#main a[href$="/tasks/${id}"]:not(#panel a)`));
};
export const closePanel = (panel) => {
  const back = wayBack() || document.getElementById("main");
  panel.replaceChildren();
  markCard();
  back.focus({ preventScroll: true });
};
on("htmx:afterSettle", ({ detail: { target, requestConfig } }) => {
  markCard();
  showTab();
  if (target?.id !== "panel" || requestConfig.verb !== "get" || target.contains(document.activeElement)) return;
  target.querySelector("[autofocus], .panel")?.focus({ preventScroll: true });
});
// A link opened with a key held goes to a new tab, also where a plain click swaps a part of the page.
onCapture("click", (event) => {
  if ((event.ctrlKey || event.metaKey || event.shiftKey) && closest(event, "a[hx-get]")) event.stopPropagation();
});
