// One listener on the document for each event and phase; the parts are told in the order they asked.
// It sits on the document, so swapped-in parts need no set-up.

const handlersOf = new Map();
const keyOf = (name, capture) => `${name} ${capture}`;
const tell = (key, event) => {
  for (const each of [...handlersOf.get(key)]) {
    // An error in one part does not keep the others from being told.
    try { each(event); } catch (error) { reportError(error); }
  }
};
// Keys with which an input method composes a word are its own. Safari reports the last of them as 229 alone.
const isComposing = (event) => event.isComposing || event.keyCode === 229;
// Enter takes a suggestion then: it must not send the form.
const leaveToInputMethod = (event) => {
  if (event.key === "Enter" && event.target instanceof Element && event.target.matches("input, #quick-title")) event.preventDefault();
};
const listen = (name, capture, handle) => {
  const key = keyOf(name, capture);
  if (handlersOf.has(key)) { handlersOf.get(key).push(handle); return; }
  handlersOf.set(key, [handle]);
  document.addEventListener(name, (event) => {
    if (name === "keydown" && isComposing(event)) { leaveToInputMethod(event); return; }
    tell(key, event);
  }, { capture, passive: name === "touchstart" });
};
export const on = (name, handle) => listen(name, false, handle);
// Before anything else on the page hears of it.
export const onCapture = (name, handle) => listen(name, true, handle);

// An answer may come when its target has left the page: what htmx says there reaches no document by itself.
const tellOfTheLeft = (event) => {
  if (!event.currentTarget.isConnected) tell(keyOf("htmx:beforeSwap", false), event);
};
on("htmx:beforeRequest", ({ detail: { target } }) => target.addEventListener("htmx:beforeSwap", tellOfTheLeft));

export const closest = (event, selector) => event.target instanceof Element && event.target.closest(selector);
