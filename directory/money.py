"""Money: an amount in whole minor units with a currency; never a float."""

import re
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision, is_currency

from directory.errors import Invalid


@dataclass(frozen=True, order=False)
class Money:
    """An amount.

    >>> Money(1500000, "USD").spoken()
    '$15,000'
    >>> Money.parse("15,000.50", "USD")
    Money(minor=1500050, currency='USD')
    """

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Parse an amount as a person types it: ``15000``, ``$15,000``, ``15k``. Raises Invalid."""
        if not is_currency(currency):
            raise Invalid(f"{currency!r} is not a currency code such as USD.", field="currency")
        match = re.fullmatch(r"[^\d-]{0,4}(\d[\d,]{0,14})(?:\.(\d{1,3}))?\s*([kKmM]?)", text.strip(), re.ASCII)
        if match is None:
            raise Invalid("Write an amount such as 15,000.", field="budget")
        whole, fraction, unit = match.groups()
        amount = Decimal(f"{whole.replace(',', '')}.{fraction or 0}") * {"": 1, "k": 1000, "m": 1_000_000}[unit.lower()]
        minor = int(amount.scaleb(get_currency_precision(currency)))
        if minor > 10**15:
            raise Invalid("That amount is too large.", field="budget")
        return cls(minor, currency)

    def spoken(self) -> str:
        """Return the amount as a person says it: without decimals if they are zero."""
        amount = Decimal(self.minor).scaleb(-get_currency_precision(self.currency))
        is_whole = amount == amount.to_integral_value()
        return format_currency(
            amount, self.currency, locale="en_US", format="¤#,##0" if is_whole else None, currency_digits=not is_whole
        )
