"""What the findings say."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.language import N_
from syncd.monitoring.status.codes import FindingCode

SENTENCES: Mapping[FindingCode, str] = {
    FindingCode.STATE_DOWN: N_(
        "The state store does not answer: nothing is sent until it does. Check that its file or "
        "server is there, writable and not full."
    ),
    FindingCode.HALTED: N_("{query}: stopped until a person acts. Why: {message} {action}"),
    FindingCode.FAILING: N_(
        "{query}: failed runs in a row: {failures}. Why: {message} {action} It is tried again by itself."
    ),
    FindingCode.LATE: N_(
        "{query}: the last good run ended {ago} ago; {allowance} is allowed. See the log for what it "
        "is doing."
    ),
    FindingCode.STUCK: N_(
        "{query}: the run began {ago} ago and has delivered nothing for longer than {allowance}. See "
        "the log and the database's list of running statements."
    ),
    FindingCode.STOPPED: N_(
        "{query}: no run has gone well for longer than {allowance}, and no syncd is running that would "
        "try. Start it: `syncd run`."
    ),
    FindingCode.NEVER_RUN: N_("{query}: has not run yet. Nothing to do if the daemon has just started."),
    FindingCode.FIRST_RUN: N_("{query}: the first run has not ended yet. Nothing to do but wait."),
    FindingCode.SCHEDULED: N_("{query}: has not run yet; its first run is due in {rest}. Nothing to do."),
    FindingCode.PAUSED: N_(
        "{query}: paused by {who} {ago} ago. Nothing of it is read or sent until `syncd resume {query}`."
    ),
    FindingCode.PAUSED_UNTIL: N_(
        "{query}: paused by {who} {ago} ago. Nothing of it is read or sent until {until}, or until "
        "`syncd resume {query}`."
    ),
    FindingCode.SENDS_NOTHING: N_(
        "{query}: most of the rows that it reads cannot be sent: {rows} rejected, {delivered} delivered. "
        "`syncd rejects list {query}` shows them with the reason; correct the query or the data, then `syncd "
        "rejects retry {query}`, or `syncd rejects drop {query}` what is never to be sent."
    ),
    FindingCode.ONLY_WAITS: N_(
        "{query}: all rows read so far have a DateTime that is still to come: {rows}; the first is due in "
        "{rest}. If these moments are past for you, `timezone` of the query or of its database is not that "
        "of the data."
    ),
    FindingCode.REJECTED: N_(
        "{query}: rows that cannot be sent as they are: {rows}. `syncd rejects list {query}` shows them with "
        "the reason, `syncd rejects retry {query}` tries again, and `syncd rejects drop {query} KEY` "
        "acknowledges a row that is never to be sent."
    ),
    FindingCode.NO_MATCH: N_(
        "{query}: Metrica linked no row to a visitor; rows processed: {rows}. Check that the id "
        "column holds what the site's counter gave out, and id_type."
    ),
    FindingCode.MATCH_FALLEN: N_(
        "{query}: Metrica links fewer rows than before: {rate} of the latest {rows}, after {past}; "
        "noticed {ago} ago. See what changed then: the site's counter code, the column of the id, the"
        " goal, how old rows are when they come."
    ),
    FindingCode.GOAL_MISSING: N_(
        "{query}: rows of the last {days} whose goal the counter does not have: {rows}. Target must "
        "be the identifier of a goal of the type JavaScript event with the condition `matches`: "
        "create or correct the goal in Metrica and send the uploads again (`syncd resend`). They keep "
        "their Target; correcting that (`syncd check` compares them) helps the rows to come."
    ),
    FindingCode.DROPPED: N_(
        "{query}: rows of the last {days} that Metrica left out of files it took: {rows}. It does not"
        " say which; `syncd uploads {query}` shows the uploads, Metrica's report on offline "
        "conversions the rows."
    ),
    FindingCode.OVERDUE: N_(
        "{query}: uploads that Metrica has not finished with after two days: {uploads}. Their rows "
        "are at Metrica, and nothing is sent again by itself. `syncd uploads {query}` shows their "
        "numbers, with which Metrica's support can say more."
    ),
    FindingCode.QUOTA_SPENT: N_(
        "{query}: syncd has made the {limit} requests a day that metrica.daily_requests allows its login:"
        " nothing is sent until 00:00 GMT, in {left_of_day}. Nothing is lost. If it happens again, raise "
        "`every`, or metrica.daily_requests where the login has more."
    ),
    FindingCode.QUOTA_REFUSED: N_(
        "{query}: Metrica says that the day's requests of its login or its counter are spent, by syncd or"
        " by another program: nothing is sent until 00:00 GMT, in {left_of_day}. Nothing is lost. If it "
        "happens again, see what else uses that login or counter."
    ),
    FindingCode.QUOTA_SHORT: N_(
        "{query}: of the {limit} requests a day of its login {left} are left for {left_of_day}. "
        "Uploads are made larger and fewer, and asking for links rests. Raise `every`, or "
        "metrica.daily_requests where the login has more."
    ),
    FindingCode.CURRENCY: N_(
        "{query}: rows held back for an unknown currency, whose money Metrica would drop without a "
        "word: {rows}. Map the code in the sql (RUR is RUB today), then `syncd rejects retry "
        "{query}`."
    ),
    FindingCode.NOT_SEEN: N_(
        "{query}: rows of the last {days} whose visitor Metrica has not found: {rows}. Some visitors are "
        "seen only later, and Metrica advises to upload their rows again: the option `relink` does so."
    ),
    FindingCode.NOT_SEEN_YET: N_(
        "{query}: rows of the last {days} whose visitor Metrica has not found yet: {rows}. Nothing to"
        " do: they are sent again for as long as `relink` says."
    ),
    FindingCode.TOO_OLD: N_(
        "{query}: rows of the last {days} that were more than {window} days old when they were sent: "
        "{rows}. Metrica links a row to a visit of the last {window} days or not at all. Nothing to do if "
        "this is history; `start` keeps it out."
    ),
    FindingCode.UNSETTLED: N_(
        "{query}: uploads that are under way, or whose answer was lost: {uploads}. Nothing to do: each is "
        "looked up at Metrica before it is sent again."
    ),
    FindingCode.PLANNED: N_(
        "{query}: uploads recorded that Metrica has not taken: {uploads}. Nothing to do: the next run that "
        "reaches Metrica sends them, before anything new is read."
    ),
    FindingCode.WAITING: N_("{query}: rows that wait until their DateTime is past: {rows}. Nothing to do."),
    FindingCode.LATE_COMMITS: N_(
        "{query}: a long transaction may yet commit older rows ({who}). They will be sent then, and "
        "nothing waits for them; end the session if it was forgotten."
    ),
    FindingCode.LATE_UNSEEN: N_(
        "{query}: the database does not tell this user who has a transaction open, so rows that are "
        "committed late are looked for two minutes back and no further. "
        "MariaDB, MySQL: GRANT PROCESS ON *.* TO the user; or set `overlap`."
    ),
    FindingCode.LATE_UNTOLD: N_(
        "{query}: it reads from a {what}, which does not tell who has a transaction open, so rows "
        "that are committed late are looked for two minutes back and no further. Set `overlap` to "
        "more than the longest transaction, and the time between two refreshes."
    ),
    FindingCode.OUTLYING: N_(
        "{query}: the row {key} bears the mark {mark}, in the future or far beyond all others. It was "
        "sent, and the query's mark does not follow it, so the rows that come after are read. Correct "
        "the mark in the source; if later rows bear such marks too, there is nothing to do."
    ),
    FindingCode.WENT_BACK: N_(
        "{query}: the newest row of the source has the mark {newest}, behind the query's {mark}, and "
        "the rows delivered last are gone: rows that come now are not read. If the source was "
        "restored from a backup, `syncd rewind {query} --to VALUE` with the mark of its newest row "
        "goes on there."
    ),
    FindingCode.RELOAD_REFUSED: N_(
        "The changed configuration is not in force, the one before it is. "
        "Why: {message} Correct it and reload."
    ),
    FindingCode.NOBODY: N_(
        "No syncd is running on this state store; the last run ended {ago} ago. Nothing is sent until "
        "`syncd run` is started, or a scheduler's next `syncd run --once`."
    ),
    FindingCode.NOBODY_YET: N_(
        "No syncd is running on this state store, and no run has ended on it yet. Nothing is sent until "
        "`syncd run` is started."
    ),
    FindingCode.ALERT_FAILED: N_(
        "Nobody is told by {receiver}: {error}. `syncd alerts test` tries everything under `alerts`."
    ),
    FindingCode.NEEDS_RESTART: N_("Changed in the configuration, but not in force before a restart: {keys}."),
}
