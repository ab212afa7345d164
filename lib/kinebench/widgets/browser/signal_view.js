// The signals over the clip: raw, smoothed and compared, repetitions and phases shaded, a cursor tied to the scrubber.

const LEFT = 58, RIGHT = 8, TOP = 16, BOTTOM = 20, GAP = 7;
const CLOSE = 6; // CSS pixels within which a boundary is grabbed

function render({ model, el }) {
  const playhead = playheadOf(model.get("bus"));
  const canvas = element("canvas", {
    class: "kb-signals", tabindex: "0", role: "img", "data-lm-suppress-shortcuts": "true",
    "aria-label": "Signals over the clip. Arrows move the cursor. Drag marks a stretch, the wheel zooms.",
  });
  const tip = element("div", { class: "kb-tip", role: "status" });
  const root = element("div", { class: "kb-signal-view", "data-lm-suppress-shortcuts": "true" }, canvas, tip);
  el.append(root);
  const context = canvas.getContext("2d");
  const still = document.createElement("canvas"); // everything but the cursor
  let data = new Float32Array(0);
  let times = new Float64Array(0);
  let span = [0, 1];
  let selection = null;
  let press = null;
  let stale = true;
  let dirty = true;
  let frame = 0;
  const places = { repetitions: [], doubtful: [], edited: [] };
  const state = { redraws: 0 };
  root.kinebench = state;

  function reload() {
    times = numbers(model, "times", Float64Array);
    span = times.length ? [times[0], Math.max(times[times.length - 1], times[0] + 0.1)] : [0, 1];
    refresh();
  }

  function refresh() {
    data = numbers(model, "data", Float32Array);
    for (const name of Object.keys(places)) places[name] = model.get(name);
    stale = dirty = true;
  }

  const ratio = () => window.devicePixelRatio || 1;
  const inner = () => canvas.width / ratio() - LEFT - RIGHT;
  const xOf = (time) => LEFT + ((time - span[0]) / (span[1] - span[0])) * inner();
  const timeOf = (x) => span[0] + ((x - LEFT) / inner()) * (span[1] - span[0]);

  function fit() {
    const across = Math.round(canvas.clientWidth * ratio());
    const down = Math.round(canvas.clientHeight * ratio());
    if (canvas.width !== across || canvas.height !== down) {
      canvas.width = still.width = across;
      canvas.height = still.height = down;
      stale = true;
    }
  }

  function tick() {
    fit();
    if (canvas.width && (stale || dirty)) {
      if (stale) paint();
      stale = dirty = false;
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.drawImage(still, 0, 0);
      cursor();
    }
    frame = requestAnimationFrame(tick);
  }

  function panels() {
    const all = model.get("panels");
    const height = (canvas.height / ratio() - TOP - BOTTOM - GAP * (all.length - 1)) / Math.max(all.length, 1);
    return all.map((panel, i) => ({ ...panel, top: TOP + i * (height + GAP), height }));
  }

  function paint() {
    state.redraws += 1;
    state.painted = performance.now();
    const dark = isDark(root);
    const ink = dark ? "#e8eaed" : "#1b1b1b";
    const muted = dark ? "#a4a9b0" : "#5f6368";
    const faint = dark ? "#43474e" : "#d5d8dc";
    const draw = still.getContext("2d");
    draw.setTransform(ratio(), 0, 0, ratio(), 0, 0);
    draw.clearRect(0, 0, still.width, still.height);
    draw.font = "11px sans-serif";
    const shown = panels();
    const bottom = shown.length ? shown[shown.length - 1].top + shown[shown.length - 1].height : TOP;
    phases(draw, bottom, dark);
    for (const panel of shown) onePanel(draw, panel, { ink, muted, faint, dark });
    repetitions(draw, bottom, { ink, muted });
    axis(draw, bottom, muted);
    if (selection) {
      draw.fillStyle = dark ? "rgba(255,255,255,0.16)" : "rgba(0,0,0,0.12)";
      draw.fillRect(xOf(selection[0]), TOP, xOf(selection[1]) - xOf(selection[0]), bottom - TOP);
    }
  }

  function phases(draw, bottom, dark) {
    for (const [from, to, colour] of model.get("phases")) {
      if (to < span[0] || from > span[1]) continue;
      draw.globalAlpha = dark ? 0.3 : 0.18;
      draw.fillStyle = colour;
      const left = Math.max(xOf(from), LEFT);
      draw.fillRect(left, TOP, Math.min(xOf(to), LEFT + inner()) - left, bottom - TOP);
    }
    draw.globalAlpha = 1;
  }

  function onePanel(draw, panel, colours) {
    const [low, high] = panel.range;
    const y = (value) => panel.top + panel.height - ((value - low) / (high - low || 1)) * panel.height;
    draw.strokeStyle = colours.faint;
    draw.lineWidth = 1;
    draw.strokeRect(LEFT, panel.top, inner(), panel.height);
    draw.fillStyle = colours.muted;
    draw.textAlign = "right";
    draw.textBaseline = "middle";
    for (const tick of ticks(low, high, Math.max(Math.floor(panel.height / 24), 1))) {
      draw.fillText(String(tick), LEFT - 4, y(tick));
    }
    draw.save();
    draw.beginPath();
    draw.rect(LEFT, panel.top, inner(), panel.height);
    draw.clip();
    for (const series of panel.series) {
      const colour = colours.dark ? series.dark : series.light;
      if (model.get("show_raw") && series.raw >= 0) curve(draw, series.raw, y, colour, { alpha: 0.45, width: 1 });
      if (series.other >= 0) curve(draw, series.other, y, colour, { alpha: 0.9, width: 1.2, dash: [4, 3] });
      curve(draw, series.smooth, y, colour, { alpha: 1, width: 1.6 });
    }
    draw.restore();
    let x = LEFT + 5;
    draw.textAlign = "left";
    draw.textBaseline = "top";
    for (const series of panel.series) {
      draw.fillStyle = colours.dark ? series.dark : series.light;
      const text = `${series.label}${panel.unit ? ` (${panel.unit})` : ""}`;
      draw.lineWidth = 3;
      draw.strokeStyle = colours.dark ? "rgba(29,32,37,0.85)" : "rgba(255,255,255,0.85)";
      draw.strokeText(text, x, panel.top + 3);
      draw.fillText(text, x, panel.top + 3);
      x += draw.measureText(text).width + 12;
    }
  }

  // At most lowest and highest of each pixel column, so that no peak is lost and a long clip draws as fast as a short.
  function curve(draw, start, y, colour, { alpha, width, dash = [] }) {
    const count = times.length;
    const first = Math.max(frameAt(times, span[0]) - 1, 0);
    const last = Math.min(frameAt(times, span[1]) + 2, count);
    draw.globalAlpha = alpha;
    draw.strokeStyle = colour;
    draw.lineWidth = width;
    draw.lineJoin = "round";
    draw.setLineDash(dash);
    draw.beginPath();
    let open = false;
    const dense = last - first > 2 * inner();
    let column = null;
    let low = 0;
    let high = 0;
    const flush = () => {
      if (column === null) return;
      if (open) draw.lineTo(column, y(low));
      else draw.moveTo(column, y(low));
      if (high !== low) draw.lineTo(column, y(high));
      open = true;
      column = null;
    };
    for (let i = first; i < last; i++) {
      const value = data[start * count + i];
      if (!Number.isFinite(value)) {
        flush();
        open = false;
        continue;
      }
      const x = xOf(times[i]);
      if (!dense) {
        if (open) draw.lineTo(x, y(value));
        else draw.moveTo(x, y(value));
        open = true;
        continue;
      }
      const here = Math.round(x);
      if (here !== column) {
        flush();
        [column, low, high] = [here, value, value];
      } else {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    flush();
    draw.stroke();
    draw.setLineDash([]);
    draw.globalAlpha = 1;
  }

  function repetitions(draw, bottom, colours) {
    draw.textAlign = "center";
    draw.textBaseline = "bottom";
    for (const one of model.get("reps")) {
      if (one.to < span[0] || one.from > span[1]) continue;
      const [from, to] = [Math.max(xOf(one.from), LEFT), Math.min(xOf(one.to), LEFT + inner())];
      if (!one.accepted) {
        draw.save();
        draw.beginPath();
        draw.rect(from, TOP, to - from, bottom - TOP);
        draw.clip();
        draw.strokeStyle = colours.muted;
        draw.globalAlpha = 0.45;
        draw.lineWidth = 1;
        for (let x = from - (bottom - TOP); x < to; x += 8) {
          draw.beginPath();
          draw.moveTo(x, bottom);
          draw.lineTo(x + bottom - TOP, TOP);
          draw.stroke();
        }
        draw.restore();
      }
      draw.fillStyle = one.accepted ? colours.ink : colours.muted;
      draw.font = "bold 11px sans-serif";
      const text = one.accepted ? String(one.number) + (one.by_hand ? " ✎" : "") : "×";
      if (to - from > 6) draw.fillText(text, (from + to) / 2, TOP - 2);
      draw.font = "11px sans-serif";
      for (const event of one.events) {
        const x = xOf(event.time);
        if (x < LEFT || x > LEFT + inner()) continue;
        draw.strokeStyle = colours.ink;
        draw.globalAlpha = model.get("mode") === "drag" ? 0.75 : 0.3;
        draw.lineWidth = 1;
        draw.beginPath();
        draw.moveTo(x, TOP);
        draw.lineTo(x, bottom);
        draw.stroke();
        draw.globalAlpha = 1;
      }
    }
  }

  function axis(draw, bottom, colour) {
    draw.fillStyle = colour;
    draw.textBaseline = "top";
    draw.textAlign = "center";
    const all = ticks(span[0], span[1], Math.max(Math.floor(inner() / 70), 2));
    all.forEach((tick, i) => draw.fillText(i === all.length - 1 ? `${tick} s` : String(tick), xOf(tick), bottom + 4));
  }

  function ticks(low, high, most) {
    if (!(high > low)) return [low];
    const rough = (high - low) / most;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
    const found = [];
    for (let n = Math.ceil(low / step); n * step <= high + 1e-9; n++) found.push(Number((n * step).toPrecision(10)));
    return found;
  }

  function cursor() {
    if (!times.length) return;
    const time = press?.boundary ? press.time : times[playhead.index];
    const x = xOf(time) * ratio();
    root.dataset.cursor = String(playhead.index);
    if (x < LEFT * ratio() - 1 || x > canvas.width) return;
    context.strokeStyle = press?.boundary ? "#d55e00" : isDark(root) ? "#ffffff" : "#000000";
    context.lineWidth = (press?.boundary ? 2.5 : 1.5) * ratio();
    context.beginPath();
    context.moveTo(x, (TOP - 4) * ratio());
    context.lineTo(x, canvas.height - (BOTTOM - 4) * ratio());
    context.stroke();
  }

  // Pointer: a click goes to that frame, a drag marks a stretch, and with repair on a boundary is dragged.

  function at(event) {
    const box = canvas.getBoundingClientRect();
    return ((event.clientX - box.left) * canvas.clientWidth) / box.width;
  }

  function boundaryNear(x) {
    if (model.get("mode") !== "drag") return null;
    let best = null;
    let least = CLOSE;
    for (const one of model.get("reps")) {
      for (const event of one.events) {
        const apart = Math.abs(xOf(event.time) - x);
        if (apart < least) [best, least] = [{ event: event.event, label: event.label, old: event.time }, apart];
      }
    }
    return best;
  }

  function repetitionAt(time) {
    return model.get("reps").find((one) => time >= one.from && time <= one.to);
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.focus({ preventScroll: true });
    const x = at(event);
    press = { x, time: timeOf(x), boundary: boundaryNear(x), moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const x = at(event);
    const time = timeOf(x);
    if (!press) {
      const near = boundaryNear(x);
      const one = repetitionAt(time);
      canvas.style.cursor = near ? "ew-resize" : "crosshair";
      tip.textContent = near ? `${near.label} at ${near.old.toFixed(3)} s: drag to move it`
        : one ? `${one.name}${one.reason ? `: ${one.reason}` : ""}` : "";
      return;
    }
    if (Math.abs(x - press.x) > 3) press.moved = true;
    if (press.boundary) {
      press.time = times[nearestFrame(times, time)];
      playhead.seek(nearestFrame(times, time), "signals");
    } else if (press.moved) {
      const ends = [timeOf(press.x), time].sort((a, b) => a - b);
      selection = ends.map((end) => times[nearestFrame(times, end)]);
      tip.textContent = `${selection[0].toFixed(3)} to ${selection[1].toFixed(3)} s marked`;
      stale = true;
    }
    dirty = true;
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!press) return;
    const done = press;
    press = null;
    dirty = true;
    if (done.boundary) {
      if (done.moved) model.send({ type: "boundary", event: done.boundary.event, old: done.boundary.old, new: done.time });
    } else if (done.moved) {
      model.send({ type: "selection", selection });
    } else {
      if (selection) { selection = null; stale = true; model.send({ type: "selection", selection: null }); }
      playhead.seek(nearestFrame(times, timeOf(at(event))), "signals");
    }
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const whole = times.length ? [times[0], times[times.length - 1]] : [0, 1];
    const centre = timeOf(at(event));
    const factor = Math.exp(event.deltaY * 0.0015);
    const length = Math.min(Math.max((span[1] - span[0]) * factor, 0.5), Math.max(whole[1] - whole[0], 0.1));
    const from = Math.min(Math.max(centre - ((centre - span[0]) / (span[1] - span[0])) * length, whole[0]), whole[1] - length);
    span = [from, from + length];
    stale = true;
  }, { passive: false });
  canvas.addEventListener("dblclick", () => reload());
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { press = null; selection = null; stale = true; model.send({ type: "selection", selection: null }); }
    else if (event.key === " ") playhead.dispatchEvent(new Event("toggle"));
    else if (!moved(event, playhead, places)) return;
    event.preventDefault();
    event.stopPropagation();
  });

  const onSeek = () => {
    const time = times[playhead.index];
    // Zoomed in, the window follows the cursor.
    if (time < span[0] || time > span[1]) {
      const length = span[1] - span[0];
      span = [time - length / 2, time + length / 2];
      stale = true;
    }
    dirty = true;
  };
  playhead.addEventListener("seek", onSeek);
  const changes = [
    ["change:times", reload],
    ["change:data change:panels change:phases change:reps change:show_raw change:mode change:repetitions change:doubtful change:edited", refresh],
    ["change:selection", () => { selection = model.get("selection")?.length ? model.get("selection") : null; stale = true; }],
  ];
  for (const [names, call] of changes) model.on(names, call);
  const resized = new ResizeObserver(() => (stale = true));
  resized.observe(canvas);
  reload();
  frame = requestAnimationFrame(tick);
  return () => {
    cancelAnimationFrame(frame);
    resized.disconnect();
    playhead.removeEventListener("seek", onSeek);
    for (const [names, call] of changes) model.off(names, call);
  };
}

export default { render };
