// One listener on the document for each event and phase; the parts are told in the order they asked.
// It sits on the document, so swapped-in parts need no set-up.

const handlersOf = new Map();
const listen = (name, capture, handle) => {
  const key = `${name} ${capture}`;
  if (handlersOf.has(key)) { handlersOf.get(key).push(handle); return; }
  const handlers = [handle];
  handlersOf.set(key, handlers);
  document.addEventListener(name, (event) => {
    for (const each of [...handlers]) {
      // What goes wrong in one part keeps no other from its turn.
      try { each(event); } catch (error) { reportError(error); }
    }
  }, { capture, passive: name === "touchstart" });
};
export const on = (name, handle) => listen(name, false, handle);
// Before anything else on the page hears of it.
export const onCapture = (name, handle) => listen(name, true, handle);

export const closest = (event, selector) => event.target instanceof Element && event.target.closest(selector);
