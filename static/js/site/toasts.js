// Toasts: what was done or went wrong, said at the edge of the page.

import { on } from "./events.js";

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
    if (left <= 0) { toast.remove(); return; }
    shown.textContent = left;
    setTimeout(count, 500);
  };
  count();
};
export const say = (text, kind, undo) => {
  const template = document.getElementById(kind === "wrong" ? "toast-wrong" : undo ? "toast-undo" : "toast-done");
  const toast = template.content.cloneNode(true).firstElementChild;
  toast.querySelector("p").textContent = text;
  toast.querySelector("[data-dismiss]").hidden = false;
  const form = undo && toast.querySelector("form");
  if (form) {
    form.action = undo;
    form.setAttribute("hx-post", undo);
    form.setAttribute("hx-swap", "none");
  }
  const region = document.getElementById("toasts");
  region.append(toast);
  if (form) htmx.process(form);
  while (region.childElementCount > 3) region.firstElementChild.remove();
  expire(toast);
};

on("htmx:responseError", () => say("That did not work.", "wrong"));
on("toast", (event) => {
  for (const dialog of document.querySelectorAll("dialog:modal")) dialog.close();
  say(event.detail.text, event.detail.kind, event.detail.undo);
});
