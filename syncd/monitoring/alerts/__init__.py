"""Tells people what is wrong and when it is over: by Apprise (mail, Telegram, webhooks …) and by a command.

`troubles.py` says what is wrong, `decisions.py` what there is to tell now, `receivers.py` hands it over. The
thread that does it in the daemon is `service/alerting.py`; what was told is remembered in the state store.
"""
