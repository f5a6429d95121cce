"""How demo.py tells what it does, and stops where something is not as it should be."""

import sys
import textwrap

from stage import Failed

INDENT = " " * 13
COLOURS = {"pass": 32, "saved": 32, "warn": 33, "fail": 31, "refused": 31, "unknown": 35, "bold": 1, "dim": 2}
COLOURS |= {"drifted": 33, "restored": 32}


def heading(title, detail):
    print(f"\n{paint('bold', title)}: {detail}")


def tell(name, value):
    print(f"     {paint('dim', name.ljust(16))} {value}")


def outcome(verdict, message):
    print(f"     {paint(verdict, verdict.ljust(7))} {message}")


def wrapped(text):
    """Never inside a word: what is to be pasted stays whole."""
    print(
        textwrap.fill(
            text, 110, initial_indent=INDENT, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False
        )
    )


def paint(style, text):
    return f"\033[{COLOURS[style]}m{text}\033[0m" if sys.stdout.isatty() else text


def check(condition, otherwise):
    if not condition:
        raise Failed(otherwise)
