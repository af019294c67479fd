"""Money: an amount in whole minor units with a currency; never a float."""

import re
from dataclasses import dataclass
from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency, get_currency_precision

from directory.number_notation import locale_of


@dataclass(frozen=True, order=False)
class Money:
    """An amount.

    >>> Money(1500000, "USD").spoken()
    '$15,000'
    """

    minor: int
    currency: str

    def spoken(self, country: str = "US") -> str:
        """Return the amount as a person of that country writes it: without decimals if they are zero.

        For an unknown country, "", thousands are not set apart, since their sign would be a decimal's elsewhere.

        >>> Money(1234560, "EUR").spoken("DE").replace("\u00a0", " "), Money(500_000_00, "INR").spoken("IN")
        ('12.345,60 €', '₹5,00,000')
        """
        locale = locale_of(country) or Locale("en", "US")
        amount = Decimal(self.minor).scaleb(-get_currency_precision(self.currency))
        is_whole = amount == amount.to_integral_value()
        pattern = re.sub(r"\.0+", "", locale.currency_formats["standard"].pattern) if is_whole else None
        return format_currency(
            amount,
            self.currency,
            locale=locale,
            format=pattern,
            currency_digits=not is_whole,
            group_separator=bool(country),
        )
