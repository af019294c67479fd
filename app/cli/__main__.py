"""Runs ``goodword`` as ``python -m app.cli``, also where the script is not installed."""

from app.cli import main

main(prog_name="goodword")
