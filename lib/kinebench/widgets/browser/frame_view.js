// The scrubber: one frame of the clip with the pose on it, and everything that moves through the clip.

const CHUNK = 15;
const AHEAD = 60; // frames asked for before they are needed
const MOST_BYTES = 300e6; // of JPEG kept in the browser
const MOST_BITMAPS = 48; // pictures kept ready to draw, 2 MB each
const NEAR = "#f0e442", FAR = "#56b4e9", RAW = "#cc79a7", EDGE = "rgba(20,22,26,0.75)";
const GRAB = 14; // CSS pixels
const MOVED = 3; // CSS pixels: less is a click, not a drag
const PATIENCE_MS = 10000;
const SPEEDS = [0.1, 0.25, 0.5, 1, 2];

// Workbench -> its newest poster. It comes by a message, before there is a view or before its epoch: what is in the
// model would be saved with the notebook.
const posters = new Map();

function initialize({ model }) {
  const bus = model.get("bus");
  const onMessage = (content, buffers) => {
    if (content.type === "poster") posters.set(bus, { content, buffers });
  };
  model.on("msg:custom", onMessage);
  return () => {
    model.off("msg:custom", onMessage);
    posters.delete(bus);
  };
}

class Pictures {
  // JPEGs as they came, the ones around the playhead decoded. One request is under way at a time, the newest wish wins.
  constructor(model, onPicture) {
    this.model = model;
    this.onPicture = onPicture;
    this.clear();
  }

  clear() {
    this.epoch = this.model.get("epoch");
    this.jpegs = new Map();
    this.bytes = 0;
    this.bitmaps?.forEach((bitmap) => bitmap.close());
    this.bitmaps = new Map();
    this.decoding = new Set();
    this.askedAt = 0; // 0: nothing is under way
  }

  keep(index, data) {
    if (this.jpegs.has(index)) return;
    this.jpegs.set(index, new Blob([data], { type: "image/jpeg" }));
    this.bytes += data.byteLength;
    for (const [oldest, blob] of this.jpegs) {
      if (this.bytes <= MOST_BYTES) break;
      this.jpegs.delete(oldest);
      this.bytes -= blob.size;
    }
  }

  got(message, buffers) {
    if (message.epoch !== this.epoch) return;
    this.askedAt = 0;
    message.lengths.forEach((length, i) => this.keep(message.first + i, buffers[i]));
  }

  // Ask for what is lacking: the frame looked at, then those that lie ahead in the direction of travel.
  ask(index, direction, length) {
    // A kernel that is busy answers late, one that was restarted never.
    if (this.askedAt && performance.now() - this.askedAt < PATIENCE_MS) return;
    let first = null;
    let last = null;
    if (!this.jpegs.has(index)) {
      [first, last] = [index, index + 1];
    } else {
      for (let step = 1; step <= AHEAD; step++) {
        const at = index + step * direction;
        if (at < 0 || at >= length) break;
        if (this.jpegs.has(at)) continue;
        [first, last] = direction > 0 ? [at, at + CHUNK] : [at - CHUNK + 1, at + 1];
        break;
      }
    }
    if (first === null) return;
    this.askedAt = performance.now();
    first = Math.max(first, 0);
    last = Math.min(last, length);
    this.model.send({ type: "frames", epoch: this.epoch, first, last });
  }

  // The picture of a frame if it is ready; else it is made ready. An empty picture is one that cannot be decoded.
  at(index) {
    const bitmap = this.bitmaps.get(index);
    if (bitmap) {
      this.bitmaps.delete(index);
      this.bitmaps.set(index, bitmap);
      return bitmap;
    }
    this.decode(index);
    return null;
  }

  broken(index) {
    return this.jpegs.get(index)?.size === 0;
  }

  decode(index) {
    const blob = this.jpegs.get(index);
    if (!blob || !blob.size || this.decoding.has(index) || this.bitmaps.has(index)) return;
    this.decoding.add(index);
    const epoch = this.epoch;
    createImageBitmap(blob).then((bitmap) => {
      this.decoding.delete(index);
      if (epoch !== this.epoch) return bitmap.close();
      this.bitmaps.set(index, bitmap);
      for (const [oldest, old] of this.bitmaps) {
        if (this.bitmaps.size <= MOST_BITMAPS) break;
        old.close();
        this.bitmaps.delete(oldest);
      }
      this.onPicture(index);
    }, () => this.decoding.delete(index));
  }
}

function overlayOf(model) {
  return {
    joints: model.get("joints"),
    near: model.get("near"),
    far: model.get("far"),
    smoothed: numbers(model, "smoothed", Float32Array),
    raw: numbers(model, "raw", Float32Array),
    angles: model.get("angles"),
    values: numbers(model, "angle_values", Float32Array),
  };
}

function render({ model, el }) {
  const playhead = playheadOf(model.get("bus"));
  const state = {
    times: new Float64Array(0), numbers: new Int32Array(0), overlay: overlayOf(model), show: { ...model.get("show") },
    drawn: -1, direction: 1, playing: false, speed: 1, clock: 0, began: 0, drag: null, draws: [], dirty: true,
  };
  const pictures = new Pictures(model, () => (state.dirty = true));
  const canvas = element("canvas", {
    class: "kb-frame", tabindex: "0", role: "img", "data-lm-suppress-shortcuts": "true",
    "aria-label": "Frame of the clip. Space plays, arrows step, shift and arrow steps by ten.",
  });
  const context = canvas.getContext("2d");
  const places = { repetitions: [], doubtful: [], edited: [] };
  let told = -1;
  let toldAt = 0;

  // Controls
  const button = (label, text, onclick, extra = {}) =>
    element("button", { class: "kb-button", type: "button", title: label, "aria-label": label, onclick, ...extra }, text);
  const play = button("Play or pause (space)", "▶", () => toggle());
  const slider = element("input", {
    type: "range", class: "kb-slider", min: "0", max: "0", step: "1", value: "0", "aria-label": "Frame",
    "data-lm-suppress-shortcuts": "true",
    oninput: () => { pause(); playhead.seek(Number(slider.value), "slider"); },
  });
  const speed = element("select", { class: "kb-speed", title: "Speed", "aria-label": "Speed",
    onchange: () => { state.speed = Number(speed.value); restart(); } },
    ...SPEEDS.map((s) => element("option", { value: String(s), selected: s === 1 }, `${s}×`)));
  const label = element("output", { class: "kb-label", "aria-live": "off" });
  const toggles = [
    ["raw", "raw", "Raw keypoints, as the network saw them"], ["smoothed", "smooth", "Smoothed skeleton"],
    ["names", "names", "Names of the joints"], ["angles", "angles", "Angles in degrees"],
    ["person", "zoom", "Zoom to the person"],
  ].map(([name, text, title]) => {
    const made = button(title, text, () => {
      state.show[name] = !state.show[name];
      made.setAttribute("aria-pressed", String(state.show[name]));
      if (name === "person") model.send({ type: "section", person: state.show.person });
      model.send({ type: "show", show: state.show });
      state.dirty = true;
    }, { "aria-pressed": String(Boolean(state.show[name])), class: "kb-button kb-toggle" });
    return made;
  });
  const jump = (title, text, find, kind) => button(title, text, () => { pause(); playhead.seek(find(places[kind], playhead.index)); });
  const message = element("div", { class: "kb-message", role: "status" });
  const root = element("div", { class: "kb-view", "data-lm-suppress-shortcuts": "true" },
    element("div", { class: "kb-stage" }, canvas), slider,
    element("div", { class: "kb-bar", role: "group", "aria-label": "Move through the clip" },
      button("One frame back (left arrow)", "◀|", () => { pause(); playhead.seek(playhead.index - 1); }), play,
      button("One frame on (right arrow)", "|▶", () => { pause(); playhead.seek(playhead.index + 1); }), speed,
      jump("Previous repetition (page up)", "⟨ rep", previous, "repetitions"),
      jump("Next repetition (page down)", "rep ⟩", next, "repetitions"),
      jump("Previous doubtful frame (shift+D)", "⟨ ?", previous, "doubtful"),
      jump("Next doubtful frame (D)", "? ⟩", next, "doubtful"),
      element("span", { class: "kb-toggles", role: "group", "aria-label": "Shown on the frame" }, ...toggles)),
    element("div", { class: "kb-bar kb-state" }, label), message);
  el.append(root);
  root.kinebench = state; // for the benchmark and the tests: what was drawn, and when

  function reload() {
    state.times = numbers(model, "times", Float64Array);
    state.numbers = numbers(model, "numbers", Int32Array);
    playhead.length = model.get("length");
    slider.max = String(Math.max(playhead.length - 1, 0));
    pictures.clear();
    const poster = posters.get(model.get("bus"));
    if (poster) pictures.got(poster.content, poster.buffers);
    state.drawn = -1;
    state.drag = null;
    state.dirty = true;
    told = -1;
    // The kernel says which frame of the new pictures shows the instant that was looked at.
    playhead.index = model.get("start");
    playhead.dispatchEvent(new CustomEvent("seek", { detail: { from: "reload" } }));
  }

  function marks() {
    for (const name of Object.keys(places)) places[name] = model.get(name);
    state.dirty = true;
  }

  // Time

  function toggle() { state.playing ? pause() : start(); }
  function start() {
    if (playhead.index >= playhead.length - 1) playhead.seek(0);
    state.playing = true;
    state.direction = 1;
    play.textContent = "⏸";
    restart();
  }
  function pause() { state.playing = false; play.textContent = "▶"; }
  function restart() { state.began = performance.now(); state.clock = state.times[playhead.index] ?? 0; }

  function advance(now) {
    if (!pictures.jpegs.has(playhead.index)) return restart(); // wait for the picture rather than leave it out
    const time = state.clock + ((now - state.began) / 1000) * state.speed;
    let target = frameAt(state.times, time);
    // What is not there yet is not skipped.
    for (let at = playhead.index + 1; at <= target; at++) if (!pictures.jpegs.has(at)) { target = at - 1; restart(); break; }
    if (target > playhead.index) playhead.seek(target);
    if (playhead.index >= playhead.length - 1) pause();
  }

  // Drawing

  function tick(now) {
    if (!root.isConnected && state.drawn >= 0) { state.frame = requestAnimationFrame(tick); return; }
    if (state.playing) advance(now);
    const index = playhead.index;
    pictures.ask(index, state.direction, playhead.length);
    const picture = pictures.at(index);
    for (let step = 1; step <= 8; step++) pictures.decode(index + step * state.direction);
    if ((picture || pictures.broken(index)) && (state.drawn !== index || state.dirty)) draw(index, picture, now);
    // The kernel is told what is seen, not what is asked for.
    if (state.drawn >= 0 && told !== state.drawn && now - toldAt > 120) {
      told = state.drawn;
      toldAt = now;
      model.send({ type: "at", index: state.drawn });
    }
    state.frame = requestAnimationFrame(tick);
  }

  function fit() {
    const [, , width, height] = model.get("section");
    const ratio = window.devicePixelRatio || 1;
    const across = Math.round(canvas.clientWidth * ratio);
    const down = Math.round((across * height) / width);
    if (canvas.width !== across || canvas.height !== down) {
      canvas.width = across;
      canvas.height = down;
    }
    return { scale: across / width, ratio };
  }

  function draw(index, picture, now) {
    const { scale, ratio } = fit();
    if (!canvas.width) return;
    state.dirty = false;
    if (state.drawn !== index) {
      state.draws.push(now);
      if (state.draws.length > 5000) state.draws.shift();
    }
    state.drawn = index;
    root.dataset.drawn = String(index);
    if (picture) context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    else {
      context.fillStyle = "#333";
      context.fillRect(0, 0, canvas.width, canvas.height);
    }
    skeleton(index, scale, ratio);
    if (state.changed) [state.changed, state.tuned] = [false, performance.now()];
    slider.value = String(index);
    const time = state.times[index] ?? 0;
    slider.setAttribute("aria-valuetext", `frame ${state.numbers[index]}, ${time.toFixed(3)} seconds`);
    const spans = model.get("spans");
    const span = spans.find((one) => index >= one[0] && index <= one[1]);
    const doubt = model.get("doubts").filter((one) => index >= one[0] && index <= one[1]).map((one) => one[2]);
    label.replaceChildren(
      element("b", {}, `${time.toFixed(3)} s`), ` frame ${state.numbers[index] ?? index}`,
      span ? ` · ${span[2]}` : "", picture ? "" : " · cannot be decoded",
      element("span", { class: "kb-doubt" }, doubt.length ? ` · ${doubt.join(", ")}` : ""));
  }

  function place(points, index, joint, scale) {
    const [left, top] = model.get("section");
    const at = 2 * (index * state.overlay.joints.length + joint);
    const x = points[at];
    const y = points[at + 1];
    return Number.isFinite(x) && Number.isFinite(y) ? [(x - left + 0.5) * scale, (y - top + 0.5) * scale] : null;
  }

  function skeleton(index, scale, ratio) {
    const { joints, near, far, smoothed, raw, angles, values } = state.overlay;
    const at = (joint) => (state.drag?.joint === joint ? state.drag.at : place(smoothed, index, joint, scale));
    if (state.show.smoothed) {
      for (const [edges, colour, width] of [[far, FAR, 2], [near, NEAR, 3]]) {
        for (const [stroke, extra] of [[EDGE, 2.5], [colour, 0]]) {
          context.strokeStyle = stroke;
          context.lineWidth = (width + extra) * ratio;
          context.lineCap = "round";
          context.beginPath();
          for (const [a, b] of edges) {
            const from = at(a);
            const to = at(b);
            if (from && to) { context.moveTo(...from); context.lineTo(...to); }
          }
          context.stroke();
        }
      }
      const onNear = new Set(near.flat());
      joints.forEach((_, joint) => dot(at(joint), onNear.has(joint) ? NEAR : FAR, 3.5 * ratio));
    }
    if (state.show.raw) joints.forEach((_, joint) => cross(place(raw, index, joint, scale), 4 * ratio, ratio));
    context.font = `${12 * ratio}px sans-serif`;
    if (state.show.names) joints.forEach((name, joint) => words(at(joint), name.replaceAll("_", " "), ratio));
    if (state.show.angles) {
      angles.forEach(([text, joint], row) => {
        const value = values[row * playhead.length + index];
        if (Number.isFinite(value)) words(place(smoothed, index, joint, scale), `${text} ${value.toFixed(0)}°`, ratio, 16);
      });
    }
    if (state.drag) ring(state.drag.at, 9 * ratio, ratio);
  }

  function dot(at, colour, radius) {
    if (!at) return;
    context.beginPath();
    context.arc(at[0], at[1], radius, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
    context.strokeStyle = EDGE;
    context.lineWidth = radius / 3;
    context.stroke();
  }

  function ring(at, radius, ratio) {
    context.beginPath();
    context.arc(at[0], at[1], radius, 0, 2 * Math.PI);
    context.strokeStyle = "#ffffff";
    context.lineWidth = 2 * ratio;
    context.stroke();
  }

  function cross(at, size, ratio) {
    if (!at) return;
    for (const [colour, width] of [[EDGE, 3.5], [RAW, 1.8]]) {
      context.strokeStyle = colour;
      context.lineWidth = width * ratio;
      context.beginPath();
      context.moveTo(at[0] - size, at[1] - size);
      context.lineTo(at[0] + size, at[1] + size);
      context.moveTo(at[0] + size, at[1] - size);
      context.lineTo(at[0] - size, at[1] + size);
      context.stroke();
    }
  }

  function words(at, text, ratio, off = 8) {
    if (!at) return;
    context.lineWidth = 3 * ratio;
    context.lineJoin = "round";
    context.strokeStyle = "rgba(20,22,26,0.85)";
    context.strokeText(text, at[0] + off * ratio, at[1] - 4 * ratio);
    context.fillStyle = "#ffffff";
    context.fillText(text, at[0] + off * ratio, at[1] - 4 * ratio);
  }

  // Repair by hand

  function pointer(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
  }

  function inPicture([x, y]) {
    const [left, top, width] = model.get("section");
    const scale = canvas.width / width;
    return { x: x / scale + left - 0.5, y: y / scale + top - 0.5 };
  }

  function grabbed(at) {
    const { scale, ratio } = fit();
    let best = null;
    let least = GRAB * ratio;
    state.overlay.joints.forEach((name, joint) => {
      for (const points of [state.overlay.smoothed, state.overlay.raw]) {
        const there = place(points, state.drawn, joint, scale);
        const apart = there ? Math.hypot(there[0] - at[0], there[1] - at[1]) : Infinity;
        if (apart < least) [best, least] = [joint, apart];
      }
    });
    return best;
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.focus({ preventScroll: true });
    if (event.button !== 0 || state.drawn < 0) return;
    const at = pointer(event);
    const mode = model.get("mode");
    if (mode === "person") model.send({ type: "person", index: state.drawn, ...inPicture(at) });
    if (mode !== "drag") return;
    const joint = grabbed(at);
    if (joint === null) return;
    pause();
    state.drag = { joint, at, from: at, index: state.drawn, moved: false };
    canvas.setPointerCapture(event.pointerId);
    state.dirty = true;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (state.drag) {
      const { ratio } = fit();
      state.drag.at = pointer(event);
      const [x, y] = state.drag.at;
      state.drag.moved ||= Math.hypot(x - state.drag.from[0], y - state.drag.from[1]) > MOVED * ratio;
      state.dirty = true;
      return;
    }
    canvas.style.cursor = model.get("mode") === "person" ? "crosshair"
      : model.get("mode") === "drag" && grabbed(pointer(event)) !== null ? "grab" : "default";
  });
  canvas.addEventListener("pointerup", () => {
    if (!state.drag) return;
    const { joint, at, index, moved } = state.drag;
    if (moved) model.send({ type: "moved", index, joint: state.overlay.joints[joint], ...inPicture(at) });
    state.drag = null;
    state.dirty = true;
  });
  canvas.addEventListener("pointercancel", () => { state.drag = null; state.dirty = true; });

  root.addEventListener("keydown", (event) => {
    const typing = event.target === speed;
    if (typing) return;
    const onButton = event.target.tagName === "BUTTON";
    if (event.key === " " && !onButton) toggle();
    else if (event.key === "Escape" && state.drag) { state.drag = null; state.dirty = true; }
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") model.send({ type: event.shiftKey ? "redo" : "undo" });
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") model.send({ type: "save" });
    else if (event.target !== slider || event.key.length === 1 || event.shiftKey || event.key.startsWith("Page")) {
      if (event.target === slider && ["Home", "End"].includes(event.key)) return;
      const before = playhead.index;
      if (!moved(event, playhead, places)) return;
      if (playhead.index !== before) pause();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  // Listening

  // The pose about the frame that is looked at comes before that of the whole clip.
  function touchUp(first, buffer) {
    const { joints, smoothed } = state.overlay;
    const piece = new Float32Array(buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength));
    const start = 2 * first * joints.length;
    if (start + piece.length > smoothed.length || piece.length % (2 * joints.length)) return;
    smoothed.set(piece, start);
    state.dirty = state.changed = true;
  }

  let last = playhead.index;
  const onSeek = (event) => {
    state.drag = null; // what is dragged belongs to the frame that was there
    state.direction = playhead.index >= last ? 1 : -1;
    if (!state.playing || event.detail.from) restart();
    last = playhead.index;
  };
  playhead.addEventListener("seek", onSeek);
  playhead.addEventListener("toggle", toggle);
  const onMessage = (content, buffers) => {
    if (["frames", "poster"].includes(content.type)) pictures.got(content, buffers);
    if (content.type === "pose") touchUp(content.first, buffers[0]);
    if (content.type === "seek") { pause(); playhead.seek(content.index); }
  };
  model.on("msg:custom", onMessage);
  const changes = [
    ["change:epoch", reload],
    ["change:smoothed change:raw change:joints change:near change:far change:angles change:angle_values",
      () => { state.overlay = overlayOf(model); state.dirty = state.changed = true; }],
    ["change:repetitions change:doubtful change:edited change:spans change:doubts", marks],
    ["change:message", () => { message.textContent = model.get("message"); }],
    ["change:mode", () => { root.dataset.mode = model.get("mode"); }],
    ["change:section", () => { state.dirty = true; }],
  ];
  for (const [names, call] of changes) model.on(names, call);
  const resized = new ResizeObserver(() => (state.dirty = true));
  resized.observe(canvas);
  reload();
  marks();
  message.textContent = model.get("message");
  state.frame = requestAnimationFrame(tick);
  return () => {
    cancelAnimationFrame(state.frame);
    resized.disconnect();
    playhead.removeEventListener("seek", onSeek);
    playhead.removeEventListener("toggle", toggle);
    model.off("msg:custom", onMessage);
    for (const [names, call] of changes) model.off(names, call);
    pictures.clear();
  };
}

export default { initialize, render };
