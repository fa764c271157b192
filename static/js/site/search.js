// Search: a combobox over a list that the server draws; nothing is asked before two letters, or a pause.

import { openDialog } from "./dialogs.js";
import { closest, on, onCapture } from "./events.js";
import { isDrawnBy, refuse } from "./swapping.js";
import { say } from "./toasts.js";

const PAUSE_MS = 200;
let asking, pause, shownFor, isWanted;
const options = () => [...document.querySelectorAll("#search-options [role=option]")];
const choose = (option) => {
  const input = document.getElementById("search-q");
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
};
const look = async (input) => {
  asking?.abort();
  asking = new AbortController();
  const asked = new URL(input.form.action);
  const words = input.value.trim();
  if (words.length > 1) asked.searchParams.set("q", words);
  try {
    const answer = await fetch(asked, { headers: { "HX-Request": "true" }, signal: asking.signal });
    const redirect = answer.headers.get("HX-Redirect");
    if (redirect) { location.assign(redirect); return; }
    if (!isDrawnBy(answer)) { refuse(answer.status); return; }
    const found = document.getElementById("search-found");
    found.innerHTML = await answer.text();
    htmx.process(found);
    const list = document.getElementById("search-options");
    input.setAttribute("aria-expanded", String(Boolean(list)));
    shownFor = words;
    choose(options()[0]);
    // Enter was pressed before this was there: it meant the first of these.
    if (isWanted && words === input.value.trim()) {
      isWanted = false;
      options()[0]?.click();
    }
    if (list) document.getElementById("search-said").textContent = list.dataset.count === "1" ? "1 found" : `${list.dataset.count} found`;
  } catch (failed) {
    if (failed.name !== "AbortError") say("The server could not be reached.", "wrong");
  }
};
export const openSearch = () => {
  const dialog = document.getElementById("search");
  if (!dialog || document.querySelector("dialog:modal")) return false;
  openDialog(dialog);
  const input = document.getElementById("search-q");
  input.select();
  look(input);
  return true;
};
on("input", (event) => {
  if (event.target.id !== "search-q") return;
  isWanted = false;
  clearTimeout(pause);
  pause = setTimeout(look, PAUSE_MS, event.target);
});
on("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !event.shiftKey && !event.altKey) {
    if (openSearch()) event.preventDefault();
    return;
  }
  if (event.target.id !== "search-q") return;
  if (event.key === "Escape") {
    // By itself a search field would only be emptied.
    event.preventDefault();
    document.getElementById("search").close();
    return;
  }
  const all = options();
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && all.length) {
    event.preventDefault();
    choose(all[(at + step + all.length) % all.length]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    isWanted = shownFor !== event.target.value.trim();
    if (!isWanted) all[at]?.click();
  }
});
onCapture("click", (event) => {
  const opener = closest(event, "[data-search]");
  if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    opener.closest("details.menu")?.removeAttribute("open");
    if (openSearch()) { event.preventDefault(); event.stopPropagation(); }
    return;
  }
  const option = closest(event, "#search-options [role=option]");
  if (!option || event.ctrlKey || event.metaKey || event.shiftKey) return;
  document.getElementById("search").close();
  if (!option.dataset.themeChoice) return;
  event.preventDefault();
  event.stopPropagation();
  document.querySelector(`[data-theme-form] button[value="${option.dataset.themeChoice}"]`)?.click();
});
