export function plural(count: number, word: string) {
  return count === 1 ? `${count} ${word}` : count + " " + word + "s";
}

export const shout = (text: string) => ({ text: text.toUpperCase() + "!" });
