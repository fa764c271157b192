// Projects and people offered in the line that adds tasks: a list opens behind `#` and `@`. The names are those of
// the filters above it, so nothing is asked for.

import { closest, on, onCapture } from "./events.js";
import { fold } from "./folding.js";

const MOST_NAMES = 8;
const KINDS = { "#": { select: "filter-project_id", label: "Projects" }, "@": { select: "filter-assignee_id", label: "People" } };
const IS_ID = /^[0-9a-f]{8}-/;
const STEPS = { ArrowDown: 1, ArrowUp: -1 };
const IS_BLANK = /\s/;
// Made from this page, so the filters do not have them yet.
const namesMade = { "#": [], "@": [] };
const foldedNames = new Map();

const field = () => document.getElementById("quick-title");
const listOf = () => document.getElementById("quick-names");
const isListed = () => listOf()?.hidden === false;
const offered = () => [...listOf().children];
const chosen = () => offered().find((option) => option.getAttribute("aria-selected") === "true");
const foldedName = (name) => {
  if (!foldedNames.has(name)) foldedNames.set(name, fold(name));
  return foldedNames.get(name);
};
const namesOf = (sign) => {
  const options = document.getElementById(KINDS[sign].select)?.options ?? [];
  const names = [...options].filter((option) => IS_ID.test(option.value)).map((option) => option.text);
  return [...new Set([...names, ...namesMade[sign]])];
};
// The sign before the caret and what is typed behind it; null where no name is being written.
const nameAtCaret = ({ value, selectionStart: caret, selectionEnd }) => {
  if (caret !== selectionEnd) return null;
  let at = caret - 1;
  const isSign = () => value[at] in KINDS && (at === 0 || IS_BLANK.test(value[at - 1]));
  while (at >= 0 && value[at] !== "\n" && !isSign()) at -= 1;
  if (at < 0 || value[at] === "\n") return null;
  const text = value.slice(at + 1, caret);
  const isQuoted = text.startsWith("\"");
  const typed = isQuoted ? text.slice(1) : text;
  if (IS_BLANK.test(typed[0] ?? " ") || (isQuoted && typed.includes("\""))) return null;
  return { sign: value[at], at, caret, typed, isQuoted };
};
// 0 where the name begins so, 1 where a word of it does, 2 where it is inside.
const rankOf = (name, wanted) => {
  const places = [];
  for (let at = name.indexOf(wanted); at >= 0; at = name.indexOf(wanted, at + 1)) places.push(at);
  if (!places.length) return -1;
  if (places[0] === 0) return 0;
  return places.some((at) => !/[\p{L}\p{N}]/u.test(name[at - 1])) ? 1 : 2;
};
const matching = ({ sign, typed }) => {
  const wanted = `${fold(typed)}${IS_BLANK.test(typed.at(-1)) ? " " : ""}`;
  if (!/[\p{L}\p{N}]/u.test(wanted)) return [];
  const isOneWord = !wanted.includes(" ");
  const ranked = namesOf(sign).map((name) => ({ name, rank: rankOf(foldedName(name), wanted), isWhole: foldedName(name) === wanted }));
  // Behind a blank another word of the task may stand: then only the beginning of a name counts.
  const found = ranked.filter(({ rank }) => rank === 0 || (rank > 0 && isOneWord)).sort((one, other) => one.rank - other.rank);
  return found.length === 1 && found[0].isWhole ? [] : found.slice(0, MOST_NAMES);
};

const chooseName = (option) => {
  for (const other of offered()) other.setAttribute("aria-selected", String(other === option));
  if (option) field().setAttribute("aria-activedescendant", option.id);
  else field().removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
};
const closeNames = () => {
  if (!isListed()) return;
  listOf().hidden = true;
  listOf().replaceChildren();
  field().setAttribute("aria-expanded", "false");
  field().removeAttribute("aria-activedescendant");
};
const drawName = (sign, name, place) => {
  const option = document.createElement("li");
  option.id = `quick-name-${place}`;
  option.className = "palette-item";
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", "false");
  option.dataset.name = name;
  const mark = document.createElement("span");
  mark.className = "quick-sign";
  mark.setAttribute("aria-hidden", "true");
  mark.textContent = sign;
  const text = document.createElement("bdi");
  text.className = "clip";
  text.textContent = name;
  option.append(mark, text);
  return option;
};
const offerNames = () => {
  const input = field();
  const writing = document.activeElement === input ? nameAtCaret(input) : null;
  const found = writing ? matching(writing) : [];
  if (!found.length) { closeNames(); return; }
  const list = listOf();
  list.setAttribute("aria-label", KINDS[writing.sign].label);
  list.replaceChildren(...found.map(({ name }, place) => drawName(writing.sign, name, place)));
  list.hidden = false;
  input.setAttribute("aria-expanded", "true");
  // Enter sends what is a name already, and what no name begins with: `Fix #12`.
  chooseName(found[0].rank < 2 && !found.some(({ isWhole }) => isWhole) ? offered()[0] : undefined);
};
// As the line is read: in quotes where the name has blanks, or where a longer name begins with it.
const written = (sign, name) => {
  const plain = name.split(/\s+/).join(" ");
  if (plain.includes("\"")) return `${sign}${plain}`;
  const isBeginning = namesOf(sign).some((other) => foldedName(other).startsWith(`${foldedName(name)} `));
  return plain.includes(" ") || isBeginning ? `${sign}"${plain}"` : `${sign}${plain}`;
};
const takeName = (option) => {
  const input = field();
  const writing = nameAtCaret(input);
  closeNames();
  if (!writing) return;
  const { sign, at, caret, isQuoted } = writing;
  const rest = input.value.slice(caret);
  // What stands behind the caret of the same word, or up to the closing quote, is replaced, too.
  const [more] = (isQuoted && /^[^"\n]*"/.exec(rest)) || /^\S*/.exec(rest);
  const end = caret + more.length;
  const space = IS_BLANK.test(input.value[end] ?? "") && input.value[end] !== "\n" ? "" : " ";
  const text = `${written(sign, option.dataset.name)}${space}`;
  input.setRangeText(text, at, end, "end");
  if (!space) input.setSelectionRange(at + text.length + 1, at + text.length + 1);
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
};

on("focusin", ({ target }) => {
  if (target.id !== "quick-title" || target.getAttribute("role")) return;
  target.setAttribute("role", "combobox");
  target.setAttribute("aria-autocomplete", "list");
  target.setAttribute("aria-controls", "quick-names");
  target.setAttribute("aria-expanded", "false");
});
on("focusout", ({ target }) => { if (target.id === "quick-title") closeNames(); });
on("input", (event) => { if (event.target.id === "quick-title" && !event.isComposing) offerNames(); });
on("compositionend", (event) => { if (event.target.id === "quick-title") offerNames(); });
onCapture("keydown", (event) => {
  if (event.target.id !== "quick-title" || !isListed()) return;
  const all = offered();
  const option = chosen();
  const step = STEPS[event.key];
  const isPlain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
  const isTaking = option && isPlain && (event.key === "Enter" || event.key === "Tab");
  if (!isTaking && event.key !== "Escape" && !(step && isPlain)) {
    // The caret goes elsewhere.
    if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) closeNames();
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  if (isTaking) takeName(option);
  else if (step) chooseName(all[(Math.max(all.indexOf(option), step < 0 ? 0 : -1) + step + all.length) % all.length]);
  else closeNames();
});
// A press would take the focus from the line.
on("mousedown", (event) => { if (closest(event, "#quick-names")) event.preventDefault(); });
on("click", (event) => {
  const option = closest(event, "#quick-names > [role=option]");
  if (option) takeName(option);
  else if (event.target.id === "quick-title") offerNames();
});
on("htmx:afterRequest", ({ detail: { xhr, requestConfig } }) => {
  const token = requestConfig.elt.id === "quick-add" && xhr.status === 200 && requestConfig.parameters.make;
  if (token) namesMade[token[0]].push(token.slice(1).replaceAll("\"", ""));
});
