"""The help of commands and options, and click's own words, in the language of the command."""

from __future__ import annotations

import inspect

import click

from syncd.language import _


def translate(command: click.Command) -> None:
    """Put what stands in a command's help, and in that of its options and of commands below it."""
    if command.help:
        command.help = _(inspect.cleandoc(command.help))
    for one in command.params:
        if isinstance(one, click.Option) and one.help:
            one.help = _(one.help)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            translate(below)
