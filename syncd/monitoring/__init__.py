"""What people and machines see of syncd: telemetry/ (log, metrics), status/ (one judgement), web/ (the page).

May use ledger, config, metrica and model. Begin with `overview.py`: the facts of every query.
"""
