// The drawing board: what the reader draws becomes an image as the network knows it, and every
// layer computes it at once.
"use strict";
(() => {
const network = JSON.parse(document.getElementById("network").textContent);
const {rows, columns, centred, classes, steps} = network;
const pad = document.getElementById("pad"), seen = document.getElementById("seen");
const scale = 10;  // pixels of the board for one of the image
pad.width = columns * scale;
pad.height = rows * scale;
seen.width = columns;
seen.height = rows;
const ink = pad.getContext("2d", {willReadFrequently: true});
document.getElementById("board").hidden = false;  // without scripts, <noscript> has its place

function floats(text) {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({length: bytes.length / 4}, (_, i) => view.getFloat32(4 * i, true));
}
for (const step of steps)
  for (const key of ["weight", "bias", "scale", "shift"])
    if (step[key] !== undefined) step[key] = floats(step[key]);

// ---- the network

const clip = (x, low, high) => Math.min(high, Math.max(low, x));
const softplus = x => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = x => 1 / (1 + Math.exp(-x));
const elu = x => x > 0 ? x : Math.expm1(x);
// erf by its series Σ 2x/√π·(−x²)ⁿ/(n!(2n + 1)); beyond |x| = 4 it is ±1 to 1.5e-8.
function erf(x) {
  if (Math.abs(x) > 4) return Math.sign(x);
  let power = x, sum = x;
  for (let n = 1; n < 80; ++n) {
    power *= -x * x / n;
    sum += power / (2 * n + 1);
  }
  return 2 / Math.sqrt(Math.PI) * sum;
}
const activations = {
  relu: x => Math.max(0, x),
  tanh: Math.tanh,
  sigmoid,
  leaky_relu: x => x > 0 ? x : 0.01 * x,
  elu,
  selu: x => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  gelu: x => x * (1 + erf(x / Math.SQRT2)) / 2,
  silu: x => x * sigmoid(x),
  mish: x => x * Math.tanh(softplus(x)),
  softplus,
  softsign: x => x / (1 + Math.abs(x)),
  hard_tanh: x => clip(x, -1, 1),
  hard_sigmoid: x => clip(x / 6 + 0.5, 0, 1),
  hard_swish: x => x * clip(x / 6 + 0.5, 0, 1),
  identity: x => x,
};

function compute(step, x) {
  if (step.kind === "linear") {
    const y = new Float64Array(step.outputs);
    for (let i = 0; i < y.length; ++i) {
      let sum = step.bias ? step.bias[i] : 0;
      for (let j = 0, at = i * x.length; j < x.length; ++j) sum += step.weight[at + j] * x[j];
      y[i] = sum;
    }
    return y;
  }
  if (step.kind === "scale") return x.map((v, i) => v * step.scale[i] + step.shift[i]);
  return x.map(activations[step.kind]);
}

function softmax(scores) {
  const most = Math.max(...scores), powers = Array.from(scores, s => Math.exp(s - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map(p => p / sum);
}

// ---- the image

// The mean of each cell of a grid laid over a rectangle of the board; the parts outside it are 0.
function averaged(grey, left, top, width, height, across, down) {
  const image = new Float64Array(across * down);
  for (let i = 0; i < down; ++i)
    for (let j = 0; j < across; ++j) {
      const x0 = left + width * j / across, x1 = left + width * (j + 1) / across;
      const y0 = top + height * i / down, y1 = top + height * (i + 1) / down;
      let sum = 0;
      for (let y = Math.floor(y0); y < y1; ++y)
        for (let x = Math.floor(x0); x < x1; ++x) {
          if (x < 0 || y < 0 || x >= pad.width || y >= pad.height) continue;
          const part = (Math.min(x + 1, x1) - Math.max(x, x0)) * (Math.min(y + 1, y1) - Math.max(y, y0));
          sum += part * grey[y * pad.width + x];
        }
      image[i * across + j] = sum / ((x1 - x0) * (y1 - y0));
    }
  return image;
}

// As MNIST does it: the drawing fits into 20/28 of the image, and its centre of mass is the centre.
function centre(grey) {
  let left = pad.width, right = -1, top = pad.height, bottom = -1, mass = 0, mx = 0, my = 0;
  for (let y = 0; y < pad.height; ++y)
    for (let x = 0; x < pad.width; ++x) {
      const v = grey[y * pad.width + x];
      if (v === 0) continue;
      left = Math.min(left, x), right = Math.max(right, x);
      top = Math.min(top, y), bottom = Math.max(bottom, y);
      mass += v, mx += v * (x + 0.5), my += v * (y + 0.5);
    }
  const zoom = Math.max((right + 1 - left) / (columns * 20 / 28), (bottom + 1 - top) / (rows * 20 / 28));
  return averaged(grey, mx / mass - zoom * columns / 2, my / mass - zoom * rows / 2, zoom * columns,
                  zoom * rows, columns, rows);
}

// The image in bytes, as in a file of MNIST.
function image() {
  const data = ink.getImageData(0, 0, pad.width, pad.height).data;
  const grey = Float64Array.from({length: pad.width * pad.height}, (_, i) => data[4 * i + 3]);
  const drawn = grey.some(v => v > 0);
  const pixels = drawn && centred ? centre(grey)
                                  : averaged(grey, 0, 0, pad.width, pad.height, columns, rows);
  return {drawn, pixels: Uint8Array.from(pixels, v => Math.round(v))};
}

// ---- the page

const element = (name, content, parent) => {
  const made = document.createElement(name);
  made.textContent = content;
  return parent.appendChild(made);
};
const chances = classes.map(name => {
  const parent = document.getElementById("chances");
  element("span", name, parent);
  return element("i", "", parent);
});
const layers = document.getElementById("layers");
const shown = steps.map((step, i) => {
  const box = element("div", "", layers);
  box.className = "layer";
  return {name: `${i + 1}. ${step.kind}`, label: element("div", "", box), canvas: element("canvas", "", box)};
});

function show({name, label, canvas}, values) {
  const across = Math.min(values.length, 32), cell = 9;
  const most = Math.max(...values.map(Math.abs), 1e-30);
  canvas.width = across * cell;
  canvas.height = Math.ceil(values.length / across) * cell;
  const context = canvas.getContext("2d");
  values.forEach((v, i) => {
    context.fillStyle = v < 0 ? "#e06a00" : "#1f7fd1";
    context.globalAlpha = Math.abs(v) / most;
    context.fillRect(i % across * cell, Math.floor(i / across) * cell, cell - 1, cell - 1);
  });
  const text = `${name}: ${values.length} values from ${Math.min(...values).toPrecision(3)} to ${
    Math.max(...values).toPrecision(3)}`;
  label.textContent = text;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", text);
}

function update() {
  const {drawn, pixels} = image();
  const small = seen.getContext("2d"), picture = small.createImageData(columns, rows);
  pixels.forEach((v, i) => picture.data.set([v, v, v, 255], 4 * i));
  small.putImageData(picture, 0, 0);
  let x = Float64Array.from(pixels, v => v / 255);
  const values = steps.map((step, i) => {
    x = compute(step, x);
    show(shown[i], x);
    return Array.from(x);
  });
  const probabilities = softmax(x), best = probabilities.indexOf(Math.max(...probabilities));
  probabilities.forEach((p, i) => chances[i].style.setProperty("--share", drawn ? p : 0));
  document.getElementById("verdict").textContent =
    drawn ? `${classes[best]} (${(100 * probabilities[best]).toFixed(1)} %)` : "Draw something.";
  // For the console of the browser, and for tests.
  window.drawing = {pixels: Array.from(pixels), values, probabilities, verdict: classes[best]};
}

// ---- the pen

let last = null, waiting = false;
function soon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; update(); });
}
function stroke(to) {
  ink.strokeStyle = "#fff";
  ink.lineWidth = 2.2 * scale * Math.min(rows, columns) / 28;
  ink.lineCap = ink.lineJoin = "round";
  ink.beginPath();
  ink.moveTo(last.x, last.y);
  ink.lineTo(to.x, to.y + 0.01);  // also a point leaves ink
  ink.stroke();
  last = to;
  soon();
}
const position = event => {
  const box = pad.getBoundingClientRect();
  return {x: (event.clientX - box.left) * pad.width / box.width,
          y: (event.clientY - box.top) * pad.height / box.height};
};
pad.addEventListener("pointerdown", event => {
  pad.setPointerCapture(event.pointerId);
  last = position(event);
  stroke(last);
});
pad.addEventListener("pointermove", event => { if (event.buttons && last) stroke(position(event)); });
for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => { last = null; });

function clear() {
  ink.clearRect(0, 0, pad.width, pad.height);
  last = null;
  update();
}
document.getElementById("clear").addEventListener("click", clear);

// The keyboard: arrows move the pen, the space bar lifts and lowers it, Delete clears.
const pen = {x: pad.width / 2, y: pad.height / 2, down: false};
const moves = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
function tell() {
  document.getElementById("pen").textContent =
    `The pen is ${pen.down ? "down" : "up"} at column ${Math.round(pen.x / scale)}, row ${
      Math.round(pen.y / scale)}.`;
}
pad.addEventListener("keydown", event => {
  const move = moves[event.key];
  if (move) {
    last = {x: pen.x, y: pen.y};
    pen.x = clip(pen.x + scale * move[0], 0, pad.width);
    pen.y = clip(pen.y + scale * move[1], 0, pad.height);
    if (pen.down) stroke({x: pen.x, y: pen.y});
  } else if (event.key === " ") {
    pen.down = !pen.down;
    last = {x: pen.x, y: pen.y};
    if (pen.down) stroke(last);
  } else if (event.key === "Delete") {
    clear();
  } else {
    return;
  }
  last = null;
  tell();
  event.preventDefault();
});
update();
})();
