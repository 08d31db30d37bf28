/* Forms whose text must not get lost (`form[data-autosave]`), and word counts (`textarea[data-words]`).

   Everything works without this file: the form has buttons that save, and the server counts the words again.

   A form with data-autosave="<key>" saves itself: some seconds after the last key, and when the page is left or hidden.
   The same address gets the same form with the header X-Autosave; its answer is JSON: {state, message, fields}, where
   `fields` are hidden fields to renew (what was seen last). What could not be saved stays on this device under the key
   and is offered back; data-* of the form hold the sentences. With data-closed nothing is sent any more, but the copy is
   kept and offered; with data-rows the page is asked for the rows that the copy needs (`?rows=`). */
(() => {
  "use strict";
  const PAUSE = 2500;
  // What Python's str.split() parts words at, so that both count alike.
  const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

  // Words

  const countWords = (text) => text.split(SPACES).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

  const count = (area) => {
    const line = document.getElementById(`${area.id}-words`);
    if (!line) return;
    const words = countWords(area.value);
    const limit = Number(area.dataset.words);
    const over = words - limit;
    line.textContent = (over > 0 ? line.dataset.over : line.dataset.within)
      .replace("{words}", words).replace("{limit}", limit).replace("{over}", over);
    line.classList.toggle("is-over", over > 0);
  };
  document.querySelectorAll("textarea[data-words]").forEach((area) => {
    count(area);
    area.addEventListener("input", () => count(area));
  });

  // Drafts

  const kept = {
    read: (key) => {
      try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
    },
    write: (key, fields) => {
      try { localStorage.setItem(key, JSON.stringify(fields)); } catch { /* no room, or not allowed */ }
    },
    drop: (key) => {
      try { localStorage.removeItem(key); } catch { /* not allowed */ }
    },
  };
  // Hidden fields tell what was seen, not what was typed.
  const typed = (form) => [...new FormData(form)].filter(([name]) => form.elements[name]?.type !== "hidden");
  const filled = (fields) => JSON.stringify(fields.filter(([, value]) => value !== ""));
  const same = (one, other) => filled(one) === filled(other);
  // What the server sent, even if somebody typed before this file was read.
  const sentBy = (form) => {
    const copy = form.cloneNode(true);
    copy.reset();
    return typed(copy);
  };

  const keepSaving = (form) => {
    const key = `draft:${form.dataset.autosave}`;
    const status = form.querySelector("[data-draft-status]");
    const say = (text, state = "") => {
      if (!status) return;
      status.textContent = text;
      status.dataset.state = state;
    };
    // What came back after a sign-in is in the form, but not saved.
    let saved = "unsaved" in form.dataset ? [] : sentBy(form);
    const closed = "closed" in form.dataset;
    let timer, sending = false, stopped = closed, leaving = false;

    const changed = () => !same(saved, typed(form));
    const keepHere = (sentence) => {
      kept.write(key, typed(form));
      say(sentence, "kept");
    };

    const save = async (keepalive = false) => {
      clearTimeout(timer);
      if (stopped || sending || !changed()) return;
      sending = true;
      const now = typed(form);
      const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
      try {
        const response = await fetch(form.action, {
          method: "POST", body, keepalive, credentials: "same-origin", redirect: "error",
          headers: { "X-Autosave": "1", Accept: "application/json" },
        });
        if (response.status === 403 || response.status === 404) {
          stopped = true;
          keepHere(form.dataset.gone);
          return;
        }
        const answer = await response.json();
        say(answer.message, answer.state);
        for (const [name, value] of Object.entries(answer.fields ?? {})) {
          if (form.elements[name]) form.elements[name].value = value;
        }
        if (answer.state === "saved") {
          saved = now;
          kept.drop(key);
        } else {
          stopped = answer.state === "conflict" || answer.state === "closed";
          kept.write(key, now);
        }
      } catch {
        // Offline, signed out, or the page is going away.
        if (!leaving) keepHere(form.dataset.kept);
        else kept.write(key, now);
      } finally {
        sending = false;
      }
      if (!stopped && changed() && !leaving) timer = setTimeout(save, PAUSE);
    };

    form.addEventListener("input", () => {
      clearTimeout(timer);
      if (stopped) kept.write(key, typed(form));
      else timer = setTimeout(save, PAUSE);
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && !leaving && changed()) {
        kept.write(key, typed(form));
        save(true);
      }
    });
    addEventListener("pagehide", () => {
      if (leaving || !changed()) return;
      leaving = true;
      kept.write(key, typed(form));
      save(true);
    });
    addEventListener("online", () => save());
    addEventListener("pageshow", () => { leaving = false; });

    // A press of a button saves by itself. Its copy here goes when the page that follows shows the same.
    let sent = false;
    form.addEventListener("submit", (event) => {
      if (sent) { event.preventDefault(); return; }
      sent = leaving = true;
      clearTimeout(timer);
      kept.write(key, typed(form));
    });
    addEventListener("pageshow", () => { sent = false; });

    if (changed() && !stopped) timer = setTimeout(save, PAUSE);

    // What an earlier visit could not save
    const before = kept.read(key);
    if (before && "rows" in form.dataset && !location.search.includes("rows=")) {
      const lost = before.filter(([name, value]) => value !== "" && !form.elements[name]);
      const rows = lost.map(([name]) => Number(/-(\d+)-[^-]+$/.exec(name)?.[1] ?? -1) + 1);
      const most = Math.max(0, ...rows);
      if (most) { location.replace(`${location.pathname}?rows=${most}`); return; }
    }
    const offer = form.querySelector("[data-draft-offer]");
    if (!before || same(before, typed(form))) {
      if (!closed) kept.drop(key);
    } else if (offer) {
      offer.hidden = false;
      offer.querySelector("[data-restore]").addEventListener("click", () => {
        for (const field of form.elements) if (field.type === "checkbox") field.checked = false;
        for (const [name, value] of before) {
          const field = form.elements[name];
          if (!field || field.type === "hidden") continue;
          if (field.type === "checkbox") field.checked = true;
          else field.value = value;
        }
        offer.hidden = true;
        form.querySelectorAll("textarea[data-words]").forEach(count);
        form.querySelector("textarea, input:not([type=hidden])")?.focus();
        save();
      });
      offer.querySelector("[data-discard]").addEventListener("click", () => {
        kept.drop(key);
        offer.hidden = true;
      });
    }
  };

  // The page that follows a save says so, once.
  document.querySelectorAll("[data-draft-drop]").forEach((mark) => {
    kept.drop(`draft:${mark.dataset.draftDrop}`);
    history.replaceState(history.state, "", location.pathname + location.hash);
  });
  document.querySelectorAll("form[data-autosave]").forEach(keepSaving);

  // Forms that do not save themselves: a double click is one click.
  document.querySelectorAll("form[data-once]").forEach((form) => {
    let sent = false;
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
    addEventListener("pageshow", () => { sent = false; });
  });
})();
