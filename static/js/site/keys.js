// Keys: only to what is on the page.

import { uncover } from "./covering.js";
import { openDialog } from "./dialogs.js";
import { closest, on } from "./events.js";
import { openSearch } from "./search.js";

let went = 0;
on("keydown", (event) => {
  if (event.key === "Escape") {
    // The browser closes what stands over the page, and nothing else goes with it.
    if (document.querySelector(":popover-open")) return;
    const menu = document.querySelector("details.menu[open]");
    menu?.removeAttribute("open");
    menu?.querySelector("summary").focus();
    const panel = document.getElementById("panel");
    const isTyping = closest(event, "input, select, textarea") || document.querySelector("dialog:modal");
    if (!menu && panel?.firstElementChild && !isTyping) uncover();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (closest(event, "input, select, textarea, [contenteditable]") || document.querySelector("dialog:modal")) return;
  const key = event.key.toLowerCase();
  if (Date.now() - went < 1000) {
    went = 0;
    const link = document.querySelector(`a[data-go="${CSS.escape(key)}"]`);
    if (link) { event.preventDefault(); link.click(); return; }
  }
  if (key === "g") { went = Date.now(); return; }
  if (key === "/" && openSearch()) { event.preventDefault(); return; }
  if (key === "?") {
    const dialog = document.getElementById("keys");
    if (dialog) { event.preventDefault(); openDialog(dialog); }
    return;
  }
  const control = /^[a-z]$/.test(key) && document.querySelector(`[data-key="${key}"]`);
  if (control) { event.preventDefault(); control.matches("input") ? control.focus() : control.click(); }
});
