// Everything here adds to pages that work without it: theme without a reload, dialogs, copying, toasts,
// focus after a swap, keys. Listeners sit on the document, so swapped-in parts need no set-up.

(() => {
  "use strict";

  const root = document.documentElement;
  const closest = (event, selector) => event.target instanceof Element && event.target.closest(selector);

  // What few pages need is fetched by them alone.
  const brought = new Set();
  const bring = (address) => {
    if (brought.has(address)) return;
    brought.add(address);
    const script = document.createElement("script");
    script.src = address;
    document.head.append(script);
  };

  // Buttons that only work with script are served hidden.
  const reveal = (scope) => {
    for (const button of scope.querySelectorAll("[data-reveal], [data-copy], [data-print], [data-dismiss]")) button.hidden = false;
    for (const code of scope.querySelectorAll("code[data-sql]")) colourSql(code);
    for (const dialog of scope.querySelectorAll("dialog[open]")) openDialog(dialog);
    for (const toast of scope.querySelectorAll("#toasts > .toast")) expire(toast);
    for (const part of scope.querySelectorAll("[data-meter]")) bring(part.dataset.meter);
    for (const link of scope.querySelectorAll(".settings-nav [aria-current]")) link.scrollIntoView({ block: "nearest", inline: "center" });
  };

  // ── SQL: words of the language apart from names; the text stays what it was ──
  const SQL = /(--[^\n]*)|\b(BEGIN|COMMIT|CREATE|TABLE|INDEX|UNIQUE|PRIMARY|KEY|NOT|NULL|DEFAULT|REFERENCES|ON|DELETE|SET|CASCADE|IF|EXISTS|ALTER|ADD|COLUMN|CONSTRAINT|FOREIGN|INSERT|INTO|VALUES|CHECK|USING|WITH|WHERE|AND|SELECT|FROM|UPDATE)\b|\b(uuid|text|varchar|timestamp|timestamptz|date|decimal|numeric|integer|bigint|boolean)\b/gi;
  const colourSql = (code) => {
    if (code.childElementCount) return;
    const text = code.textContent;
    const parts = [];
    let at = 0;
    for (const match of text.matchAll(SQL)) {
      parts.push(text.slice(at, match.index));
      const word = document.createElement(match[2] ? "b" : "i");
      word.textContent = match[0];
      parts.push(word);
      at = match.index + match[0].length;
    }
    code.replaceChildren(...parts, text.slice(at));
  };

  // ── Theme: shown at once, remembered by the server's cookie ──
  const setTheme = (theme) => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    document.querySelector("meta[name=color-scheme]").content = theme === "system" ? "light dark" : theme;
    for (const button of document.querySelectorAll(".segmented button[name=theme]")) {
      button.setAttribute("aria-pressed", String(button.value === theme));
    }
  };

  // ── Dialogs: a link to #id opens <dialog id> as a modal; without script :target shows it ──
  const openDialog = (dialog) => {
    if (dialog.matches(":modal")) return;
    dialog.removeAttribute("open");
    dialog.showModal();
    dialog.querySelector("[aria-invalid], [autofocus], .control, .button-delete")?.focus();
  };
  const dialogOf = (link) => {
    const hash = link.getAttribute("href") ?? "";
    const target = hash.startsWith("#") && hash.length > 1 ? document.getElementById(hash.slice(1)) : null;
    return target instanceof HTMLDialogElement ? target : null;
  };

  // ── Toasts ──
  const expire = (toast) => {
    if (toast.dataset.expires) return;
    toast.dataset.expires = "soon";
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
    const seconds = Number(toast.dataset.seconds);
    if (!seconds) { setTimeout(leave, 6000); return; }
    // What can be undone says for how long, and is gone when it no longer can.
    const end = Date.now() + seconds * 1000;
    const shown = toast.querySelector("[data-seconds-left]");
    const count = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (left <= 0) { toast.remove(); return; }
      shown.textContent = left;
      setTimeout(count, 500);
    };
    count();
  };
  const say = (text, kind, undo) => {
    const template = document.getElementById(kind === "wrong" ? "toast-wrong" : undo ? "toast-undo" : "toast-done");
    const toast = template.content.cloneNode(true).firstElementChild;
    toast.querySelector("p").textContent = text;
    toast.querySelector("[data-dismiss]").hidden = false;
    const form = undo && toast.querySelector("form");
    if (form) {
      form.action = undo;
      form.setAttribute("hx-post", undo);
      form.setAttribute("hx-swap", "none");
    }
    const region = document.getElementById("toasts");
    region.append(toast);
    if (form) htmx.process(form);
    while (region.childElementCount > 3) region.firstElementChild.remove();
    expire(toast);
  };

  // ── Copying ──
  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    const label = button.querySelector("span") ?? button;
    const before = label.textContent;
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      label.textContent = "Copied";
    } catch {
      // Without a secure context there is no clipboard: the text is selected for the person's own keys.
      getSelection().selectAllChildren(source);
      label.textContent = "Press Ctrl C";
    }
    setTimeout(() => { label.textContent = before; }, 2000);
  };

  document.addEventListener("click", (event) => {
    const link = closest(event, "a[href^='#']");
    const dialog = link && dialogOf(link);
    if (dialog) {
      event.preventDefault();
      link.closest("details.menu")?.removeAttribute("open");
      openDialog(dialog);
      return;
    }
    const close = closest(event, "[data-close]");
    if (close) {
      event.preventDefault();
      close.closest("dialog").close();
      return;
    }
    if (event.target instanceof HTMLDialogElement && event.target.matches(":modal")) {
      const box = event.target.getBoundingClientRect();
      const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!inside) event.target.close();
      return;
    }
    const copying = closest(event, "[data-copy]");
    if (copying) copy(copying);
    if (closest(event, "[data-print]")) print();
    const dismiss = closest(event, "[data-dismiss]");
    if (dismiss) dismiss.closest(".toast, .notice").remove();
    const peek = closest(event, "[data-reveal]");
    if (peek) {
      const input = document.getElementById(peek.dataset.reveal);
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      peek.textContent = shown ? "Show" : "Hide";
      peek.setAttribute("aria-pressed", String(!shown));
    }
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.removeAttribute("open");
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-theme-form]")) {
      event.preventDefault();
      const body = new FormData(form, event.submitter);
      setTheme(body.get("theme"));
      fetch(form.action, { method: "POST", body, redirect: "manual" });
      return;
    }
    for (const other of form.querySelectorAll(".reveal input[type=text]")) other.type = "password";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => {
    for (const busy of document.querySelectorAll("form [aria-busy]")) busy.removeAttribute("aria-busy");
  });

  document.addEventListener("change", (event) => {
    // Enter in a text field sends its form by itself, and says so as a change, too.
    const chosen = closest(event, "form[data-most-bytes] input[type=file]");
    if (chosen?.files[0]?.size > Number(chosen?.form.dataset.mostBytes)) {
      chosen.value = "";
      say(chosen.form.dataset.tooLarge, "wrong");
    }
    const form = closest(event, "form[data-autosubmit]:not(:has(input[type=search]:focus))");
    if (form) form.requestSubmit();
  });

  // ── htmx ──
  // Only HTML that our templates drew goes into the page: the server marks it (provision/web/answer/swapping.py). A
  // link loads what is something else as it would without script; of any other request it is said.
  const isDrawn = (headerOf) => headerOf("Provision-Drawn") === "1" && /^text\/html\s*(;|$)/i.test(headerOf("Content-Type") ?? "");
  const isDrawnFor = (xhr) => isDrawn((name) => xhr.getResponseHeader(name));
  const isDrawnBy = (answer) => isDrawn((name) => answer.headers.get(name));
  const UNREADABLE = {
    408: "The server waited too long for this. Send it again.",
    413: "This is too large for the server. Nothing was done.",
    429: "That was too often. Wait a moment, then try again.",
  };
  const refuse = (status) => say(UNREADABLE[status] ?? "The server's answer cannot be shown here. Load the page again and look whether it was done.", "wrong");
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { xhr, boosted, requestConfig, pathInfo } = detail;
    if (!detail.shouldSwap || isDrawnFor(xhr)) return;
    detail.shouldSwap = false;
    if (boosted && requestConfig.verb === "get") location.assign(pathInfo.finalRequestPath);
    // Without a body, its headers have said what there is to say.
    else if (xhr.responseText) refuse(xhr.status);
  });
  // The browser loads a page of the history by itself that cannot be put into this document.
  document.addEventListener("htmx:historyCacheMissLoad", ({ detail }) => {
    if (isDrawnFor(detail.xhr)) return;
    detail.response = "";
    detail.swapSpec.swapStyle = "none";
    location.reload();
  });
  document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());
  document.addEventListener("htmx:beforeSwap", (event) => {
    // What goes wrong with a form in a dialog is said in the dialog: the page behind it is out of reach.
    const { target, requestConfig } = event.detail;
    const dialog = requestConfig.elt.closest("dialog[open]");
    if (target.id !== "problem-region" || !dialog) return;
    let region = dialog.querySelector("[data-problems]");
    if (!region) {
      region = document.createElement("div");
      region.dataset.problems = "";
      region.setAttribute("role", "alert");
      dialog.querySelector("form").prepend(region);
    }
    event.detail.target = region;
  });
  document.addEventListener("htmx:beforeRequest", () => {
    for (const region of document.querySelectorAll("#problem-region, [data-problems]")) region.replaceChildren();
  });
  document.addEventListener("htmx:afterRequest", () => {
    for (const busy of document.querySelectorAll("form [aria-busy]")) busy.removeAttribute("aria-busy");
  });
  // While a connection test runs its rows fill in; where nothing is known of it, its answer does.
  let watching;
  const watch = async (form) => {
    const answer = await fetch(form.dataset.progress, { headers: { "HX-Request": "true" } }).catch(() => null);
    const rows = answer?.status === 200 && isDrawnBy(answer) ? await answer.text() : "";
    if (watching?.form !== form) return;
    if (rows) document.getElementById("connection-checks").outerHTML = rows;
    watching.timer = setTimeout(watch, 250, form);
  };
  document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
    if (elt.dataset.progress) watching = { form: elt, timer: setTimeout(watch, 150, elt) };
  });
  document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig } }) => {
    // Its answer has taken the form's place: the event comes from what stands there now.
    if (watching?.form !== requestConfig.elt) return;
    clearTimeout(watching.timer);
    watching = undefined;
  });
  // A pasted text is read anew as it changes, and what was found of the one before goes; while it is tested,
  // and once its field is gone, the test has the word.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, requestConfig: { elt } } = event.detail;
    if (target.id !== "reading") return;
    if (watching || !document.contains(elt)) { event.detail.shouldSwap = false; return; }
    elt.removeAttribute("aria-invalid");
    elt.setAttribute("aria-describedby", `${elt.id}-hint`);
    for (const id of [`${elt.id}-error`, "workspace-choice"]) document.getElementById(id)?.remove();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const { target, requestConfig, boosted, elt } = event.detail;
    reveal(document);
    // A page restored from history brings no request: the browser keeps the place.
    if (!target) return;
    // After an outerHTML swap the target is gone and `elt` is what stands in its place.
    const place = document.contains(target) ? target : elt;
    const invalid = place.querySelector("[aria-invalid]");
    if (invalid && requestConfig.verb === "post") { invalid.focus(); return; }
    if (document.activeElement !== document.body) return;
    // The control that was used is gone: stay near it, or start at the new page's content.
    const next = boosted ? document.getElementById("main") : place.querySelector("[data-focus]") ?? place;
    if (!next || !document.contains(next)) return;
    if (!next.hasAttribute("tabindex") && !next.matches("a, button, input, select, textarea")) next.tabIndex = -1;
    next.focus({ preventScroll: true });
  });
  document.addEventListener("htmx:responseError", () => say("That did not work.", "wrong"));
  document.addEventListener("htmx:sendError", () => say("The server could not be reached. Look whether it was done before you try again.", "wrong"));
  document.addEventListener("toast", (event) => {
    for (const dialog of document.querySelectorAll("dialog:modal")) dialog.close();
    say(event.detail.text, event.detail.kind, event.detail.undo);
  });

  // ── The panel beside a board or list: its card is marked, focus goes in and comes back ──
  const openCard = () => document.getElementById(document.querySelector("#panel > [data-task]")?.dataset.task);
  const markCard = () => {
    const card = openCard();
    for (const other of document.querySelectorAll(".card-open")) other.classList.toggle("card-open", other === card);
    card?.classList.add("card-open");
  };
  // Tabs that do not all fit begin with the one chosen.
  const showTab = () => {
    const tab = document.querySelector(".board-tabs [aria-current]");
    if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 40;
  };
  const closePanel = (panel, address) => {
    const card = openCard();
    panel.replaceChildren();
    markCard();
    if (address && new URL(address, location).pathname === location.pathname) history.replaceState(history.state, "", address);
    (card?.querySelector("a") ?? document.getElementById("main")).focus({ preventScroll: true });
  };
  document.addEventListener("htmx:afterSettle", ({ detail: { target, requestConfig } }) => {
    markCard();
    showTab();
    if (target?.id !== "panel" || requestConfig.verb !== "get" || target.contains(document.activeElement)) return;
    target.querySelector("[autofocus], .panel")?.focus({ preventScroll: true });
  });
  document.addEventListener("click", (event) => {
    const close = closest(event, "[data-close-panel]");
    if (!close) return;
    event.preventDefault();
    closePanel(document.getElementById("panel"), close.href);
  });
  // A link opened with a key held goes to a new tab, also where a plain click swaps a part of the page.
  document.addEventListener("click", (event) => {
    if ((event.ctrlKey || event.metaKey || event.shiftKey) && closest(event, "a[hx-get]")) event.stopPropagation();
  }, true);

  // ── The line that adds tasks is free for the next one as soon as the one before is on its way ──
  let sent;
  const line = () => document.getElementById("quick-title");
  const isLine = ({ requestConfig }) => requestConfig?.elt.id === "quick-add";
  document.addEventListener("submit", (event) => {
    if (event.target !== sent?.form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    sent.isNext = true;
  }, true);
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (!isLine(detail)) return;
    sent = { form: detail.requestConfig.elt, text: line().value };
    line().value = "";
  });
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (sent && isLine(detail)) sent.typed = line()?.value;
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!sent || !isLine(detail)) return;
    const { text, isNext, typed = line()?.value ?? "" } = sent;
    const isMade = detail.xhr.status === 200;
    sent = undefined;
    const input = line();
    if (!input) return;
    // What was refused stands there again, before what was typed since.
    input.value = isMade ? typed : [text, typed].filter(Boolean).join(" ");
    input.setSelectionRange(input.value.length, input.value.length);
    if (isMade && isNext && typed) input.form.requestSubmit();
    else if (typed) input.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // ── Search: a combobox over a list that the server draws; nothing is asked before two letters, or a pause ──
  const PAUSE_MS = 200;
  let asking, pause, shownFor, isWanted;
  const options = () => [...document.querySelectorAll("#search-options [role=option]")];
  const choose = (option) => {
    const input = document.getElementById("search-q");
    for (const other of options()) other.setAttribute("aria-selected", String(other === option));
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  };
  const look = async (input) => {
    asking?.abort();
    asking = new AbortController();
    const asked = new URL(input.form.action);
    const words = input.value.trim();
    if (words.length > 1) asked.searchParams.set("q", words);
    try {
      const answer = await fetch(asked, { headers: { "HX-Request": "true" }, signal: asking.signal });
      const redirect = answer.headers.get("HX-Redirect");
      if (redirect) { location.assign(redirect); return; }
      if (!isDrawnBy(answer)) { refuse(answer.status); return; }
      const found = document.getElementById("search-found");
      found.innerHTML = await answer.text();
      htmx.process(found);
      const list = document.getElementById("search-options");
      input.setAttribute("aria-expanded", String(Boolean(list)));
      shownFor = words;
      choose(options()[0]);
      // Enter was pressed before this was there: it meant the first of these.
      if (isWanted && words === input.value.trim()) {
        isWanted = false;
        options()[0]?.click();
      }
      if (list) document.getElementById("search-said").textContent = list.dataset.count === "1" ? "1 found" : `${list.dataset.count} found`;
    } catch (failed) {
      if (failed.name !== "AbortError") say("The server could not be reached.", "wrong");
    }
  };
  const openSearch = () => {
    const dialog = document.getElementById("search");
    if (!dialog || document.querySelector("dialog:modal")) return false;
    openDialog(dialog);
    const input = document.getElementById("search-q");
    input.select();
    look(input);
    return true;
  };
  document.addEventListener("input", (event) => {
    if (event.target.id !== "search-q") return;
    isWanted = false;
    clearTimeout(pause);
    pause = setTimeout(look, PAUSE_MS, event.target);
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !event.shiftKey && !event.altKey) {
      if (openSearch()) event.preventDefault();
      return;
    }
    if (event.target.id !== "search-q" || event.isComposing) return;
    if (event.key === "Escape") {
      // By itself a search field would only be emptied.
      event.preventDefault();
      document.getElementById("search").close();
      return;
    }
    const all = options();
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && all.length) {
      event.preventDefault();
      choose(all[(at + step + all.length) % all.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      isWanted = shownFor !== event.target.value.trim();
      if (!isWanted) all[at]?.click();
    }
  });
  document.addEventListener("click", (event) => {
    const opener = closest(event, "[data-search]");
    if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      opener.closest("details.menu")?.removeAttribute("open");
      if (openSearch()) { event.preventDefault(); event.stopPropagation(); }
      return;
    }
    const option = closest(event, "#search-options [role=option]");
    if (!option || event.ctrlKey || event.metaKey || event.shiftKey) return;
    document.getElementById("search").close();
    if (!option.dataset.themeChoice) return;
    event.preventDefault();
    event.stopPropagation();
    document.querySelector(`[data-theme-form] button[value="${option.dataset.themeChoice}"]`)?.click();
  }, true);

  // ── Keys: only to what is on the page ──
  let went = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.querySelector("details.menu[open]");
      menu?.removeAttribute("open");
      menu?.querySelector("summary").focus();
      const panel = document.getElementById("panel");
      const isTyping = closest(event, "input, select, textarea") || document.querySelector("dialog:modal");
      if (!menu && panel?.firstElementChild && !isTyping) closePanel(panel);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (closest(event, "input, select, textarea, [contenteditable]") || document.querySelector("dialog:modal")) return;
    const key = event.key.toLowerCase();
    if (Date.now() - went < 1000) {
      went = 0;
      const link = document.querySelector(`a[data-go="${CSS.escape(key)}"]`);
      if (link) { event.preventDefault(); link.click(); return; }
    }
    if (key === "g") { went = Date.now(); return; }
    if (key === "/" && openSearch()) { event.preventDefault(); return; }
    if (key === "?") {
      const dialog = document.getElementById("keys");
      if (dialog) { event.preventDefault(); openDialog(dialog); }
      return;
    }
    const control = /^[a-z]$/.test(key) && document.querySelector(`[data-key="${key}"]`);
    if (control) { event.preventDefault(); control.matches("input") ? control.focus() : control.click(); }
  });

  // ── What only boards and lists need comes when one is first touched; what is done meanwhile is told it ──
  const parts = new Map();
  const wake = (event) => {
    const source = document.querySelector("[data-script]")?.dataset.script;
    if (!source || parts.get(source) === "here") return;
    if (parts.has(source)) { parts.get(source).push(event); return; }
    const early = [event];
    parts.set(source, early);
    import(source).then((part) => {
      parts.set(source, "here");
      for (const each of early) part.wake(each);
    }, () => parts.delete(source));
  };
  for (const name of ["pointerover", "pointerdown", "pointerup", "pointercancel", "touchstart", "focusin", "keydown", "click"]) {
    document.addEventListener(name, wake, { passive: true });
  }

  const start = () => {
    reveal(document);
    showTab();
    const asked = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (asked instanceof HTMLDialogElement) {
      history.replaceState(null, "", location.pathname + location.search);
      openDialog(asked);
    }
  };
  start();
})();
