// The wizard's connection: read while it is pasted, and tested row by row.

import { on } from "./events.js";
import { isDrawnBy } from "./swapping.js";

// While a connection test runs its rows fill in; where nothing is known of it, its answer does.
let watching;
const watch = async (form) => {
  const answer = await fetch(form.dataset.progress, { headers: { "HX-Request": "true" } }).catch(() => null);
  const rows = answer?.status === 200 && isDrawnBy(answer) ? await answer.text() : "";
  if (watching?.form !== form) return;
  if (rows) document.getElementById("connection-checks").outerHTML = rows;
  watching.timer = setTimeout(watch, 250, form);
};
on("htmx:beforeRequest", ({ detail: { elt } }) => {
  if (elt.dataset.progress) watching = { form: elt, timer: setTimeout(watch, 150, elt) };
});
on("htmx:afterRequest", ({ detail: { requestConfig } }) => {
  // Its answer has taken the form's place: the event comes from what stands there now.
  if (watching?.form !== requestConfig.elt) return;
  clearTimeout(watching.timer);
  watching = undefined;
});
// A pasted text is read anew as it changes, and what was found of the one before goes; while it is tested,
// and once its field is gone, the test has the word.
on("htmx:beforeSwap", (event) => {
  const { target, requestConfig: { elt } } = event.detail;
  if (target.id !== "reading") return;
  if (watching || !document.contains(elt)) { event.detail.shouldSwap = false; return; }
  elt.removeAttribute("aria-invalid");
  elt.setAttribute("aria-describedby", `${elt.id}-hint`);
  for (const id of [`${elt.id}-error`, "workspace-choice"]) document.getElementById(id)?.remove();
});
