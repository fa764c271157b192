// A page or a part that has just come: what only works with script is shown, and focus stays near.

import { bring } from "./bringing.js";
import { openDialog } from "./dialogs.js";
import { on } from "./events.js";
import { colourSql } from "./sql.js";
import { expire } from "./toasts.js";

// Buttons that only work with script are served hidden.
export const reveal = (scope) => {
  for (const button of scope.querySelectorAll("[data-reveal], [data-copy], [data-print], [data-dismiss]")) button.hidden = false;
  for (const code of scope.querySelectorAll("code[data-sql]")) colourSql(code);
  for (const dialog of scope.querySelectorAll("dialog[open]")) openDialog(dialog);
  for (const toast of scope.querySelectorAll("#toasts > .toast")) expire(toast);
  for (const part of scope.querySelectorAll("[data-meter]")) bring(part.dataset.meter).catch(() => {});
  for (const link of scope.querySelectorAll(".settings-nav [aria-current]")) link.scrollIntoView({ block: "nearest", inline: "center" });
};

on("htmx:afterSettle", (event) => {
  const { target, requestConfig, boosted, elt } = event.detail;
  reveal(document);
  // A page restored from history brings no request: the browser keeps the place.
  if (!target) return;
  // After an outerHTML swap the target is gone and `elt` is what stands in its place.
  const place = document.contains(target) ? target : elt;
  const invalid = place.querySelector("[aria-invalid]");
  if (invalid && requestConfig.verb === "post") { invalid.focus(); return; }
  if (document.activeElement !== document.body) return;
  // The control that was used is gone: stay near it, or start at the new page's content.
  const next = boosted ? document.getElementById("main") : place.querySelector("[data-focus]") ?? place;
  if (!next || !document.contains(next)) return;
  if (!next.hasAttribute("tabindex") && !next.matches("a, button, input, select, textarea")) next.tabIndex = -1;
  next.focus({ preventScroll: true });
});
