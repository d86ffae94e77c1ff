import { expect, test } from "vitest";
import * as words from "../src/words.js";

test("plural", () => {
  expect(words.plural(1, "thing")).toBe("1 thing");
  expect(words.plural(2, "thing")).toBe("2 things");
});

test("shout", () => expect(words.shout("hey").text).toBe("HEY!"));
