export * from "./price.js";
export { plural } from "./words.js";
