// The page as it was loaded.

import { startCovering } from "./covering.js";
import { openDialog } from "./dialogs.js";
import { restoreDrafts, settleSent } from "./drafts.js";
import { on } from "./events.js";
import { reveal } from "./settling.js";
import { showTab } from "./tabs.js";

reveal(document);
showTab();
const named = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
if (named instanceof HTMLDialogElement) {
  history.replaceState(null, "", location.pathname + location.search);
  openDialog(named);
}
settleSent();
// Once htmx has looked at the page.
on("DOMContentLoaded", () => {
  restoreDrafts();
  startCovering();
});
