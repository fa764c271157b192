// The browser knows its time zone; without script the server's own is used until one is chosen.

import { onCapture } from "./events.js";

onCapture("submit", (event) => {
  for (const field of event.target.querySelectorAll("[data-time-zone]")) {
    field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  }
});
