// What went wrong with a form: said above the page or in the form's dialog, and gone with the next try.

import { on } from "./events.js";

on("htmx:beforeSwap", (event) => {
  // What goes wrong with a form in a dialog is said in the dialog: the page behind it is out of reach.
  const { target, requestConfig } = event.detail;
  const dialog = requestConfig.elt.closest("dialog[open]");
  if (target.id !== "problem-region" || !dialog) return;
  let region = dialog.querySelector("[data-problems]");
  if (!region) {
    region = document.createElement("div");
    region.dataset.problems = "";
    region.setAttribute("role", "alert");
    dialog.querySelector("form").prepend(region);
  }
  event.detail.target = region;
});
on("htmx:beforeRequest", () => {
  for (const region of document.querySelectorAll("#problem-region, [data-problems]")) region.replaceChildren();
});
