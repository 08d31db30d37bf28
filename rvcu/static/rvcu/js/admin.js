// The admin's autocompleting selects are drawn, some time after the page, by a library that leaves them without a name
// for screen readers: they get that of the label.
new MutationObserver(() => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const name = select.labels[0]?.textContent.trim().replace(/\s*:$/, "");
    const parts = select.nextElementSibling?.querySelectorAll("[role=combobox], [role=textbox]") ?? [];
    if (name) for (const part of parts) part.setAttribute("aria-label", name);
  }
}).observe(document.body, { childList: true, subtree: true });
