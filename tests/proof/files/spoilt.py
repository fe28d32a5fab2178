"""Nearly valid files: one or two slips in a file that was valid."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

from gradcalc.problem.reading.keys import EXAMPLES, KEYS
from tests.proof.files.drawn import Drawn, written

ODD: tuple[Any, ...] = (
    *(0, -1, 1e308, -1e308, 1e-320, 5e-324, 123456789012, 0.1, 1e16, 3, "1/3", "-2/7", "1/0"),
    *("nan", "inf", "", None, True, "x", "1e400", "1e-400", "٣", "−1", "1,5", "0x10", "1_000"),
    *("+3", ".5", "5.", "2*3", "-0", 1e-9, 9007199254740993, "0." + "1" * 40),
)
WORDS = ("x", "L", "dL/dx", "W1", "b", "h1", "", "dL", "dL/dL", "z1", "yhat", "α", "e", "pi", "_1")
SIGNS = ("", " ", "(", ")", "[", "]", "*", "^", "@", "+", "-", "/", ",", ".T", "'", "=", "2", "1.5")
SIGNS += ("x", ":", "#", "==", ">", "exp(", "sum(", "[1]", "[0]", "[9]", "·", "²", "\t")
Place = tuple[Any, Any]


def _leaves(held: Any) -> list[Place]:
    """Return every place in nested lists and mappings, as container and key."""
    found: list[Place] = []
    pairs = held.items() if isinstance(held, dict) else enumerate(held)
    for key, each in pairs:
        found.append((held, key))
        if isinstance(each, dict | list):
            found += _leaves(each)
    return found


def odd_value(random: Random, content: dict[str, Any]) -> None:
    places = [(box, key) for box, key in _leaves(content) if not isinstance(box[key], dict)]
    places = [(box, key) for box, key in places if key != "equations"]
    if places:
        box, key = random.choice(places)
        box[key] = random.choice(ODD)


def odd_name(random: Random, content: dict[str, Any]) -> None:
    places = [(box, key) for box, key in _leaves(content) if isinstance(box[key], str)]
    places = [(box, key) for box, key in places if key != "equations"]
    if places:
        box, key = random.choice(places)
        box[key] = random.choice(WORDS)


def other_shape(random: Random, content: dict[str, Any]) -> None:
    lists = [box[key] for box, key in _leaves(content) if isinstance(box[key], list)]
    if not lists:
        return
    chosen = random.choice(lists)
    kind = random.random()
    if kind < 0.35 and chosen:
        chosen.pop()
    elif kind < 0.7 and chosen:
        chosen.append(deepcopy(chosen[0]))
    elif kind < 0.85:
        chosen[:] = [list(chosen)]
    else:
        chosen.clear()


def key_dropped(random: Random, content: dict[str, Any]) -> None:
    boxes = [content, *(held for held in content.values() if isinstance(held, dict))]
    box = random.choice([box for box in boxes if box] or [{"": 0}])
    del box[random.choice(list(box))]


def key_renamed(random: Random, content: dict[str, Any]) -> None:
    boxes = [content, *(held for held in content.values() if isinstance(held, dict))]
    box = random.choice([box for box in boxes if box] or [{"": 0}])
    key = random.choice(list(box))
    held = box.pop(key)
    box[random.choice([*WORDS, *KEYS, str(key).upper(), f"{key}s"])] = held


def key_added(random: Random, content: dict[str, Any]) -> None:
    key = random.choice(list(KEYS))
    content[key] = random.choice([EXAMPLES.get(key, "y = x"), random.choice(ODD), {"a": 1}, [1]])


def values_swapped(random: Random, content: dict[str, Any]) -> None:
    places = _leaves(content)
    if len(places) < 2:
        return
    (one, a), (two, b) = random.sample(places, 2)
    kept = deepcopy(one[a]), deepcopy(two[b])
    one[a], two[b] = kept[1], kept[0]


def sign_in_equations(random: Random, content: dict[str, Any]) -> None:
    text = content.get("equations")
    if not isinstance(text, str) or not text:
        return
    at = random.randrange(len(text))
    end = at + random.choice([0, 0, 1, 1, 2])
    content["equations"] = text[:at] + random.choice(SIGNS) + text[end:]


def word_in_equations(random: Random, content: dict[str, Any]) -> None:
    text = content.get("equations")
    if not isinstance(text, str):
        return
    words = re.split(r"(\w+)", text)
    if len(words) > 3:
        one, two = (2 * random.randrange(len(words) // 2) + 1 for _ in range(2))
        words[one], words[two] = words[two], words[one]
    content["equations"] = "".join(words)


def line_in_equations(random: Random, content: dict[str, Any]) -> None:
    text = content.get("equations")
    if not isinstance(text, str):
        return
    lines = text.split("\n")
    at = random.randrange(len(lines))
    kind = random.random()
    if kind < 0.4:
        del lines[at]
    elif kind < 0.7:
        lines.insert(random.randrange(len(lines) + 1), lines[at])
    else:
        random.shuffle(lines)
    content["equations"] = "\n".join(lines)


SLIPS: tuple[Callable[[Random, dict[str, Any]], None], ...] = (
    odd_value, odd_value, odd_name, other_shape, other_shape, key_dropped, key_renamed, key_added,
    values_swapped, sign_in_equations, sign_in_equations, word_in_equations, line_in_equations,
)  # fmt: skip


def spoil(random: Random, file: Drawn) -> str:
    """Return the text of a file with one or two slips in it."""
    content = deepcopy(file.content)
    for _ in range(random.choice([1, 1, 1, 2])):
        random.choice(SLIPS)(random, content)
    text = written(content)
    if random.random() < 0.05:  # a key that stands twice
        lines = text.split("\n")
        text = "\n".join([*lines, random.choice(lines)])
    return text
