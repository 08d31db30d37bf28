/* Zoom and pan for the map, which is whole without it. `u` is the width of a CSS pixel in map units. */
(() => {
  "use strict";
  const WIDTH = 1000, HEIGHT = 444, TOP = -4, CLOSEST = 14, DETAIL = 0.35;
  const SIGNS = { in: "M8 3v10M3 8h10", out: "M3 8h10", whole: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" };
  const KEYS = { "+": "in", "=": "in", "-": "out", 0: "whole" };
  const PANS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const { hypot, min, max, abs, exp, log } = Math;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const clamp = (v, low, high) => (low > high ? (low + high) / 2 : max(low, min(v, high)));
  const numbers = (text) => text.match(/-?[\d.]+/g).map(Number);
  const set = (node, name, value) => node.setAttribute(name, value);
  const move = (node, p, more = "") => set(node, "transform", `translate(${+p.x.toFixed(3)} ${+p.y.toFixed(3)})${more}`);

  function start(figure) {
    if (figure.rvcuMap) return;
    const view = figure.querySelector(".map-view"), svg = view.querySelector("svg"), text = figure.dataset;
    const land = svg.querySelector("use"), label = svg.querySelector(".map-name"), fixed = land.hasAttribute("transform");
    const first = numbers(svg.getAttribute("viewBox")), fill = /slice/.test(svg.getAttribute("preserveAspectRatio"));
    const points = [...svg.querySelectorAll(".map-point")].map((a) => {
      const [sx, sy] = numbers(a.getAttribute("transform"));
      const [tx, ty] = a.dataset.true ? numbers(a.dataset.true) : [sx, sy];
      a.querySelector("title")?.remove();
      return { a, sx, sy, tx, ty, x: sx, y: sy };
    });
    const here = points.find((p) => p.a.matches(".map-here")), others = points.filter((p) => p !== here);
    // Lines between dots follow them; bent as geo.bow() bends them.
    const arcs = [...svg.querySelectorAll(".map-arc")].map((path) => ({ path, ends: numbers(path.dataset.ends).map((i) => points[i]) }));
    const bow = (ends) => {
      const [a, b] = ends[0].x < ends[1].x ? ends : [ends[1], ends[0]], dx = b.x - a.x, dy = b.y - a.y;
      const bend = min(0.18, 55 / (hypot(dx, dy) || 1)), at = [a.x, a.y, (a.x + b.x) / 2 + dy * bend, (a.y + b.y) / 2 - dx * bend, b.x, b.y];
      const [ax, ay, cx, cy, bx, by] = at.map((v) => +v.toFixed(3));
      return `M${ax} ${ay}Q${cx} ${cy} ${bx} ${by}`;
    };
    const of = (e) => points.find((p) => p.a === e.target.closest("a"));
    let W, H, home, x, y, u, placed, shown, moved, frame, dragged, from;

    // The dots keep their size in pixels, so a closer view leaves them nearer to their true places.
    function place() {
      if (placed === u) return;
      placed = u;
      const k = u / text.unit, ring = svg.querySelector(".map-ring"), same = abs(k - 1) < 0.02;
      const d = ring && parseFloat(getComputedStyle(ring).strokeWidth) * u;
      for (const p of points) {
        p.x = p.tx + (p.sx - p.tx) * min(1, k);
        p.y = p.ty + (p.sy - p.ty) * min(1, k);
      }
      for (let n = same ? 0 : points.length > 1500 ? 8 : 30; n--; ) {
        others.sort((a, b) => a.x - b.x).forEach((p, i) => {
          if (n > 9) {
            p.x += (p.tx - p.x) / 8;
            p.y += (p.ty - p.y) / 8;
          }
          for (let q; (q = others[++i]) && q.x - p.x < d; ) {
            const dx = q.x - p.x, dy = q.y - p.y, l = hypot(dx, dy), push = (d / l - 1) * 0.55;
            if (l && push > 0) {
              p.x -= dx * push;
              p.y -= dy * push;
              q.x += dx * push;
              q.y += dy * push;
            }
          }
        });
      }
      for (const p of points) move(p.a, p);
      for (const { path, ends } of arcs) set(path, "d", bow(ends));
      if (label) move(label, here, ` scale(${u})`);
      set(land, "href", u < DETAIL ? text.detail : text.coarse);
    }
    const nearest = () => CLOSEST / W;
    const furthest = () => (fixed ? home[2] : max(home[2], min(WIDTH / W, HEIGHT / H)));
    function show(nx, ny, nu) {
      u = clamp(nu, nearest(), furthest());
      const w = W * u, h = H * u;
      x = fixed ? nx : clamp(nx, w / 2, WIDTH - w / 2);
      y = fixed || h > HEIGHT ? ny : clamp(ny, TOP + h / 2, TOP + HEIGHT - h / 2);
      set(svg, "viewBox", [x - w / 2, y - h / 2, w, h].map((v) => +v.toFixed(3)).join(" "));
      place();
      [u < nearest() * 1.01, u > furthest() * 0.99, !moved].forEach((off, i) => set(tools.children[i], "aria-disabled", !!off));
      if (shown) name(shown);
    }
    function glide(...to) {
      cancelAnimationFrame(frame);
      moved = true;
      if (calm.matches) return show(...to);
      const was = [x, y, log(u)], t0 = performance.now();
      to[2] = log(clamp(to[2], nearest(), furthest()));
      const step = (now) => {
        const t = clamp((now - t0) / 150, 0, 1), [a, b, c] = was.map((v, i) => v + (to[i] - v) * t * (2 - t));
        show(a, b, exp(c));
        if (t < 1) frame = requestAnimationFrame(step);
      };
      frame = requestAnimationFrame(step);
    }
    // The place under the pixel (px, py) stays there.
    function zoom(factor, px = W / 2, py = H / 2, go = glide) {
      const nu = clamp(u * factor, nearest(), furthest());
      go(x + (px - W / 2) * (u - nu), y + (py - H / 2) * (u - nu), nu);
    }
    function act(what) {
      if (what === "whole") {
        glide(...home);
        moved = false;
      } else if (what === "out") zoom(2);
      else {
        // Closer to where the dots are, not to the middle of the sea.
        const seen = points.map(pixel).filter(([px, py]) => px > 0 && px < W && py > 0 && py < H);
        const middle = (i) => seen.map((at) => at[i]).sort((a, b) => a - b)[seen.length >> 1];
        zoom(1 / 2, middle(0), middle(1));
      }
    }
    function measure() {
      const box = svg.getBoundingClientRect(), [fx, fy, fw, fh] = first;
      if (!box.width) return;
      W = box.width;
      H = box.height;
      home = [fx + fw / 2, fy + fh / 2, 1 / (fill ? max : min)(W / fw, H / fh)];
      placed = null;
      moved ? show(x, y, u) : show(...home);
    }

    // The dot that is pointed at is drawn again on top, with its name.
    svg.insertAdjacentHTML("beforeend", '<g class="map-halo"><path class="map-ring" d="M0 0h0"/><path class="dot" d="M0 0h0"/></g>');
    view.insertAdjacentHTML("beforeend", '<div class="map-tip" aria-hidden="true" hidden></div><div class="map-tools"></div>');
    const halo = svg.lastElementChild, tools = view.lastElementChild, tip = tools.previousElementSibling;
    function name(p) {
      shown = p === here ? null : p;
      tip.hidden = !shown;
      figure.classList.toggle("map-chosen", !!shown && arcs.length > 0);
      for (const { path, ends } of arcs) path.classList.toggle("map-lit", ends.includes(shown));
      set(halo, "class", `map-halo field-${shown?.a.dataset.field}${shown?.a.matches(":focus-visible") ? " is-focus" : ""}`);
      halo.style.display = shown ? "" : "none";
      if (!shown) return;
      move(halo, p);
      tip.textContent = p.a.getAttribute("aria-label");
      const [px, py] = pixel(p), w = tip.offsetWidth, h = tip.offsetHeight;
      tip.style.left = `${clamp(px - w / 2, 4, W - w - 4)}px`;
      tip.style.top = `${py < h + 18 ? py + 14 : py - h - 14}px`;
    }
    for (const what in SIGNS) {
      tools.insertAdjacentHTML("beforeend", `<button type="button"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="${SIGNS[what]}"/></svg></button>`);
      const button = tools.lastChild;
      button.title = text[what];
      set(button, "aria-label", text[what]);
      button.onclick = () => act(what);
    }
    svg.tabIndex = 0;

    const pixel = (p) => [W / 2 + (p.x - x) / u, H / 2 + (p.y - y) / u];
    const at = (e) => {
      const box = svg.getBoundingClientRect();
      return [e.clientX - box.left, e.clientY - box.top];
    };
    // A dot is easier to hit than it is large: the nearest within 15 pixels is meant.
    const meant = (e) => {
      const away = (p) => hypot(...pixel(p).map((v, i) => v - at(e)[i]));
      return of(e) || points.filter((p) => away(p) < 15).sort((a, b) => away(a) - away(b))[0];
    };
    view.onkeydown = (e) => {
      const pan = PANS[e.key];
      if (e.ctrlKey || e.metaKey || e.altKey) return;
      if (KEYS[e.key]) act(KEYS[e.key]);
      else if (pan) glide(x + (pan[0] * W * u) / 4, y + (pan[1] * H * u) / 4, u);
      else if (e.key === "Escape" && shown) name();
      else return;
      e.preventDefault();
    };
    svg.addEventListener("focusin", (e) => {
      const p = of(e);
      name(p);
      if (p && (abs(p.x - x) > (W / 2 - 16) * u || abs(p.y - y) > (H / 2 - 16) * u)) glide(p.x, p.y, u);
    });
    svg.addEventListener("focusout", () => name());
    svg.addEventListener("wheel", (e) => {
      if (!e.ctrlKey && !e.metaKey) return;
      e.preventDefault();
      moved = true;
      zoom(exp(clamp(e.deltaY, -50, 50) / 100), ...at(e), show);
    }, { passive: false });
    svg.ondblclick = (e) => e.target.closest("a") || zoom(1 / 2, ...at(e));

    const fingers = new Map();
    svg.ondragstart = () => false;
    svg.onpointerdown = (e) => {
      if (e.button) return;
      fingers.set(e.pointerId, (from = at(e)));
      dragged = false;
    };
    svg.onpointermove = (e) => {
      const old = fingers.get(e.pointerId), now = at(e);
      if (!old) {
        const p = e.pointerType === "mouse" && meant(e);
        if (p && p !== shown) name(p);
        svg.style.cursor = p ? "pointer" : "";
        return;
      }
      if (!dragged) {
        if (fingers.size < 2 && hypot(now[0] - from[0], now[1] - from[1]) < 5) return;
        dragged = moved = true;
        name();
      }
      svg.setPointerCapture(e.pointerId);
      fingers.set(e.pointerId, now);
      const [, other] = [...fingers].find(([id]) => id !== e.pointerId) || [];
      const share = other ? u / 2 : u;
      if (other) {
        const gap = (a) => hypot(a[0] - other[0], a[1] - other[1]) || 1;
        zoom(gap(old) / gap(now), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2, show);
      }
      show(x - (now[0] - old[0]) * share, y - (now[1] - old[1]) * share, u);
    };
    svg.onpointerup = svg.onpointercancel = (e) => fingers.delete(e.pointerId);
    svg.onpointerleave = () => fingers.size || name();
    svg.addEventListener("click", (e) => {
      if (dragged) e.preventDefault();
      else if (e.detail === 1 && !of(e)) meant(e)?.a.dispatchEvent(new MouseEvent("click", e));
      dragged = false;
    }, true);

    const watch = new ResizeObserver(measure);
    name();
    measure();
    watch.observe(svg);
    figure.rvcuMap = {
      light(field) {
        figure.classList.toggle("map-dim", !!field);
        for (const { a } of points) a.classList.toggle("map-lit", a.dataset.field === field);
      },
      undo() {
        watch.disconnect();
        [halo, tip, tools].forEach((node) => node.remove());
        set(svg, "viewBox", first.join(" "));
        for (const p of points) move(p.a, { x: p.sx, y: p.sy });
        for (const { path, ends } of arcs) set(path, "d", bow(ends.map((p) => ({ x: p.sx, y: p.sy }))));
        figure.rvcuMap = null;
      },
    };
  }

  const each = (act) => document.querySelectorAll("[data-map]").forEach(act);
  const light = (e) => each((f) => f.rvcuMap?.light(e.target.closest?.("[data-map-field]")?.dataset.mapField));
  each(start);
  document.addEventListener("htmx:load", () => each(start));
  // htmx keeps pages for the Back button: they must be as the server sent them.
  document.addEventListener("htmx:beforeHistorySave", () => each((f) => f.rvcuMap?.undo()));
  document.addEventListener("pointerover", light);
  document.addEventListener("focusin", light);
})();
