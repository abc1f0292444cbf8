"""Numbers as a reader sees them: text in, text out; what is exact stays exact, only the clothing changes."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from domain.values import ARITHMETIC, plain

MINUS = "\N{MINUS SIGN}"
GAP = "\N{NARROW NO-BREAK SPACE}"
NOTHING = "\N{EN DASH}"
GROUPED_DIGITS_MIN = 5
HUNDRED = Decimal(100)


def number(text: str) -> str:
    """A decimal numeral with thousands set apart from five digits on, and a real minus sign."""
    sign, digits = (MINUS, text[1:]) if text.startswith("-") else ("", text)
    whole, point, fraction = digits.partition(".")
    if len(whole) >= GROUPED_DIGITS_MIN and whole.isdecimal():
        whole = f"{int(whole):,}".replace(",", GAP)
    return f"{sign}{whole}{point}{fraction}"


def exact(text: str) -> str:
    """A stored decimal without trailing zeros, every digit that counts kept."""
    return number(format(plain(Decimal(text)), "f"))


def quantity(text: str, unit: str) -> str:
    """A number with its unit."""
    return f"{number(text)}{GAP}{unit}" if unit else number(text)


def percent(share: str, decimals: int = 0) -> str:
    """A share 0..1 as a percentage that says 0 and 100 only of exactly nothing and exactly everything."""
    whole = ARITHMETIC.multiply(Decimal(share), HUNDRED)
    step = Decimal(1).scaleb(-decimals)
    shown = whole.quantize(step, ROUND_HALF_EVEN, context=ARITHMETIC)
    if shown == HUNDRED > whole:
        shown = whole.quantize(step, ROUND_FLOOR, context=ARITHMETIC)
    if shown == 0 < whole:
        shown = whole.quantize(step, ROUND_CEILING, context=ARITHMETIC)
    return f"{number(format(plain(shown), 'f'))}{GAP}%"


def change(now: str, before: str) -> str:
    """The signed difference of two shown numbers, so that a reader who subtracts gets the same."""
    difference = ARITHMETIC.subtract(Decimal(now), Decimal(before))
    text = number(format(difference, "f"))
    return f"+{text}" if difference > 0 else text
