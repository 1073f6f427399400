// Runs `@vladmandic/human` for peers.py and peers_accuracy.py, which copy this file beside node_modules.
//
//     node peers_human.cjs time RAW WIDTH HEIGHT     # uint8 RGB of one picture
//     node peers_human.cjs crops RAW SIDE            # uint8 grey of square pictures, one after another
//     node peers_human.cjs search RAW SIDE
//
// Each prints one JSON line. `time`: the faces of the picture, and the median of 15 readings, ms.
// `crops`: the expression that its emotion net gives each whole picture. `search`: the expression of
// the face that its detector finds in each picture, or null. The last two use one thread.

const fs = require("fs"), http = require("http"), path = require("path");
const own = path.join(__dirname, "node_modules", "@vladmandic", "human");
const wasm = path.join(__dirname, "node_modules", "@tensorflow", "tfjs-backend-wasm", "dist");
const { Human } = require(path.join(own, "dist", "human.node-wasm.js"));

// In the order of its emotion net's outputs (`src/gear/emotion.ts`).
const NAMES = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];
const BATCH = 64;

/** Open the detector and the emotion net alone, and keep nothing from one picture to the next. */
async function open(port, maxDetected, flags) {
  const off = { enabled: false };
  const human = new Human({
    backend: "wasm", wasmPath: wasm + "/", wasmPlatformFetch: false, debug: false, flags,
    modelBasePath: `http://127.0.0.1:${port}/`, cacheSensitivity: 0, filter: off,
    face: {
      enabled: true, detector: { maxDetected, rotation: false }, emotion: { enabled: true },
      mesh: off, iris: off, description: off, antispoof: off, liveness: off,
    },
    body: off, hand: off, object: off, gesture: off, segmentation: off,
  });
  await human.init();
  await human.load();
  return human;
}

async function time(human, file, width, height) {
  const picture = human.tf.tensor(new Float32Array(fs.readFileSync(file)), [1, height, width, 3]);
  const times = [];
  let faces = 0;
  for (let n = 0; n < 16; n++) {
    const start = performance.now();
    faces = (await human.detect(picture)).face.length;
    times.push(performance.now() - start);
  }
  const sorted = times.slice(1).sort((a, b) => a - b);
  return { faces, ms: sorted[7] };
}

/** Prepare whole pictures as `src/gear/emotion.ts` prepares a face: bilinear, 64 px, -1..1. */
async function crops(human, bytes, side) {
  const { tf } = human;
  const names = [];
  for (let start = 0; start < bytes.length; start += BATCH * side * side) {
    const part = Float32Array.from(bytes.subarray(start, start + BATCH * side * side));
    const scores = tf.tidy(() => {
      const faces = tf.tensor(part, [part.length / (side * side), side, side, 1]);
      const scaled = tf.image.resizeBilinear(tf.div(faces, 255), [64, 64]);
      return human.models.models.emotion.execute(tf.mul(tf.sub(scaled, 0.5), 2));
    });
    for (const row of await scores.array()) names.push(NAMES[row.indexOf(Math.max(...row))]);
    tf.dispose(scores);
  }
  return names;
}

async function search(human, bytes, side) {
  const { tf } = human;
  const names = [];
  for (let start = 0; start < bytes.length; start += side * side) {
    const grey = Float32Array.from(bytes.subarray(start, start + side * side));
    const picture = tf.tidy(() => tf.tile(tf.tensor(grey, [1, side, side, 1]), [1, 1, 1, 3]));
    const [face] = (await human.detect(picture)).face;
    names.push(face ? face.emotion[0].emotion : null);
    tf.dispose(picture);
  }
  return names;
}

(async () => {
  const [mode, file, ...sizes] = process.argv.slice(2);
  // Node's `fetch`, by which it would load its nets, takes no file:// address.
  const nets = http.createServer((asked, answer) =>
    fs.createReadStream(path.join(own, "models", asked.url)).pipe(answer));
  await new Promise((ready) => nets.listen(0, "127.0.0.1", ready));
  const { port } = nets.address();
  if (mode === "time") {
    const human = await open(port, 50, {});
    console.log(JSON.stringify(await time(human, file, Number(sizes[0]), Number(sizes[1]))));
  } else {
    const human = await open(port, 1, { WASM_HAS_MULTITHREAD_SUPPORT: false });
    const read = { crops, search }[mode];
    console.log(JSON.stringify(await read(human, fs.readFileSync(file), Number(sizes[0]))));
  }
  nets.close();
})();
