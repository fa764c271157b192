// Dialogs: a link to #id opens <dialog id> as a modal; without script :target shows it.

import { closest } from "./events.js";

export const openDialog = (dialog) => {
  if (dialog.matches(":modal")) return;
  dialog.removeAttribute("open");
  dialog.showModal();
  // Where something is asked, Enter must do no harm.
  (dialog.querySelector("[aria-invalid], [autofocus], .control") ?? dialog.querySelector("[data-close]"))?.focus();
};
const dialogOf = (link) => {
  const hash = link.getAttribute("href") ?? "";
  const target = hash.startsWith("#") && hash.length > 1 ? document.getElementById(hash.slice(1)) : null;
  return target instanceof HTMLDialogElement ? target : null;
};
// Whether the click was for a dialog: it opened one, or closed the one it was in.
export const clickDialog = (event) => {
  const link = closest(event, "a[href^='#']");
  const dialog = link && dialogOf(link);
  if (dialog) {
    event.preventDefault();
    link.closest("details.menu")?.removeAttribute("open");
    openDialog(dialog);
    return true;
  }
  const close = closest(event, "[data-close]");
  if (close) {
    event.preventDefault();
    close.closest("dialog").close();
    return true;
  }
  if (!(event.target instanceof HTMLDialogElement) || !event.target.matches(":modal")) return false;
  const box = event.target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) event.target.close();
  return true;
};
