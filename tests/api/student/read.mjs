/**
 * Reads pictures as the student page does and prints the results as JSON.
 *
 * node read.mjs ASSETS BUNDLED PICTURES: the page's modules, the decompressed downloads, and a
 * folder with `parameters.json`, `sizes.json` ([name, width, height]) and raw RGBA files.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [assets, bundled, pictures] = process.argv.slice(2);
const load = (folder, name) => import(pathToFileURL(join(folder, name)).href);

const ort = await load(bundled, "onnxruntime-web.mjs");
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = await readFile(join(bundled, "onnxruntime-web.wasm"));
const open = async (name) =>
  ort.InferenceSession.create(await readFile(join(bundled, name)), {
    executionProviders: ["wasm"],
  });
const nets = {
  shallow: await open("centerface-shallow.onnx"),
  deep: await open("centerface-deep.onnx"),
  covers: await open("covers.onnx"),
  expressions: await open("compact.onnx"),
};
const { FaceReader } = await load(assets, "reader.js");
const { Follower } = await load(assets, "follower.js");
const { prepareNear } = await load(assets, "near.js");
const { cut } = await load(assets, "crop.js");
const { prepare } = await load(assets, "detect.js");
const parameters = JSON.parse(await readFile(join(pictures, "parameters.json"), "utf8"));
const sizes = JSON.parse(await readFile(join(pictures, "sizes.json"), "utf8"));
const reader = new FaceReader(ort, nets, parameters);

const results = [];
for (const [name, width, height] of sizes) {
  const data = new Uint8Array(await readFile(join(pictures, name)));
  const picture = { data, width, height };
  const started = performance.now();
  const faces = await reader.detect(picture);
  const reading = await new Follower(reader).read(picture, 0);
  const { input } = prepare(picture, parameters.detector);
  const [face] = faces;
  const around = face && prepareNear(picture, face, parameters.detector.near);
  results.push({
    faces,
    reading,
    near: face ? (await reader.detectNear(picture, face)).face : null,
    square: face ? Buffer.from(around.input.data).toString("base64") : null,
    crop: faces.length ? Array.from(cut(picture, faces[0], parameters).data) : null,
    input: Buffer.from(input.data).toString("base64"),
    ms: performance.now() - started,
  });
}
console.log(JSON.stringify(results));
