// The board for those with script: cards are dragged, or carried by keys. Loaded when a board is first
// touched; without it a task's own page leads to a form that moves it.

const board = () => document.querySelector(".board");
const columns = () => [...document.querySelectorAll(".board-cards")];
const cardsOf = (column) => [...column.querySelectorAll(":scope > .card")];
const link = (card) => card?.querySelector(".card-title") ?? undefined;
const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const nameOf = (column) => column.closest(".board-column").querySelector("h2").textContent.trim();
const neighbour = (card, side) => {
  const other = card[side];
  return other?.matches(".card") ? other.id.slice("task-".length) : "";
};
const say = (text) => { document.getElementById("task-said").textContent = text; };

// ── A move: the card is in its place already; the answer brings counts, or says why it may not be there ──
const putBack = (card, from) => {
  if (from.before?.isConnected) from.before.before(card);
  else from.column.append(card);
};
const drop = (card, from) => {
  const column = card.parentElement;
  const { status } = column.dataset;
  if (status === "done" && column !== from.column) column.prepend(card);
  const above = neighbour(card, "previousElementSibling");
  const values = { was: from.column.dataset.status, placed: "1", above, below: neighbour(card, "nextElementSibling") };
  if (column !== from.column) values.status = status;
  for (const each of new Set([column, from.column])) {
    const count = each.closest(".board-column").querySelector(".count > input");
    values[count.name] = count.value;
  }
  card.moving = from;
  htmx.ajax("POST", `${link(card).getAttribute("href")}/move`, { source: card, target: card, swap: "none", values });
};
const answered = ({ detail: { elt, xhr } }) => {
  const from = elt.moving;
  if (!from) return;
  elt.moving = undefined;
  // What was refused because of somebody else's move comes with its own answer.
  if (xhr.status === 200 || xhr.status === 409) return;
  if (xhr.status === 404) elt.remove();
  else putBack(elt, from);
};

// ── By mouse and touch ──
// Where the pointer went down before anything could take hold of a card: said again if it still is down.
let pressed;
const follow = (event) => {
  if (event.type === "pointerdown") pressed = event;
  else if (event.type === "pointerup" || event.type === "pointercancel") pressed = undefined;
};
let sortable;
const load = (section) => {
  sortable ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = section.dataset.sortable;
    script.integrity = section.dataset.integrity;
    script.onload = () => resolve(window.Sortable);
    script.onerror = reject;
    document.head.append(script);
  });
  return sortable;
};
const prepare = async () => {
  const section = document.querySelector("[data-sortable]");
  if (!section) return;
  const Sortable = await load(section).catch(() => { sortable = undefined; });
  if (!Sortable) return;
  board()?.classList.add("board-draggable");
  for (const column of columns()) {
    if (Sortable.get(column)) continue;
    const isDone = column.dataset.status === "done";
    Sortable.create(column, {
      group: { name: "cards", put: "takes" in column.dataset },
      sort: !isDone, draggable: ".card",
      forceFallback: true, fallbackOnBody: true, fallbackTolerance: 5,
      delay: 200, delayOnTouchOnly: true, touchStartThreshold: 6,
      animation: isStill() ? 0 : 120, scrollSensitivity: 60, emptyInsertThreshold: 60,
      ghostClass: "card-slot", dragClass: "card-dragged",
      onStart: ({ item, from }) => { item.from = { column: from, before: item.nextElementSibling }; },
      onEnd: ({ item, from, to, oldIndex, newIndex }) => {
        if (from !== to || oldIndex !== newIndex) drop(item, item.from);
      },
    });
    const early = pressed;
    if (early && column.contains(early.target)) early.target.dispatchEvent(new PointerEvent("pointerdown", early));
  }
};

// ── By keys: arrows go from card to card; space lifts one, arrows carry it, space drops it ──
let lifted;
const focusOn = (card) => {
  link(card)?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: "nearest", behavior: isStill() ? "auto" : "smooth" });
};
const step = (card, key) => {
  const column = card.parentElement;
  const mine = cardsOf(column);
  const at = mine.indexOf(card);
  if (key === "ArrowDown" || key === "j") return mine[at + 1];
  if (key === "ArrowUp" || key === "k") return mine[at - 1];
  const all = columns();
  const aside = key === "ArrowRight" ? 1 : -1;
  for (let next = all.indexOf(column) + aside; all[next]; next += aside) {
    const cards = cardsOf(all[next]);
    if (cards.length && all[next].offsetParent) return cards[Math.min(at, cards.length - 1)];
  }
  return undefined;
};
const carry = (card, key) => {
  const column = card.parentElement;
  if (key === "ArrowDown") neighbour(card, "nextElementSibling") && card.nextElementSibling.after(card);
  else if (key === "ArrowUp") neighbour(card, "previousElementSibling") && card.previousElementSibling.before(card);
  else {
    const all = columns().filter((each) => "takes" in each.dataset || each === lifted.from.column);
    const next = all[all.indexOf(column) + (key === "ArrowRight" ? 1 : -1)];
    if (!next) return;
    const place = cardsOf(column).indexOf(card);
    const other = cardsOf(next)[place];
    const end = cardsOf(next).at(-1);
    if (other) other.before(card);
    else if (end) end.after(card);
    else next.prepend(card);
  }
  focusOn(card);
  const now = cardsOf(card.parentElement);
  say(`${nameOf(card.parentElement)}, place ${now.indexOf(card) + 1} of ${now.length}.`);
};
const settle = (keep) => {
  const { card, from } = lifted;
  lifted = undefined;
  card.classList.remove("card-lifted");
  const stands = card.parentElement === from.column && card.nextElementSibling === from.before;
  if (!keep) {
    putBack(card, from);
    say("Put back.");
  } else if (!stands) drop(card, from);
  else say("Dropped where it was.");
  focusOn(card);
};
const onKey = (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !board()) return;
  if (event.target.closest("input, select, textarea, dialog, .panel")) return;
  const card = event.target.closest(".card");
  const { key } = event;
  const isArrow = key.startsWith("Arrow");
  // The board it was lifted on may have been drawn anew meanwhile.
  if (lifted && !lifted.card.isConnected) lifted = undefined;
  if (lifted) {
    if (isArrow) carry(lifted.card, key);
    else if (key === " " || key === "Enter") settle(true);
    else if (key === "Escape" || key === "Tab") settle(false);
    else return;
    if (key !== "Tab") event.preventDefault();
    event.stopPropagation();
    return;
  }
  if (!card) {
    const first = document.querySelector(".board-column-current .card, .board .card");
    if ((key === "j" || key === "k") && first) focusOn(first);
    return;
  }
  if (isArrow || key === "j" || key === "k") {
    const next = step(card, key);
    if (next) focusOn(next);
    event.preventDefault();
  } else if (key === " " && event.target.matches(".card-title")) {
    lifted = { card, from: { column: card.parentElement, before: card.nextElementSibling } };
    card.classList.add("card-lifted");
    say("Lifted. Arrow keys carry it, space drops it, escape puts it back.");
    event.preventDefault();
  } else if (key === "m") {
    htmx.ajax("GET", `${link(card).getAttribute("href")}/move`, { source: card, target: "#panel" });
    event.preventDefault();
  }
};

// ── After each answer ──
const asking = ({ detail }) => {
  const more = detail.elt;
  if (!more.matches(".board-cards > .load-more")) return;
  // Cards came and went since the link to the next ones was written.
  const before = cardsOf(more.parentElement).filter((card) => card.compareDocumentPosition(more) & Node.DOCUMENT_POSITION_FOLLOWING);
  detail.path = detail.path.replace(/\boffset=\d+/, `offset=${before.length}`);
};
const settled = () => {
  const seen = new Map();
  for (const card of document.querySelectorAll(".board .card")) {
    const twin = seen.get(card.id);
    if (!twin) { seen.set(card.id, card); continue; }
    // A card made or moved to the end comes once more with the last page of its column, among the others.
    card.remove();
    if (!card.matches(".just-made")) continue;
    twin.classList.add("just-made");
    twin.scrollIntoView({ block: "center" });
  }
  prepare();
};
// A card that looks otherwise after its move is drawn anew: the focus stays with it.
let focused;
const leaving = ({ detail: { target } }) => {
  if (target.matches?.(".card") && target.contains(document.activeElement)) focused = target.id;
};
const redrawn = () => {
  if (focused) link(document.getElementById(focused))?.focus({ preventScroll: true });
  focused = undefined;
};

export const start = ({ on, onCapture }) => {
  on("htmx:afterRequest", answered);
  for (const name of ["pointerdown", "pointerup", "pointercancel"]) onCapture(name, follow);
  // Before the keys of the page: a card that is carried is put back by escape, and nothing closes.
  onCapture("keydown", onKey);
  on("htmx:configRequest", asking);
  on("htmx:afterSettle", settled);
  on("htmx:oobBeforeSwap", leaving);
  on("htmx:oobAfterSwap", redrawn);
};

export const wake = (event) => {
  follow(event);
  prepare();
  if (event.type === "keydown") onKey(event);
};
