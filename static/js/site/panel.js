// The panel beside a board or list: its card is marked, focus goes in and comes back.

import { closest, on, onCapture } from "./events.js";
import { showTab } from "./tabs.js";

const openCard = () => document.getElementById(document.querySelector("#panel > [data-task]")?.dataset.task);
const markCard = () => {
  const card = openCard();
  for (const other of document.querySelectorAll(".card-open")) other.classList.toggle("card-open", other === card);
  card?.classList.add("card-open");
};
export const closePanel = (panel, address) => {
  const card = openCard();
  panel.replaceChildren();
  markCard();
  if (address && new URL(address, location).pathname === location.pathname) history.replaceState(history.state, "", address);
  (card?.querySelector("a") ?? document.getElementById("main")).focus({ preventScroll: true });
};
on("htmx:afterSettle", ({ detail: { target, requestConfig } }) => {
  markCard();
  showTab();
  if (target?.id !== "panel" || requestConfig.verb !== "get" || target.contains(document.activeElement)) return;
  target.querySelector("[autofocus], .panel")?.focus({ preventScroll: true });
});
on("click", (event) => {
  const close = closest(event, "[data-close-panel]");
  if (!close) return;
  event.preventDefault();
  closePanel(document.getElementById("panel"), close.href);
});
// A link opened with a key held goes to a new tab, also where a plain click swaps a part of the page.
onCapture("click", (event) => {
  if ((event.ctrlKey || event.metaKey || event.shiftKey) && closest(event, "a[hx-get]")) event.stopPropagation();
});
