// asc scale.ts -o scale.wasm --exportRuntime -O
//
// An array or bytes come and go as an ArrayBuffer.
export function run(values: ArrayBuffer, factor: f64): ArrayBuffer {
  const list = Float64Array.wrap(values);
  for (let i = 0; i < list.length; i++) list[i] *= factor;
  return list.buffer;
}
