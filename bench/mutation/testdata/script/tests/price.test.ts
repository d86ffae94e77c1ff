import { expect, test } from "vitest";
import { Basket, tax, total } from "../src/index.js";

test("tax", () => expect(tax(100)).toBe(20));

test("total", () => {
  const basket = new Basket(100);
  basket.add(50);
  expect(total(basket)).toBe(180);
});
