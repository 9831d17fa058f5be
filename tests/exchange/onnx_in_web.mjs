// Runs networks in onnxruntime-web (wasm) and compares them with Reel's outputs. Arguments: the
// folder of the package, that of the networks, how many there must be.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const [pack, folder, count] = process.argv.slice(2);
const ort = createRequire(import.meta.url)(path.resolve(pack));
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

// The largest difference, relative to the largest of the expected numbers; NaN counts as infinite.
function difference(found, expected) {
  let worst = 0, largest = 0;
  expected.forEach((x, i) => {
    const apart = Math.abs(found[i] - x);
    worst = apart <= worst ? worst : Number.isNaN(apart) ? Infinity : apart;
    largest = Math.max(largest, Math.abs(x));
  });
  return found.length === expected.length ? worst / (largest || 1) : Infinity;
}

let worst = 0;
for (let i = 0; i < count; ++i) {
  const name = path.join(folder, `network_${i}`);
  const { batch, images, logits } = JSON.parse(fs.readFileSync(`${name}.json`));
  const session = await ort.InferenceSession.create(`${name}.onnx`, { executionProviders: ['wasm'] });
  const input = new ort.Tensor('float32', Float32Array.from(images), [batch, images.length / batch]);
  const found = await session.run({ images: input });
  const here = difference(found.logits.data, logits);
  if (!(here <= 1e-5)) {
    console.error(`${name}: the relative difference is ${here}`);
    process.exitCode = 1;
  }
  const sum = found.probabilities.data.reduce((a, b) => a + b) / batch;
  if (!(Math.abs(sum - 1) < 1e-5)) {
    console.error(`${name}: the probabilities of a sample sum to ${sum}`);
    process.exitCode = 1;
  }
  worst = Math.max(worst, here);
}
console.log(`${count} networks, the largest relative difference is ${worst.toExponential(2)}`);
process.exit();
