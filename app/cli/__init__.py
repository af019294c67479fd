"""The ``goodword`` command: one module a sub-command.

Law: a module is imported only when its command is called, so that quick commands start quickly. A command opens
the database, calls verbs and prints; errors are one sentence and an exit code.
"""

import os
from importlib import import_module

import click

from directory.errors import DomainError
from directory.settings import SettingsError

# Read when numpy is first loaded. On a busy machine a second OpenBLAS thread, which spins while it waits, made the
# embedding of texts 13 and 19 times slower (100 nodes on two cores: 28.7 instead of 2.3 s, 82.8 instead of 4.4 s).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

COMMANDS = (
    ("demo", "app.cli.demo:demo", "Seed the demo network, start everything on this machine and show it."),
    ("read", "app.cli.read_lead:read", "Print what the text of a lead is taken to say."),
    ("suggest", "app.cli.suggest:suggest", "Suggest a partner or a team for a lead, and say why."),
    ("week", "app.cli.week:week", "Preview or post the week of a chapter."),
    ("serve", "app.cli.serve:serve", "Serve the website."),
    ("bounce", "app.cli.bounce:bounce", "Read a mail that came back, from standard input."),
    ("intake", "app.cli.intake:intake", "Read a client's mail, from standard input."),
    ("worker", "app.cli.worker:worker", "Run the weekly jobs."),
    ("check", "app.cli.check:check", "List the settings, and say whether everything is in place."),
    ("db", "app.cli.db:db", "Make and change the tables."),
    ("invite", "app.cli.invite:invite", "Let somebody in, and print their link to sign in."),
    ("secrets", "app.cli.secrets:secrets", "Change the keys that seal secrets in the database."),
    ("seed", "app.cli.seed:seed", "Write the demo network into an empty database."),
    ("taxonomy", "app.cli.taxonomy:taxonomy", "Import a taxonomy of capabilities."),
    ("import", "app.cli.imports:imports", "Import firms and their finished work."),
)


class CliError(click.ClickException):
    """An error with a one-sentence message on standard error; the command exits with 1."""


class SettingsCliError(CliError):
    """Invalid settings; the command exits with 2."""

    exit_code = 2


class LazyGroup(click.Group):
    """A group that imports the commands in COMMANDS on demand and reports domain and settings errors as CliError."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _, _ in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for name, import_path, _ in COMMANDS:
            if name == cmd_name:
                module, _, attribute = import_path.partition(":")
                command: click.Command = getattr(import_module(module), attribute)
                return command
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, _, summary in COMMANDS])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except DomainError as error:
            raise CliError(error.message) from None
        except SettingsError as error:
            raise SettingsCliError(str(error)) from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="goodword")
def main() -> None:
    """Goodword, a self-hosted partner network: members put in a good word for each other.

    Settings are environment variables; `goodword check` lists them.
    """
    os.umask(0o077)  # only this user may read the database and the mails in GOODWORD_HOME, wherever it is
