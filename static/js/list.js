// The list for those with script: many are chosen at once. Loaded when a list is first touched; without it ticks
// and the bar below work as a form, and each task has its own.

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

// ── Keys ──
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
