// Forms: passwords hidden again, a button busy while it sends, a choice sent at once.

import { closest, on } from "./events.js";
import { setTheme } from "./theme.js";
import { say } from "./toasts.js";

on("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-theme-form]")) {
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    setTheme(body.get("theme"));
    fetch(form.action, { method: "POST", body, redirect: "manual" });
    return;
  }
  for (const other of form.querySelectorAll(".reveal input[type=text]")) other.type = "password";
  event.submitter?.setAttribute("aria-busy", "true");
});
const rest = () => {
  for (const busy of document.querySelectorAll("form [aria-busy]")) busy.removeAttribute("aria-busy");
};
window.addEventListener("pageshow", rest);
on("htmx:afterRequest", rest);

on("change", (event) => {
  // Enter in a text field sends its form by itself, and says so as a change, too.
  const chosen = closest(event, "form[data-most-bytes] input[type=file]");
  if (chosen?.files[0]?.size > Number(chosen?.form.dataset.mostBytes)) {
    chosen.value = "";
    say(chosen.form.dataset.tooLarge, "wrong");
  }
  const form = closest(event, "form[data-autosubmit]:not(:has(input[type=search]:focus))");
  if (form) form.requestSubmit();
});
