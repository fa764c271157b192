// Only HTML that our templates drew goes into the page: the server marks it (provision/web/answer/swapping.py). A
// link loads what is something else as it would without script; of any other request it is said.

import { on } from "./events.js";
import { say } from "./toasts.js";

const isDrawn = (headerOf) => headerOf("Provision-Drawn") === "1" && /^text\/html\s*(;|$)/i.test(headerOf("Content-Type") ?? "");
const isDrawnFor = (xhr) => isDrawn((name) => xhr.getResponseHeader(name));
export const isDrawnBy = (answer) => isDrawn((name) => answer.headers.get(name));
const UNREADABLE = {
  408: "The server waited too long for this. Send it again.",
  413: "This is too large for the server. Nothing was done.",
  429: "That was too often. Wait a moment, then try again.",
};
const wordsFor = (status) => UNREADABLE[status] ?? "The server's answer cannot be shown here. Load the page again and look whether it was done.";
export const refuse = (status) => say(wordsFor(status), "wrong");
on("htmx:beforeSwap", ({ detail }) => {
  const { xhr, boosted, requestConfig, pathInfo } = detail;
  if (!detail.shouldSwap || isDrawnFor(xhr)) return;
  detail.shouldSwap = false;
  if (boosted && requestConfig.verb === "get") location.assign(pathInfo.finalRequestPath);
  // Without a body, its headers have said what there is to say.
  else if (xhr.responseText) detail.refused = wordsFor(xhr.status);
});
// The browser loads a page of the history by itself that cannot be put into this document.
on("htmx:historyCacheMissLoad", ({ detail }) => {
  if (isDrawnFor(detail.xhr)) return;
  detail.response = "";
  detail.swapSpec.swapStyle = "none";
  location.reload();
});
on("htmx:historyCacheMissLoadError", () => location.reload());
