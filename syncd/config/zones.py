"""Which time zone was probably meant: abbreviations, offsets, and the cities of Russia and its neighbours."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from syncd.config.words import nearest
from syncd.language import _

_OFFSETS = {
    2: "Europe/Kaliningrad",
    3: "Europe/Moscow",
    4: "Europe/Samara",
    5: "Asia/Yekaterinburg",
    6: "Asia/Omsk",
    7: "Asia/Krasnoyarsk",
    8: "Asia/Irkutsk",
    9: "Asia/Yakutsk",
    10: "Asia/Vladivostok",
    11: "Asia/Magadan",
    12: "Asia/Kamchatka",
}
"""Russia's zones by hours before UTC. None of them changes its clocks."""
_OFFSET = re.compile(r"(?:utc|gmt|msk)? ?\+ ?0?(?P<hours>\d{1,2})(?::?00)?", re.IGNORECASE)
_WORDS = {
    "Europe/Kaliningrad": "usz1 калининград",
    "Europe/Moscow": (
        "msk msd мск москва moskva moskau ru russia россия spb спб питер санкт-петербург петербург "
        "saint-petersburg st-petersburg petersburg казань kazan нижний-новгород nizhny-novgorod "
        "ростов-на-дону rostov-on-don rostov воронеж voronezh краснодар krasnodar сочи sochi тула tula "
        "ярославль yaroslavl"
    ),
    "Europe/Samara": "samt самара тольятти togliatti ижевск izhevsk",
    "Europe/Volgograd": "волгоград",
    "Europe/Saratov": "саратов",
    "Europe/Minsk": "минск беларусь belarus",
    "Asia/Yekaterinburg": (
        "yekt екатеринбург ekaterinburg екб ekb уфа ufa пермь perm челябинск chelyabinsk тюмень tyumen "
        "сургут surgut"
    ),
    "Asia/Omsk": "omst омск",
    "Asia/Novosibirsk": "novt новосибирск",
    "Asia/Krasnoyarsk": "krat красноярск кемерово kemerovo",
    "Asia/Barnaul": "барнаул",
    "Asia/Tomsk": "томск",
    "Asia/Irkutsk": "irkt иркутск улан-удэ ulan-ude",
    "Asia/Yakutsk": "yakt якутск",
    "Asia/Vladivostok": "vlat владивосток хабаровск khabarovsk",
    "Asia/Magadan": "magt магадан",
    "Asia/Sakhalin": "sakt сахалин южно-сахалинск",
    "Asia/Kamchatka": "pett петропавловск-камчатский камчатка",
    "Asia/Almaty": "almt алматы алма-ата astana астана казахстан kazakhstan",
    "Asia/Tashkent": "uzt ташкент",
    "Asia/Yerevan": "amt ереван",
    "Asia/Tbilisi": "тбилиси",
    "Asia/Baku": "azt баку",
    "Asia/Bishkek": "kgt бишкек",
    "Europe/Berlin": "cest mez mesz",
    "Europe/Kyiv": "kiev киев",
    "UTC": "utc0 z",
}
_BY_WORD = {word: zone for zone, words in _WORDS.items() for word in words.split()}


def nearest_zone(word: str) -> str:
    """`did you mean Europe/Moscow?`, or nothing."""
    folded = re.sub(r"[\s_]+", "-", word.strip().casefold())
    if zone := _BY_WORD.get(folded) or _by_offset(word) or _by_city(folded):
        return _("did you mean {name}?").format(name=zone)
    return nearest(word, sorted(available_timezones()), every=False, cutoff=0.8)


def _by_offset(word: str) -> str | None:
    found = _OFFSET.fullmatch(word.strip())
    if not found:
        return None
    is_of_moscow = word.strip().casefold().startswith("msk")
    return _OFFSETS.get(int(found["hours"]) + (3 if is_of_moscow else 0))


def _by_city(folded: str) -> str | None:
    """The zone whose last part is the word: `moscow`, `new-york`."""
    cities = (zone for zone in sorted(available_timezones()) if "/" in zone and not zone.startswith("Etc/"))
    return next((zone for zone in cities if _city(zone) == folded.rpartition("/")[2]), None)


def _city(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", "-").casefold()
