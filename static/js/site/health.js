// The dot beside the workspace's name: whether its database answered the last time it was asked.

import { on } from "./events.js";

on("htmx:afterRequest", ({ detail: { xhr } }) => {
  const health = xhr.getResponseHeader("Provision-Health");
  const dot = document.querySelector(".side-workspace .health");
  if (!health || !dot) return;
  const words = dot.dataset[health];
  dot.className = `health health-${health}`;
  dot.title = words;
  dot.nextElementSibling.textContent = `, ${words}`;
});
