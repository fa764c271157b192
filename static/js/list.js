// The list for those with script: many are chosen at once, values are edited where they stand. Loaded when
// a list is first touched; without it ticks and the bar below work as a form, and each task has its own.

const rows = () => [...document.querySelectorAll(".task-table tbody tr[id]")];
const link = (row) => row?.querySelector("th a");
const boxes = () => [...document.querySelectorAll(".task-table input[name=id]")];
const focusOn = (row) => {
  link(row)?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
};

// ── Choosing ──
let last;
const recount = () => {
  const bar = document.getElementById("bulk");
  if (!bar) return;
  const chosen = boxes().filter((box) => box.checked).length;
  const all = bar.elements.all;
  if (!chosen) all.checked = false;
  bar.querySelector("[data-chosen]").textContent = all.checked ? "All chosen" : `${chosen} chosen`;
  const head = document.querySelector("[data-choose-all]");
  head.hidden = false;
  head.checked = chosen > 0 && chosen === boxes().length;
  head.indeterminate = chosen > 0 && !head.checked;
};
const onClick = (event) => {
  const cell = event.target.closest?.("button.cell-edit");
  if (cell) edit(cell.closest("tr"), cell.dataset.edit);
  const box = event.target.closest?.(".task-table input[name=id]");
  if (!box) return;
  const all = boxes();
  if (event.shiftKey && last?.isConnected) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
    for (const each of all.slice(from, to + 1)) each.checked = box.checked;
  }
  last = box;
};
const onChange = ({ target }) => {
  if (target.matches("[data-choose-all]")) for (const box of boxes()) box.checked = target.checked;
  recount();
};

// ── Editing in place ──
const control = (column, value) => {
  const list = document.querySelector(`select#bulk-${column}`);
  const made = document.createElement(list ? "select" : "input");
  if (list) {
    // The bar offers the same values; what stands for none there is empty here.
    for (const { value: key, text } of list.options) {
      if (key) made.add(new Option(text, key === "none" ? "" : key));
    }
    if (![...made.options].some((option) => option.value === value)) made.add(new Option(value || "none", value));
  } else {
    made.type = column === "due_date" && /^(\d{4}-\d\d-\d\d)?$/.test(value) ? "date" : "text";
    made.maxLength = 200;
  }
  made.value = value;
  made.className = "control cell-control";
  made.setAttribute("aria-label", column === "title" ? "Title" : list ? list.getAttribute("aria-label") : "Due date");
  return made;
};
const edit = (row, column) => {
  const cell = row.querySelector(`[data-edit=${column}]`);
  const place = cell?.closest("td, th");
  if (!place || place.querySelector(".cell-control") || !cell.offsetParent) return;
  const value = column === "title" ? link(row).textContent : cell.dataset.value;
  const field = control(column, value);
  const before = [...place.childNodes];
  let isOver = false;
  const close = (save, next) => {
    if (isOver) return;
    isOver = true;
    const hadFocus = place.contains(document.activeElement);
    const typed = field.value;
    place.replaceChildren(...before);
    place.classList.remove("cell-open");
    // While it is left for another control nothing has the focus, and whoever takes it then keeps it.
    if (!(next?.tabIndex >= 0) && (hadFocus || document.activeElement === document.body)) focusOn(row);
    if (!save || typed === value) return;
    const values = { [column]: typed, [`was-${column}`]: value, version: row.dataset.version };
    htmx.ajax("POST", link(row).getAttribute("href"), { source: row, target: row, swap: "none", values });
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    // Keys with which an input method composes a word are its own.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter") { event.preventDefault(); close(true); }
    if (event.key === "Escape") close(false);
  });
  field.addEventListener("blur", ({ relatedTarget }) => close(true, relatedTarget));
  if (field.matches("select")) field.addEventListener("change", () => close(true));
  place.replaceChildren(field);
  place.classList.add("cell-open");
  field.focus();
  if (field.matches("select")) try { field.showPicker(); } catch { /* opened by its own keys */ }
  if (field.type === "text") field.select();
};
const onDoubleClick = (event) => {
  const head = event.target.closest?.("th[data-edit=title]");
  if (head && !event.target.closest("a")) edit(head.closest("tr"), "title");
};

// ── Keys ──
const EDITS = { e: "title", s: "status", p: "priority", a: "assignee_id", d: "due_date" };
const onKey = (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!document.querySelector(".task-table") || event.target.closest("select, textarea, dialog, .panel")) return;
  const { key } = event;
  const row = event.target.closest(".task-table tr[id]");
  const isTyping = event.target.matches("input:not([type=checkbox])");
  if (isTyping || (key !== "Escape" && event.target.matches("input:not([name=id])"))) return;
  const all = rows();
  const at = all.indexOf(row);
  if (key === "Escape" && boxes().some((box) => box.checked)) document.getElementById("bulk").reset();
  else if (key === "j" || (key === "ArrowDown" && row)) focusOn(all[at + 1]);
  else if (key === "k" || (key === "ArrowUp" && row)) focusOn(all[at < 0 ? 0 : at - 1]);
  else if (key === "x" && row) row.querySelector("input[name=id]").click();
  else if (row && EDITS[key] && !event.target.matches("button")) edit(row, EDITS[key]);
  else return;
  event.preventDefault();
};

// ── After each answer ──
let place;
const leaving = ({ detail: { target } }) => {
  if (!target.matches?.("tr")) return;
  place = { id: target.id, isChosen: target.querySelector("input[name=id]")?.checked, hasFocus: target.contains(document.activeElement) };
};
const redrawn = () => {
  const row = place && document.getElementById(place.id);
  if (row) {
    row.querySelector("input[name=id]").checked = place.isChosen;
    if (place.hasFocus) link(row).focus({ preventScroll: true });
  }
  place = undefined;
};

export const start = ({ on }) => {
  on("click", onClick);
  on("change", onChange);
  on("reset", () => setTimeout(recount));
  on("dblclick", onDoubleClick);
  on("keydown", onKey);
  on("htmx:oobBeforeSwap", leaving);
  on("htmx:oobAfterSwap", redrawn);
  on("htmx:afterSettle", recount);
};

export const wake = (event) => {
  if (event.type === "keydown") onKey(event);
  if (event.type === "click") onClick(event);
  recount();
};
