// What vitest loads before each file of tests: says which functions the file entered.
import { afterAll, expect } from "vitest";
import { appendFileSync } from "node:fs";

const entered = new Set();
globalThis.__mutationEnter = (number) => entered.add(number);

afterAll(() => {
  appendFileSync(process.env.MUTATION_OUT, JSON.stringify({ file: expect.getState().testPath, entered: [...entered] }) + "\n");
});
