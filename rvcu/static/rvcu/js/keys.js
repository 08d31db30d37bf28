/* Passkeys and security keys: shown only where a browser can use them, and a sentence when one is refused. */
(() => {
  "use strict";

  document.addEventListener("DOMContentLoaded", () => {
    if (!window.webauthnJSON?.supported()) return;
    for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
    for (const part of document.querySelectorAll("[data-needs-no-script]")) part.hidden = true;
  });

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    for (const sentence of document.querySelectorAll("[data-key-refused]")) sentence.hidden = false;
  });
})();
