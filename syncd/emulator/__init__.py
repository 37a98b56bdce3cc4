"""A local Yandex.Metrica Management API for offline conversions, with faults on demand.

What it does rests on public documents alone; what they leave open is a switch in `settings`, and
docs/emulator.md lists both. Nothing of the rest of syncd depends on this package but the commands
`emulator` and `demo`.
"""
