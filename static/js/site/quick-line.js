// The line that adds tasks is free for the next one as soon as the one before is on its way. It grows with the
// lines pasted into it; Enter sends them, Shift+Enter begins another.

import { dropDraft } from "./drafts.js";
import { on, onCapture } from "./events.js";

const MOST_ROWS = 6;
let sent, isNewLine;
const line = () => document.getElementById("quick-title");
const grow = (input) => { input.rows = Math.min(input.value.split("\n").length, MOST_ROWS); };
const join = (texts) => texts.filter(Boolean).join(texts.some((text) => text.includes("\n")) ? "\n" : " ");
const isLine = ({ requestConfig }) => requestConfig?.elt.id === "quick-add";
onCapture("submit", (event) => {
  if (event.target !== sent?.form) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  sent.isNext = true;
});
on("htmx:beforeRequest", ({ detail }) => {
  if (!isLine(detail)) return;
  sent = { form: detail.requestConfig.elt, text: line().value };
  line().value = "";
  grow(line());
});
on("htmx:beforeSwap", ({ detail }) => {
  if (!sent || !isLine(detail)) return;
  sent.typed = line()?.value;
  // Before the new form looks for a draft.
  if (detail.xhr.status === 200) dropDraft(sent.form.dataset.draft);
  sent.isHere = sent.form.contains(document.activeElement);
});
on("htmx:afterRequest", ({ detail }) => {
  if (!sent || !isLine(detail)) return;
  const { text, isNext, isHere, typed = line()?.value ?? "" } = sent;
  const isMade = detail.xhr.status === 200;
  sent = undefined;
  const input = line();
  if (!input) return;
  // What was refused stands there again, before what was typed since.
  input.value = isMade ? typed : join([text, typed]);
  grow(input);
  input.setSelectionRange(input.value.length, input.value.length);
  // The button that was pressed went with what was drawn anew.
  if (isHere) input.focus();
  if (isMade && isNext && typed) input.form.requestSubmit();
  else if (typed) input.dispatchEvent(new Event("input", { bubbles: true }));
});
on("input", ({ target }) => { if (target.id === "quick-title") grow(target); });
on("keydown", (event) => { isNewLine = event.key === "Enter" && event.shiftKey; });
// Some keyboards of phones tell of Enter in this way alone.
on("beforeinput", (event) => {
  if (event.target.id !== "quick-title" || event.isComposing || isNewLine) return;
  if (event.inputType !== "insertLineBreak" && event.inputType !== "insertParagraph") return;
  event.preventDefault();
  event.target.form.requestSubmit();
});
// Several lines are too long for an address.
on("htmx:configRequest", ({ detail }) => {
  if (detail.elt.id !== "quick-title" || !detail.elt.value.includes("\n")) return;
  detail.verb = "post";
  detail.useUrlParams = false;
  detail.headers["Content-Type"] = "application/x-www-form-urlencoded";
});
