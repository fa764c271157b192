// What a click does to the part of the page that it is on; a click anywhere closes menus.

import { copy } from "./copying.js";
import { clickDialog } from "./dialogs.js";
import { closest, on } from "./events.js";

on("click", (event) => {
  if (clickDialog(event)) return;
  const copying = closest(event, "[data-copy]");
  if (copying) copy(copying);
  if (closest(event, "[data-print]")) print();
  const dismiss = closest(event, "[data-dismiss]");
  if (dismiss) dismiss.closest(".toast, .notice").remove();
  const peek = closest(event, "[data-reveal]");
  if (peek) {
    const input = document.getElementById(peek.dataset.reveal);
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    peek.textContent = shown ? "Show" : "Hide";
    peek.setAttribute("aria-pressed", String(!shown));
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.removeAttribute("open");
  }
});
