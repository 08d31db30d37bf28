/* What the pages do a little better with a script; everything works without it. */
(() => {
  "use strict";

  // An error summary takes the focus, also when htmx has put it into the page.
  const focusErrors = (root) => {
    const summary = root.querySelector?.("[data-focus]");
    if (summary) summary.focus();
  };

  document.addEventListener("DOMContentLoaded", () => focusErrors(document));
  document.addEventListener("htmx:load", (event) => focusErrors(event.target));

  // What was left open does not belong in the address.
  document.addEventListener("htmx:configRequest", ({ detail: { parameters } }) => {
    for (const name of Object.keys(parameters)) if (parameters[name] === "") delete parameters[name];
  });

  // The menu and the sheet of filters lie over the page on a phone: Escape closes them, as does a press beside them.
  const close = (details, keepFocus) => {
    details.open = false;
    if (keepFocus) details.querySelector("summary").focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = event.target.closest?.("details[data-sheet][open]");
    if (open) close(open, true);
  });
  // "Show the cities" in the sheet: it gives way to them.
  document.addEventListener("submit", ({ target, submitter }) => {
    const sheet = submitter?.closest("details[data-sheet][open]");
    if (!sheet) return;
    close(sheet, true);
    document.getElementById(target.getAttribute("hx-target")?.slice(1))?.scrollIntoView();
  });
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details[data-sheet][open]").forEach((details) => {
      if (!details.contains(event.target)) close(details, false);
    });
  });
})();
