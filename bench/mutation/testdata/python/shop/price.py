"""What things cost."""

RATE = 20


def tax(amount):
    """The tax on an amount."""
    if amount < 0:
        raise ValueError("less than nothing")
    return amount * RATE // 100


class Basket:
    def __init__(self, *prices):
        self.prices = list(prices)

    def add(self, price):
        self.prices.append(price)

    def sum(self):
        return sum(self.prices)


def total(basket):
    amount = basket.sum()
    return amount + tax(amount)
