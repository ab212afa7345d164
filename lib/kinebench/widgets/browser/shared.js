// What both views of a workbench share: the frame that is looked at, and small helpers. It stands before each view's
// own module.

// Workbench -> its playhead. Views of one workbench move together without a way through the kernel.
const playheads = (globalThis.kinebenchPlayheads ??= new Map());

class Playhead extends EventTarget {
  index = 0;
  length = 0;

  // Look at a frame; `from` is who says so. Returns the frame, held within the clip.
  seek(index, from) {
    const last = Math.max(this.length - 1, 0);
    const next = Math.min(Math.max(Math.round(index), 0), last);
    if (next !== this.index) {
      this.index = next;
      this.dispatchEvent(new CustomEvent("seek", { detail: { from } }));
    }
    return next;
  }
}

function playheadOf(name) {
  if (!playheads.has(name)) playheads.set(name, new Playhead());
  return playheads.get(name);
}

// A binary trait as numbers; empty where nothing was sent yet.
function numbers(model, name, kind) {
  const view = model.get(name);
  if (!view || !view.byteLength) return new kind(0);
  const start = view.byteOffset ?? 0;
  const buffer = view.buffer ?? view;
  return new kind(buffer.slice(start, start + view.byteLength));
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// Keys that move through the clip, the same in every view; whether the key was one of them.
function moved(event, playhead, places) {
  const step = event.shiftKey ? 10 : 1;
  const jumps = {
    ArrowRight: () => playhead.index + step,
    ArrowLeft: () => playhead.index - step,
    Home: () => 0,
    End: () => playhead.length - 1,
    PageDown: () => next(places.repetitions, playhead.index),
    PageUp: () => previous(places.repetitions, playhead.index),
    d: () => next(places.doubtful, playhead.index),
    D: () => previous(places.doubtful, playhead.index),
    e: () => next(places.edited, playhead.index),
    E: () => previous(places.edited, playhead.index),
  };
  const jump = jumps[event.key];
  if (!jump || event.ctrlKey || event.metaKey || event.altKey) return false;
  playhead.seek(jump());
  return true;
}

function next(frames, index) {
  return frames.find((frame) => frame > index) ?? index;
}

function previous(frames, index) {
  return frames.findLast((frame) => frame < index) ?? index;
}

// Index of the last of the ascending `times` that is not after `time`.
function frameAt(times, time) {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle] <= time + 1e-9) low = middle;
    else high = middle - 1;
  }
  return low;
}

function nearestFrame(times, time) {
  const before = frameAt(times, time);
  const after = Math.min(before + 1, times.length - 1);
  return Math.abs(times[after] - time) < Math.abs(times[before] - time) ? after : before;
}

function isDark(node) {
  const [r, g, b] = (getComputedStyle(node).color.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
  return r * 0.299 + g * 0.587 + b * 0.114 > 140;
}
