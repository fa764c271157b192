// What only boards and lists need comes when one is first touched; what is done meanwhile is told it.

import { bring } from "./bringing.js";
import { on } from "./events.js";

const parts = new Map();
const wake = (event) => {
  const source = document.querySelector("[data-script]")?.dataset.script;
  if (!source || parts.get(source) === "here") return;
  if (parts.has(source)) { parts.get(source).push(event); return; }
  const early = [event];
  parts.set(source, early);
  bring(source).then((part) => {
    parts.set(source, "here");
    for (const each of early) part.wake(each);
  }, () => parts.delete(source));
};
for (const name of ["pointerover", "pointerdown", "pointerup", "pointercancel", "touchstart", "focusin", "keydown", "click"]) {
  on(name, wake);
}
