/* Zoom and pan for the map, which is whole without it. Works in CSS pixels: `u` is the width of a pixel in map units. */
(() => {
  "use strict";
  const WORLD = { w: 1000, h: 424, y: 4 }, NEAREST = 15, CLOSEST = 14, MARGIN = 16;
  const SVG = "http://www.w3.org/2000/svg";
  const SIGNS = { in: "M8 3v10M3 8h10", out: "M3 8h10", whole: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" };
  const KEYS = { "+": "in", "=": "in", "-": "out", "0": "whole" };
  const PANS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const clamp = (v, low, high) => (low > high ? (low + high) / 2 : Math.max(low, Math.min(v, high)));
  const numbers = (text) => text.match(/-?[\d.]+/g).map(Number);
  const make = (name, attributes, parent) => {
    const node = document.createElementNS(SVG, name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    return parent.appendChild(node);
  };

  function start(figure) {
    if (figure.rvcuMap) return;
    const view = figure.querySelector(".map-view"), svg = view.querySelector("svg");
    const land = svg.querySelector("use"), label = svg.querySelector(".map-name"), text = figure.dataset;
    const first = numbers(svg.getAttribute("viewBox")), slice = /slice/.test(svg.getAttribute("preserveAspectRatio"));
    const unit = +text.unit, size = label && +label.getAttribute("font-size") / unit;
    const points = [...svg.querySelectorAll(".map-point")].map((a) => {
      const [sx, sy] = numbers(a.getAttribute("transform"));
      const [tx, ty] = a.dataset.true ? numbers(a.dataset.true) : [sx, sy];
      a.querySelector("title")?.remove();
      return { a, sx, sy, tx, ty, x: sx, y: sy, still: a.classList.contains("map-here") };
    });
    const of = (a) => points.find((p) => p.a === a);
    let W, H, home, x, y, u, placedAt, shown, moved = false, frame;

    // The dots keep their size in pixels, so a closer view leaves them nearer to their true places.
    function place() {
      if (placedAt === u) return;
      placedAt = u;
      const k = Math.min(1, u / unit), ring = svg.querySelector(".map-ring");
      const d = ring ? parseFloat(getComputedStyle(ring).strokeWidth) * u : 0;
      for (const p of points) {
        p.x = p.tx + (p.sx - p.tx) * k;
        p.y = p.ty + (p.sy - p.ty) * k;
      }
      const row = points.filter((p) => !p.still);
      for (let n = 0; n < 32; n++) {
        row.sort((a, b) => a.x - b.x);
        row.forEach((p, i) => {
          if (n < 20) {
            p.x += (p.tx - p.x) * 0.12;
            p.y += (p.ty - p.y) * 0.12;
          }
          for (let j = i + 1, q; (q = row[j]) && q.x - p.x < d; j++) {
            const dx = q.x - p.x, dy = q.y - p.y, l = Math.hypot(dx, dy);
            if (l < d && l) {
              const push = 0.55 * (d / l - 1);
              p.x -= dx * push; p.y -= dy * push;
              q.x += dx * push; q.y += dy * push;
            }
          }
        });
      }
      for (const p of points) p.a.setAttribute("transform", `translate(${p.x.toFixed(3)} ${p.y.toFixed(3)})`);
      if (label) {
        const side = label.getAttribute("text-anchor") === "end" ? -1 : 1;
        label.setAttribute("font-size", size * u);
        label.setAttribute("x", side * size * 0.85 * u);
        label.setAttribute("y", size * 0.33 * u);
      }
      land.setAttribute("href", W * u < 420 ? text.detail : text.coarse);
    }
    const furthest = () => Math.max(home.u, Math.min(WORLD.w / W, WORLD.h / H));
    function show(nx, ny, nu) {
      u = clamp(nu, CLOSEST / W, furthest());
      const w = W * u, h = H * u;
      x = clamp(nx, w / 2, WORLD.w - w / 2);
      y = h > WORLD.h ? ny : clamp(ny, WORLD.y + h / 2, WORLD.y + WORLD.h - h / 2);
      svg.setAttribute("viewBox", [x - w / 2, y - h / 2, w, h].map((v) => +v.toFixed(3)).join(" "));
      place();
      for (const b of tools.children) {
        b.setAttribute("aria-disabled", b.name === "in" ? u <= CLOSEST / W * 1.01 : b.name === "out" ? u >= furthest() * 0.99 : !moved);
      }
      if (shown) point(shown);
    }
    function glide(nx, ny, nu) {
      cancelAnimationFrame(frame);
      moved = true;
      if (calm.matches) return show(nx, ny, nu);
      const from = [x, y, Math.log(u)], to = [nx, ny, Math.log(clamp(nu, CLOSEST / W, furthest()))], t0 = performance.now();
      const step = (now) => {
        const t = Math.min(1, (now - t0) / 150), [a, b, c] = from.map((v, i) => v + (to[i] - v) * t * (2 - t));
        show(a, b, Math.exp(c));
        if (t < 1) frame = requestAnimationFrame(step);
      };
      frame = requestAnimationFrame(step);
    }
    // Zoom so that the place under the pixel (px, py) stays there.
    function zoom(factor, px = W / 2, py = H / 2, go = glide) {
      const nu = clamp(u * factor, CLOSEST / W, furthest());
      go(x + (px - W / 2) * (u - nu), y + (py - H / 2) * (u - nu), nu);
    }
    function act(what) {
      if (what === "in") zoom(1 / 2);
      else if (what === "out") zoom(2);
      else { glide(home.x, home.y, home.u); moved = false; }
    }
    function measure() {
      const box = svg.getBoundingClientRect();
      if (!box.width || (box.width === W && box.height === H)) return;
      W = box.width; H = box.height;
      const [fx, fy, fw, fh] = first, s = slice ? Math.max(W / fw, H / fh) : Math.min(W / fw, H / fh);
      home = { x: fx + fw / 2, y: fy + fh / 2, u: 1 / s };
      placedAt = null;
      moved ? show(x, y, u) : show(home.x, home.y, home.u);
    }

    // The dot that is pointed at is drawn again on top, with its name.
    const halo = make("g", { class: "map-halo" }, svg);
    const tip = document.createElement("div"), tools = document.createElement("div");
    make("path", { class: "map-ring", d: "M0 0h0" }, halo);
    make("path", { class: "dot", d: "M0 0h0" }, halo);
    tip.className = "map-tip"; tip.hidden = true; tip.setAttribute("aria-hidden", "true");
    tools.className = "map-tools";
    halo.style.display = "none";
    function point(p) {
      shown = p;
      const off = !p || p.still;
      tip.hidden = off;
      halo.style.display = off ? "none" : "";
      if (off) return;
      halo.setAttribute("class", `map-halo field-${p.a.dataset.field}${p.a.matches(":focus-visible") ? " is-focus" : ""}`);
      halo.setAttribute("transform", p.a.getAttribute("transform"));
      tip.textContent = p.a.getAttribute("aria-label");
      const px = W / 2 + (p.x - x) / u, py = H / 2 + (p.y - y) / u;
      tip.style.left = `${clamp(px - tip.offsetWidth / 2, 4, W - tip.offsetWidth - 4)}px`;
      tip.style.top = `${py < tip.offsetHeight + 18 ? py + 14 : py - tip.offsetHeight - 14}px`;
    }
    for (const what in SIGNS) {
      const b = document.createElement("button");
      b.type = "button"; b.name = what;
      b.title = what === "whole" ? text.whole : text[what === "in" ? "zoomIn" : "zoomOut"];
      b.setAttribute("aria-label", b.title);
      make("path", { d: SIGNS[what] }, make("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, b));
      b.addEventListener("click", () => act(what));
      tools.append(b);
    }
    view.append(tip, tools);
    svg.setAttribute("tabindex", "0");

    const at = (e) => { const box = svg.getBoundingClientRect(); return [e.clientX - box.left, e.clientY - box.top]; };
    function nearest([px, py]) {
      let best, least = NEAREST;
      for (const p of points) {
        const away = Math.hypot(W / 2 + (p.x - x) / u - px, H / 2 + (p.y - y) / u - py);
        if (away < least) { least = away; best = p; }
      }
      return best;
    }
    view.addEventListener("keydown", (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey || tools.contains(e.target)) return;
      if (KEYS[e.key]) act(KEYS[e.key]);
      else if (PANS[e.key]) { const [dx, dy] = PANS[e.key]; glide(x + dx * W * u / 4, y + dy * H * u / 4, u); }
      else if (e.key === "Escape" && shown) point();
      else return;
      e.preventDefault();
    });
    svg.addEventListener("focusin", (e) => {
      const p = of(e.target.closest(".map-point"));
      point(p);
      if (p && (Math.abs(p.x - x) > W * u / 2 - MARGIN * u || Math.abs(p.y - y) > H * u / 2 - MARGIN * u)) glide(p.x, p.y, u);
    });
    svg.addEventListener("focusout", () => point());
    svg.addEventListener("wheel", (e) => {
      if (!e.ctrlKey && !e.metaKey) return;
      e.preventDefault();
      moved = true;
      zoom(Math.exp(clamp(e.deltaY, -50, 50) / 100), ...at(e), show);
    }, { passive: false });
    svg.addEventListener("dblclick", (e) => { if (!e.target.closest("a")) zoom(1 / 2, ...at(e)); });

    const fingers = new Map();
    let dragged = false, from;
    svg.addEventListener("dragstart", (e) => e.preventDefault());
    svg.addEventListener("pointerdown", (e) => {
      if (e.button) return;
      fingers.set(e.pointerId, at(e));
      dragged = false;
      from = at(e);
    });
    svg.addEventListener("pointermove", (e) => {
      const old = fingers.get(e.pointerId), [px, py] = at(e);
      if (!old) {
        const p = e.pointerType === "mouse" && (of(e.target.closest(".map-point")) || nearest([px, py]));
        if (p && p !== shown) point(p);
        svg.style.cursor = p ? "pointer" : "";
        return;
      }
      if (!dragged && fingers.size < 2 && Math.hypot(px - from[0], py - from[1]) < 5) return;
      if (!dragged) { dragged = moved = true; point(); view.classList.add("is-dragged"); svg.setPointerCapture(e.pointerId); }
      const other = [...fingers].find(([id]) => id !== e.pointerId)?.[1];
      fingers.set(e.pointerId, [px, py]);
      if (other) {
        const spread = ([ax, ay]) => Math.hypot(ax - other[0], ay - other[1]) || 1;
        zoom(spread(old) / spread([px, py]), (px + other[0]) / 2, (py + other[1]) / 2, show);
        show(x - (px - old[0]) / 2 * u, y - (py - old[1]) / 2 * u, u);
      } else show(x - (px - old[0]) * u, y - (py - old[1]) * u, u);
    });
    const end = (e) => { fingers.delete(e.pointerId); if (!fingers.size) view.classList.remove("is-dragged"); };
    svg.addEventListener("pointerup", end);
    svg.addEventListener("pointercancel", end);
    svg.addEventListener("pointerleave", (e) => { if (!fingers.size) point(); });
    // A click beside a dot means the nearest one; the end of a drag means none.
    svg.addEventListener("click", (e) => {
      if (dragged) { dragged = false; e.preventDefault(); }
      else if (!e.target.closest("a") && e.detail === 1) nearest(at(e))?.a.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey: e.ctrlKey, metaKey: e.metaKey, shiftKey: e.shiftKey }));
    }, true);

    const watch = new ResizeObserver(measure);
    watch.observe(svg);
    measure();
    figure.rvcuMap = {
      light(field) {
        figure.classList.toggle("map-dim", !!field);
        for (const p of points) p.a.classList.toggle("map-lit", p.a.dataset.field === field);
      },
      undo() {
        watch.disconnect();
        cancelAnimationFrame(frame);
        [halo, tip, tools].forEach((node) => node.remove());
        svg.setAttribute("viewBox", first.join(" "));
        for (const p of points) p.a.setAttribute("transform", `translate(${p.sx} ${p.sy})`);
        delete figure.rvcuMap;
      },
    };
  }

  const maps = (root = document) => [...root.querySelectorAll("[data-map]")];
  const startAll = () => maps().forEach(start);
  const light = (e) => {
    const field = e.target.closest?.("[data-map-field]")?.dataset.mapField;
    maps().forEach((figure) => figure.rvcuMap?.light(field));
  };
  startAll();
  document.addEventListener("htmx:load", startAll);
  // htmx keeps pages for the Back button: they must be as the server sent them.
  document.addEventListener("htmx:beforeHistorySave", () => maps().forEach((figure) => figure.rvcuMap?.undo()));
  document.addEventListener("pointerover", light);
  document.addEventListener("focusin", light);
})();
