// Toasts: what was done or went wrong, said at the edge of the page.

import { on } from "./events.js";

const MOST_SHOWN = 3;
const MOST_UNDOABLE = 8;
// What a bar covers above and the toasts below.
const EDGE_PX = 96;
export const expire = (toast) => {
  if (toast.dataset.expires) return;
  toast.dataset.expires = "soon";
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
  const seconds = Number(toast.dataset.seconds);
  if (!seconds) { setTimeout(leave, 6000); return; }
  // What can be undone says for how long, and is gone when it no longer can.
  const end = Date.now() + seconds * 1000;
  const shown = toast.querySelector("[data-seconds-left]");
  const count = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left <= 0) { toast.dataset.isOver = ""; toast.remove(); return; }
    shown.textContent = left;
    setTimeout(count, 500);
  };
  count();
};
// What can still be undone goes last.
const makeRoom = (region) => {
  const rest = [...region.children].slice(0, -1).sort((one, other) => Boolean(one.dataset.seconds) - Boolean(other.dataset.seconds));
  while (region.childElementCount > (rest[0]?.dataset.seconds ? MOST_UNDOABLE : MOST_SHOWN)) rest.shift().remove();
};
export const say = (text, kind, undo, show) => {
  const template = document.getElementById(kind === "wrong" ? "toast-wrong" : undo ? "toast-undo" : "toast-done");
  const toast = template.content.cloneNode(true).firstElementChild;
  toast.querySelector("p").textContent = text;
  toast.querySelector("[data-dismiss]").hidden = false;
  const link = toast.querySelector("[data-show]");
  link.hidden = !show;
  if (show) link.href = show;
  const form = undo && toast.querySelector("form");
  if (form) {
    form.action = undo;
    form.setAttribute("hx-post", undo);
    form.setAttribute("hx-swap", "none");
  }
  const region = document.getElementById("toasts");
  region.append(toast);
  htmx.process(toast);
  makeRoom(region);
  expire(toast);
};

on("htmx:responseError", () => say("That did not work.", "wrong"));
on("toast", (event) => {
  for (const dialog of document.querySelectorAll("dialog:modal")) dialog.close();
  const { text, kind, undo, show, row } = event.detail;
  say(text, kind, undo, show);
  made = row;
});

// What was just made is brought into sight and marked, once it is on the page.
let made;
// Another page comes with messages of its own; what can still be undone stays beside them.
let lasting = [];
const keepLasting = () => { lasting = [...document.querySelectorAll("#toasts > .toast[data-seconds]")]; };
on("htmx:beforeSwap", ({ detail: { target } }) => { if (target === document.body) keepLasting(); });
on("htmx:historyCacheMissLoad", keepLasting);
on("htmx:afterSettle", () => {
  const kept = lasting.filter((toast) => !toast.isConnected && !("isOver" in toast.dataset));
  lasting = [];
  document.getElementById("toasts")?.prepend(...kept);
  // htmx removed them with the page before.
  for (const toast of kept) htmx.process(toast);
  const row = made && document.getElementById(made);
  made = undefined;
  if (!row) return;
  const { top, bottom } = row.getBoundingClientRect();
  const isClear = top >= EDGE_PX && bottom <= document.documentElement.clientHeight - EDGE_PX;
  // At once: a smooth movement is given up when anything else on the page settles.
  row.scrollIntoView({ block: isClear ? "nearest" : "center", inline: "nearest" });
  row.classList.add("just-made");
  setTimeout(() => document.getElementById(row.id)?.classList.remove("just-made"), 4000);
});
