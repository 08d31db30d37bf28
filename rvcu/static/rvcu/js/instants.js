/* Instants of a call: beside Paris time the reader's own, and a countdown. The words stand in the page's own language. */
(() => {
  "use strict";

  const root = document.querySelector("[data-instants]");
  if (!root) return;
  // British order of day and month, as the rest of the page has it.
  const language = document.documentElement.lang === "fr" ? "fr" : "en-GB";
  const words = root.dataset;
  // The reader's clock may be wrong; what counts is the server's.
  const skew = Date.parse(words.now) - Date.now();

  const form = (zone, options) => new Intl.DateTimeFormat(language, { timeZone: zone, ...options });
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const whole = { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  for (const time of root.querySelectorAll("time[data-instant]")) {
    if (time.closest("s")) continue;
    const at = new Date(time.dateTime);
    if (form("Europe/Paris", whole).format(at) === form(own, whole).format(at)) continue;
    const note = document.createElement("span");
    note.className = "own-zone";
    note.textContent = words.own.replace("{when}", form(undefined, { ...whole, timeZoneName: "short" }).format(at));
    time.after(" ", note);
  }

  const unit = (value, name) => new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "long" }).format(value);
  const left = (seconds) => {
    const days = Math.floor(seconds / 86400), hours = Math.floor(seconds / 3600) % 24;
    const minutes = Math.floor(seconds / 60) % 60, rest = Math.floor(seconds) % 60;
    if (days >= 2) return [unit(days, "day"), unit(hours, "hour")];
    if (days || hours) return [unit(24 * days + hours, "hour"), unit(minutes, "minute")];
    return [unit(minutes, "minute"), unit(rest, "second")];
  };
  for (const place of root.querySelectorAll("[data-countdown]")) {
    const end = Date.parse(place.dataset.countdown);
    const tick = () => {
      const seconds = (end - Date.now() - skew) / 1000;
      if (seconds <= 0) {
        place.textContent = words.reached;
        return;
      }
      place.textContent = words.left.replace("{time}", left(seconds).join(" "));
      // By the second in the last hour only: who listens to a page is not to be told all the time.
      setTimeout(tick, seconds < 3600 ? 1000 : 20000);
    };
    tick();
  }
})();
