/* The total of an evaluation while it is typed; the server computes it again. */
(() => {
  "use strict";
  const output = document.querySelector("[data-total]");
  if (!output) return;
  const form = output.closest("form");
  const criteria = [...form.querySelectorAll("fieldset[data-weight]")];

  const scoreOf = (criterion) => {
    const field = criterion.querySelector("input[type=radio]:checked") ?? criterion.querySelector("input[type=number]");
    const value = field?.value.trim() ?? "";
    const scale = Number(criterion.dataset.scale);
    return /^\d+$/.test(value) && Number(value) <= scale ? Number(value) / scale : null;
  };

  const tell = () => {
    let points = 0, weight = 0;
    for (const criterion of criteria) {
      const score = scoreOf(criterion);
      if (score === null) {
        output.textContent = output.dataset.open;
        return;
      }
      points += 100 * score * Number(criterion.dataset.weight);
      weight += Number(criterion.dataset.weight);
    }
    const total = (points / weight).toLocaleString(document.documentElement.lang, {
      minimumFractionDigits: 2, maximumFractionDigits: 2,
    });
    output.textContent = output.dataset.points.replace("{total}", total);
  };

  form.addEventListener("input", tell);
  form.addEventListener("change", tell);
  tell();
})();
