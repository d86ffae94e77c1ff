def plural(count, word):
    if count == 1:
        return f"{count} {word}"
    return str(count) + " " + word + "s"


def shout(text): return text.upper() + "!"
