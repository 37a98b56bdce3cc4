"""`syncd demo`."""

from __future__ import annotations

import signal
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from syncd.cli.common import DURATION, config_option
from syncd.language import _


@click.command()
@config_option
@click.option("--for", "lasting", type=DURATION, metavar="DURATION", help="How long, such as 20s.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=9188,
    show_default=True,
    help="Of the status page; 0 takes any free one.",
)
def demo(*, config: object, lasting: timedelta | None, port: int) -> None:  # noqa: ARG001 — as every command
    """See it all at work on this machine, with nothing to set up.

    A SQLite shop that grows, an emulated Metrica, the daemon and its status page.
    """
    from syncd.cli.demo.show import Show  # the libraries, only where needed

    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        signal.signal(
            signal.SIGHUP, signal.default_int_handler
        )  # a terminal that closes leaves no folder behind
    with TemporaryDirectory(prefix="syncd-demo-") as folder, Show(Path(folder), port) as show:
        click.echo(
            _(
                "A shop sells into {folder}/shop.db; syncd sends its paid orders to an emulated Metrica."
            ).format(folder=folder)
        )
        if show.other_port:
            click.echo(_("Port {port} is taken, so the page is on another one.").format(port=port))
        click.echo(_("Status page: {url}   (Ctrl-C ends the demo)").format(url=show.url))
        show.run(lasting, click.echo)
        click.echo()
        for line in show.summary():
            click.echo(line)
