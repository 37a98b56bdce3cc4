"""syncd carries conversions from a company database to Yandex.Metrica."""

__version__ = "0.2.0"
