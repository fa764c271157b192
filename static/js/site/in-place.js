// Editing where a value stands, on a card, a line, in the panel and on a task's own page alike: by a click or by one
// key. The form comes from the server. Enter saves, Escape leaves it, and so does going elsewhere unchanged.

import { dropDraft, keptDrafts } from "./drafts.js";
import { closest, on, onCapture } from "./events.js";

const FIELD_OF = { e: "title", s: "status", p: "priority", a: "assignee_id", r: "project_id", d: "due_date" };
const ROWS = ".card[id^=task-], tr[id^=task-], .panel[data-href]";
let opened;
const hrefOf = (row) => row.dataset.href ?? row.querySelector(".card-title, th a")?.getAttribute("href");
const anchorOf = (row) => row.querySelector(".card-title, th a") ?? row;
// Where the form goes: in place of the value, or at the end of a card that does not show it.
const placeFor = (row, column) => {
  const value = [...row.querySelectorAll(`[data-edit="${column}"]`)].find((each) => each.offsetParent);
  if (row.matches(".card")) return row;
  return value?.closest("td, th, dd, .panel-title");
};
const closeEditor = (isFocusBack) => {
  if (!opened) return;
  const { box, place, row, column } = opened;
  opened = undefined;
  box.remove();
  place.classList.remove("cell-open");
  if (!isFocusBack || !row.isConnected) return;
  const value = row.matches(".panel") && row.querySelector(`[data-edit="${column}"]`);
  (value || anchorOf(row)).focus({ preventScroll: true });
};
const openEditor = (row, column, isByClick) => {
  const place = placeFor(row, column);
  if (!place || (opened?.place === place && opened.column === column)) return;
  closeEditor(false);
  const box = document.createElement("div");
  box.className = "in-place";
  place.append(box);
  place.classList.add("cell-open");
  opened = { box, place, row, column };
  htmx.ajax("GET", `${hrefOf(row)}?field=${column}`, { source: box, target: box, swap: "innerHTML show:none" }).then(() => {
    const field = box.querySelector(".cell-control");
    if (opened?.box !== box) return;
    if (!field) { closeEditor(true); return; }
    field.focus();
    if (field.matches("select") && isByClick) try { field.showPicker(); } catch { /* opened by its own keys */ }
    if (field.type === "text") field.select();
  });
};
// Only then is the draft dropped: a field that goes says once more that it was changed.
const leaveEditor = (isFocusBack) => {
  const key = opened?.box.querySelector("form")?.dataset.draft;
  closeEditor(isFocusBack);
  if (key) dropDraft(key);
};
const isChanged = (field) => field.value !== field.form.elements[`was-${field.name}`].value;
const saveEditor = (isFocusBack) => {
  const field = opened.box.querySelector(".cell-control");
  if (!field || opened.isSent) return;
  if (field.validity.badInput || !isChanged(field)) { leaveEditor(isFocusBack); return; }
  opened.isSent = true;
  opened.isFocusBack = isFocusBack;
  field.form.requestSubmit();
};
// A form that was left in the middle, as a reload does, is open again.
let reopened = "";
const reopen = () => {
  if (opened || reopened === location.href) return;
  const task = new URL(location).searchParams.get("task");
  for (const key of keptDrafts()) {
    const [href, column] = key.split(" ");
    // What the address opens in the panel is edited there, once it has come.
    const rows = task && href.endsWith(task) ? ".panel[data-href]" : ROWS;
    const row = column && [...document.querySelectorAll(rows)].find((each) => hrefOf(each) === href && placeFor(each, column));
    if (row) { reopened = location.href; openEditor(row, column); return; }
  }
};

onCapture("click", (event) => {
  const value = closest(event, "[data-edit]");
  const row = value?.closest(ROWS);
  if (!row || value.matches("th") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  openEditor(row, value.dataset.edit, true);
});
on("dblclick", (event) => {
  const head = closest(event, "th[data-edit], .card");
  if (head && !closest(event, "a, .in-place")) openEditor(head.closest(ROWS), "title");
});
onCapture("keydown", (event) => {
  const field = closest(event, ".in-place .cell-control");
  if (!field) return;
  if (event.key === "Enter") saveEditor(true);
  else if (event.key === "Escape") leaveEditor(true);
  else { opened.isByKeys = true; return; }
  event.preventDefault();
  event.stopPropagation();
});
// What is chosen by the mouse is saved; by keys one goes from choice to choice, and Enter saves.
on("change", (event) => { if (closest(event, ".in-place select.cell-control") && opened && !opened.isByKeys) saveEditor(true); });
on("focusout", (event) => {
  if (!opened || !opened.box.contains(event.target) || opened.box.contains(event.relatedTarget)) return;
  // A draft that was restored is saved by nothing but the person's own Enter.
  if (opened.box.querySelector(".draft")) return;
  // While it is left for another control nothing has the focus, and whoever takes it then keeps it.
  if (document.hasFocus() && opened.box.isConnected) saveEditor(!(event.relatedTarget?.tabIndex >= 0));
});
on("keydown", (event) => {
  if (event.defaultPrevented || event.altKey) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const form = closest(event, "form[data-draft]");
    if (form) { event.preventDefault(); form.requestSubmit(); }
    return;
  }
  const column = FIELD_OF[event.key];
  if (!column || event.ctrlKey || event.metaKey || event.shiftKey || closest(event, "input:not([type=checkbox]), select, textarea, button:not([data-edit]), dialog")) return;
  const row = closest(event, ROWS) || document.querySelector(".panel[data-href]");
  if (!row || document.querySelector("dialog:modal")) return;
  event.preventDefault();
  openEditor(row, column);
});
on("htmx:afterRequest", ({ detail: { requestConfig, xhr } }) => {
  if (!opened || !requestConfig.elt.matches?.(".in-place form")) return;
  // What could not be saved stays open; what was refused is in the whole form now.
  if (xhr.status === 0 || xhr.status >= 500) { opened.isSent = false; return; }
  const { row, column, isFocusBack } = opened;
  if (xhr.status < 300) leaveEditor(false);
  else closeEditor(false);
  if (xhr.status >= 400 || (!isFocusBack && document.activeElement !== document.body)) return;
  const now = row.isConnected ? row : document.getElementById(row.id) ?? document.querySelector(".panel[data-href]");
  const value = now?.matches(".panel") && now.querySelector(`[data-edit="${column}"]`);
  (value || (now && anchorOf(now)))?.focus({ preventScroll: true });
});
on("htmx:afterSettle", reopen);
on("DOMContentLoaded", reopen);
