// The line that adds tasks is free for the next one as soon as the one before is on its way.

import { on, onCapture } from "./events.js";

let sent;
const line = () => document.getElementById("quick-title");
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
});
on("htmx:beforeSwap", ({ detail }) => {
  if (sent && isLine(detail)) sent.typed = line()?.value;
});
on("htmx:afterRequest", ({ detail }) => {
  if (!sent || !isLine(detail)) return;
  const { text, isNext, typed = line()?.value ?? "" } = sent;
  const isMade = detail.xhr.status === 200;
  sent = undefined;
  const input = line();
  if (!input) return;
  // What was refused stands there again, before what was typed since.
  input.value = isMade ? typed : [text, typed].filter(Boolean).join(" ");
  input.setSelectionRange(input.value.length, input.value.length);
  if (isMade && isNext && typed) input.form.requestSubmit();
  else if (typed) input.dispatchEvent(new Event("input", { bubbles: true }));
});
