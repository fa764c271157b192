// What went wrong with a form or a move: said above the page or in the form's dialog, with *Try again* beside it.
// It stays until that is tried again. What only helps (a line read while it is typed, numbers fetched anew)
// neither says anything here nor wipes it.

import { on } from "./events.js";
import { say } from "./toasts.js";

const MOST_PROBLEMS = 3;
const MAY_PASS = [408, 429];
const ASKED_BY = ["click", "submit"];
const HELPERS = ["get", "/tasks/reading"];
const isHelper = ({ verb, path, triggeringEvent }) => HELPERS.some((each) => each === verb || path.endsWith(each)) && triggeringEvent && !ASKED_BY.includes(triggeringEvent.type);
const tryOf = ({ verb, path }) => (verb === "get" ? "get" : `${verb} ${path}`);
const problemsOf = (key) => [...document.querySelectorAll("[data-try]")].filter((each) => each.dataset.try === key);
// What goes wrong with a form in a dialog is said in the dialog: the page behind it is out of reach.
const regionFor = (elt) => {
  const form = elt.closest("dialog[open]")?.querySelector("form");
  if (!form) return document.getElementById("problem-region");
  let region = form.querySelector("[data-problems]");
  if (!region) {
    region = document.createElement("div");
    region.dataset.problems = "";
    region.setAttribute("role", "alert");
    form.prepend(region);
  }
  return region;
};
const sendAgain = ({ requestConfig, etc }) => {
  const { elt, verb, path, formData, triggeringEvent } = requestConfig;
  if (elt.isConnected && elt.matches("form")) {
    const { submitter } = triggeringEvent ?? {};
    elt.requestSubmit(submitter?.isConnected ? submitter : undefined);
    return;
  }
  const values = Object.fromEntries(formData);
  // A card that script had put in its place is back where it was.
  delete values.placed;
  const source = elt.isConnected ? elt : document.body;
  htmx.ajax(verb.toUpperCase(), path, { source, target: etc.targetOverride?.isConnected ? etc.targetOverride : source, swap: etc.swapOverride ?? "none", values });
};
const tellProblem = (detail, content) => {
  const { requestConfig } = detail;
  const region = regionFor(requestConfig.elt);
  if (!region) return;
  const problem = document.createElement("div");
  problem.className = "problem";
  problem.dataset.try = tryOf(requestConfig);
  for (const other of problemsOf(problem.dataset.try)) other.remove();
  problem.append(content);
  const buttons = document.getElementById("problem-buttons").content.cloneNode(true);
  const again = buttons.querySelector("[data-again]");
  again.addEventListener("click", () => { problem.remove(); sendAgain(detail); });
  // What is refused for what it says is refused again.
  again.hidden = detail.xhr.status >= 400 && detail.xhr.status < 500 && !MAY_PASS.includes(detail.xhr.status);
  buttons.querySelector("[data-close-problem]").addEventListener("click", () => problem.remove());
  const notice = problem.querySelector(".notice");
  // The region around it is the alert.
  notice.removeAttribute("role");
  const actions = notice.querySelector(".notice-actions") ?? notice.appendChild(document.createElement("div"));
  actions.className = "notice-actions";
  actions.append(buttons);
  region.append(problem);
  while (region.childElementCount > MOST_PROBLEMS) region.firstElementChild.remove();
};
const plainProblem = (text) => {
  const content = document.getElementById("problem-plain").content.cloneNode(true);
  if (text) content.querySelector("p").textContent = text;
  return content;
};

on("htmx:beforeSwap", ({ detail }) => {
  const { target, requestConfig, serverResponse, refused } = detail;
  if (refused) { if (!isHelper(requestConfig)) tellProblem(detail, plainProblem(refused)); return; }
  if (!detail.shouldSwap || target.id !== "problem-region") return;
  detail.shouldSwap = false;
  if (isHelper(requestConfig)) return;
  const drawn = document.createElement("template");
  drawn.innerHTML = serverResponse;
  tellProblem(detail, drawn.content);
});
on("htmx:sendError", ({ detail }) => {
  if (isHelper(detail.requestConfig)) return;
  if (detail.requestConfig.verb === "get") say("The server could not be reached.", "wrong");
  else tellProblem(detail, plainProblem());
});
on("htmx:beforeRequest", ({ detail: { requestConfig } }) => {
  if (isHelper(requestConfig)) return;
  for (const problem of problemsOf(tryOf(requestConfig))) problem.remove();
});
