// What somebody types is kept in this browser until it is saved: for the account, by form and row. A form asks for
// it by data-draft; no other form is kept, and no field that may hold a secret. data-draft-steps names the draft of
// the first of several steps, which is kept until the last one is done.

import { closest, on } from "./events.js";

const DRAFTS = "provision.draft";
const SENT = "provision.sent";
const MOST_DRAFTS = 40;
const MOST_CHARACTERS = 300000;
const LASTS_MS = 14 * 24 * 60 * 60 * 1000;
const TYPED = "input:not([type=hidden], [type=password], [type=file], [type=submit], [type=radio]), textarea, select";
const SECRET = /password|code|token|secret|connection|certificate/;
// An address with a password in it, in a line where none is asked for.
const SECRET_TEXT = /:[/][/][^ ]*:[^ ]*@/;
// What a form went out from goes with it, so that newer work is not overwritten unseen.
const ORIGINS = ["version", "seen"];

const drawnFrom = new WeakMap();
const stored = (name) => {
  // Storage may be forbidden, and anything may stand there.
  try { return JSON.parse(localStorage.getItem(name)); } catch { return null; }
};
// What was typed in one workspace is not put into another.
const nameFor = (key) => {
  const { account, workspace = "" } = document.getElementById("page").dataset;
  return `${DRAFTS} ${account}${workspace} ${key}`;
};
const isSignedIn = () => Boolean(document.getElementById("page")?.dataset.account);
const all = () => Object.keys(localStorage).filter((name) => name.startsWith(`${DRAFTS} `));
const forgetOld = () => {
  const kept = all().map((name) => ({ name, at: stored(name)?.at ?? 0 })).sort((one, other) => other.at - one.at);
  const oldest = Date.now() - LASTS_MS;
  kept.forEach(({ name, at }, place) => { if (place >= MOST_DRAFTS || at < oldest) localStorage.removeItem(name); });
};
export const dropDraft = (key) => {
  if (isSignedIn()) try { localStorage.removeItem(nameFor(key)); } catch { /* nothing was kept */ }
};
const draftOf = (key) => {
  const draft = isSignedIn() ? stored(nameFor(key)) : null;
  return draft?.fields && Date.now() - draft.at < LASTS_MS ? draft : null;
};

export const keptDrafts = () => {
  const start = nameFor("");
  return isSignedIn() ? all().filter((name) => name.startsWith(start)).map((name) => name.slice(start.length)).filter(draftOf) : [];
};

const isKept = (field) => field.name && field.matches(TYPED) && !SECRET.test(`${field.name} ${field.autocomplete}`);
const fieldsOf = (form) => [...form.elements].filter(isKept);
const valueOf = (field) => (field.type === "checkbox" ? String(field.checked) : field.value);
const isSecretLine = (field) => field.matches("input") && SECRET_TEXT.test(field.value);
const drawnValue = (field) => {
  if (field.type === "checkbox") return String(field.defaultChecked);
  if (field.matches("select")) return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value;
  return field.defaultValue;
};
const put = (field, value) => {
  if (field.type === "checkbox") field.checked = value === "true";
  // What is no choice any more is left out.
  else if (!field.matches("select") || [...field.options].some((option) => option.value === value)) field.value = value;
};
const keep = (form) => {
  if (!isSignedIn()) return;
  const { draft: key } = form.dataset;
  const fields = {};
  for (const field of fieldsOf(form)) {
    if (valueOf(field) !== drawnValue(field) && !isSecretLine(field)) fields[field.name] = valueOf(field);
  }
  // Of several steps each shows other fields; what was typed into those of another one stays.
  const others = form.dataset.draftSteps ? Object.entries(draftOf(key)?.fields ?? {}) : [];
  const names = new Set(fieldsOf(form).map(({ name }) => name));
  for (const [name, value] of others) if (!names.has(name)) fields[name] = value;
  if (!Object.keys(fields).length) { dropDraft(key); return; }
  const origins = ORIGINS.map((name) => form.elements[name]?.value ?? "");
  const text = JSON.stringify({ at: Date.now(), fields, origins });
  if (text.length > MOST_CHARACTERS) return;
  try {
    localStorage.setItem(nameFor(key), text);
    forgetOld();
  } catch {
    // No room: the oldest make some.
    const [oldest] = all().sort((one, other) => (stored(one)?.at ?? 0) - (stored(other)?.at ?? 0));
    try { localStorage.removeItem(oldest); localStorage.setItem(nameFor(key), text); } catch { /* typed on without */ }
  }
};
const restore = (form) => {
  if (drawnFrom.has(form)) return;
  drawnFrom.set(form, ORIGINS.map((name) => form.elements[name]?.value ?? ""));
  const draft = draftOf(form.dataset.draft);
  if (!draft) return;
  const typed = fieldsOf(form).filter((field) => field.name in draft.fields && draft.fields[field.name] !== drawnValue(field));
  // A form that came back with what was typed is no news.
  if (!typed.length) return;
  for (const field of typed) put(field, draft.fields[field.name]);
  ORIGINS.forEach((name, place) => { if (form.elements[name] && draft.origins?.[place]) form.elements[name].value = draft.origins[place]; });
  form.prepend(document.getElementById("draft-restored").content.cloneNode(true));
  if (form.id === "quick-add") htmx.trigger(form.elements.title, "input");
};
const discard = (note) => {
  const form = note.closest("form");
  dropDraft(form?.dataset.draft ?? note.dataset.draftOffer);
  if (form) {
    form.reset();
    ORIGINS.forEach((name, place) => { if (form.elements[name]) form.elements[name].value = drawnFrom.get(form)[place]; });
    fieldsOf(form)[0]?.focus();
    note.remove();
  } else note.hidden = true;
};
export const restoreDrafts = () => {
  for (const form of document.querySelectorAll("form[data-draft]")) restore(form);
  for (const offer of document.querySelectorAll("[data-draft-offer]")) offer.hidden = !draftOf(offer.dataset.draftOffer);
};
// A form that was sent without htmx: the page that came says whether it was done.
export const settleSent = () => {
  const key = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (key && document.querySelector("#toasts .toast-ok")) dropDraft(key);
};

const onTyped = (event) => {
  const form = event.target.form;
  if (form?.dataset.draft && isKept(event.target)) keep(form);
};
on("input", onTyped);
on("change", onTyped);
on("submit", ({ target }) => { if (target.dataset.draft) sessionStorage.setItem(SENT, target.dataset.draft); });
on("htmx:afterRequest", ({ detail: { xhr, requestConfig } }) => {
  const key = requestConfig.verb === "post" && requestConfig.elt.dataset?.draft;
  if (!key) return;
  sessionStorage.removeItem(SENT);
  const isDone = xhr.status >= 200 && xhr.status < 300 && !new URL(xhr.responseURL || location).pathname.endsWith("/login");
  const { draftSteps } = requestConfig.elt.dataset;
  // A step on the way leads to a form of the next one.
  if (!isDone || (draftSteps && xhr.responseText.includes("data-draft-steps"))) return;
  dropDraft(key);
  if (draftSteps) dropDraft(draftSteps);
});
on("htmx:afterSettle", restoreDrafts);
on("click", (event) => {
  const button = closest(event, "[data-discard-draft]");
  if (button) discard(button.closest(".draft"));
});
