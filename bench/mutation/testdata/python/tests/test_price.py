import shop
from shop.price import Basket


class TestTotal:
    def test_total(self):
        assert shop.total(Basket(100, 50)) == 180

    def test_nothing(self):
        assert shop.total(Basket()) == 0


def test_add():
    basket = Basket()
    basket.add(7)
    assert basket.sum() == 7
