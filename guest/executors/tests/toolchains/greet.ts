// asc greet.ts -o greet.wasm --exportRuntime -O
//
// A text comes and goes as a string.
export function run(name: string, times: i32): string {
  assert(times < 100, "too often");
  let text = "";
  for (let i = 0; i < times; i++) text += "Hello " + name + "! ";
  console.log("greeted " + name);
  return text;
}
