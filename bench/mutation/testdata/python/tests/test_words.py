import pytest

from shop import words


@pytest.mark.parametrize("count, text", [(1, "1 thing"), (2, "2 things")])
def test_plural(count, text):
    assert words.plural(count, "thing") == text


def test_shout():
    assert words.shout("hey") == "HEY!"
