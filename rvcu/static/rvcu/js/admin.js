// The admin's autocompleting selects are drawn, some time after the page, by a library that leaves them without a name
// for screen readers: they get that of the label.
new MutationObserver(() => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const name = select.labels[0]?.textContent.trim().replace(/\s*:$/, "");
    const parts = select.nextElementSibling?.querySelectorAll("[role=combobox], [role=textbox]") ?? [];
    if (name) for (const part of parts) part.setAttribute("aria-label", name);
  }
}).observe(document.body, { childList: true, subtree: true });

// An act happens once, however often its button is pressed; coming back to the page makes it a new form.
let sent = false;
document.querySelector(".operation form[method=post]:has(.submit-row)")?.addEventListener("submit", (event) => {
  if (sent) event.preventDefault();
  sent = true;
});
addEventListener("pageshow", () => { sent = false; });
