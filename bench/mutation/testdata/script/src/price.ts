const rate: number = 20;

export function tax(amount: number): number {
  if (amount < 0) throw new Error("less than nothing");
  return Math.floor((amount * rate) / 100);
}

export class Basket {
  prices: number[] = [];
  constructor(...prices: number[]) {
    this.prices = prices;
  }
  add(price: number) {
    this.prices.push(price);
  }
  sum = () => this.prices.reduce((a, b) => a + b, 0);
}

export const total = (basket: Basket) => basket.sum() + tax(basket.sum());
