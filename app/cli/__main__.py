"""``python -m app.cli`` is ``goodword``, also where no script is installed."""

from app.cli import main

main(prog_name="goodword")
