"""The status page in Russian."""
# ruff: noqa: RUF001 - the letters that look like Latin ones are Russian

from __future__ import annotations

from syncd.model import Reason, UploadState
from syncd.status import FindingCode, QueryState, Wording
from syncd.web.texts import Texts

_WORDING = Wording(
    sentences={
        FindingCode.STATE_DOWN: "Хранилище состояния не отвечает: пока это так, ничего не отправляется. "
        "Проверьте, что его файл или сервер на месте, доступен для записи и не переполнен.",
        FindingCode.HALTED: "{query}: остановлен до вмешательства человека. Причина: {message} {action}",
        FindingCode.FAILING: "{query}: неудачных запусков подряд: {failures}. Причина: {message} {action} "
        "Повтор произойдёт сам.",
        FindingCode.LATE: "{query}: последний успешный запуск закончился {ago} назад, допустимо {allowance}. "
        "Что он делает, видно в журнале.",
        FindingCode.STUCK: "{query}: запуск начался {ago} назад и ничего не доставил "
        "дольше, чем {allowance}. "
        "Посмотрите журнал и список выполняемых запросов в базе.",
        FindingCode.NEVER_RUN: "{query}: ещё не запускался. "
        "Если демон только что стартовал, делать ничего не нужно.",
        FindingCode.FIRST_RUN: "{query}: первый запуск ещё не закончился. Нужно только подождать.",
        FindingCode.REJECTED: "{query}: строк, которые нельзя отправить как есть: {rows}. "
        "`syncd rejects list {query}` покажет их, `syncd rejects retry {query}` попробует снова.",
        FindingCode.NO_MATCH: "{query}: Метрика не связала с посетителями ни одной из строк: {rows}. "
        "Проверьте, что в столбце идентификатора то, что выдал счётчик сайта, и id_type.",
        FindingCode.GOAL_MISSING: "{query}: в счётчике нет цели для строк: {rows}. "
        "Создайте цель в Метрике или исправьте Target; `syncd check` сверит их.",
        FindingCode.UNSETTLED: "{query}: выгрузок без ясного ответа: {uploads}. "
        "Делать ничего не нужно: прежде чем отправить что-то снова, каждая ищется в Метрике.",
        FindingCode.LATE_COMMITS: "{query}: долгая транзакция ещё может добавить прежние строки ({who}). "
        "Тогда они и будут отправлены, остальные их не ждут; если сеанс забыт, завершите его.",
        FindingCode.RELOAD_REFUSED: "Изменённая конфигурация не применена, действует прежняя. "
        "Причина: {message} Исправьте её и перечитайте.",
        FindingCode.NEEDS_RESTART: "Изменено в конфигурации, но вступит в силу "
        "только после перезапуска: {keys}.",
        FindingCode.WAITING: "{query}: строк, которые ждут, пока наступит их DateTime: {rows}. "
        "Делать ничего не нужно.",
    },
    day="д",
    hour="ч",
    minute="мин",
    second="с",
    thousands="\N{NO-BREAK SPACE}",
)

TEXTS = Texts(
    code="ru",
    name="Русский",
    wording=_WORDING,
    decimal=",",
    headlines={
        "good": "Всё работает",
        "looks": "Работает. Запросов, на которые стоит взглянуть: {looks}",
        "starting": "Запускается: первый запуск ещё не закончен",
        "ill": "Работает не всё. Запросов с неполадками: {ill} из {all}",
        "idle": "Делать нечего: ни один запрос не включён",
        "state_down": "Не работает: хранилище состояния не отвечает",
        "unknown": "Неизвестно, работает ли",
    },
    states={
        QueryState.OK: "в порядке",
        QueryState.RUNNING: "выполняется",
        QueryState.FAILING: "сбой",
        QueryState.HALTED: "остановлен",
        QueryState.DISABLED: "выключен",
        QueryState.NEVER_RUN: "не запускался",
        QueryState.LATE: "опаздывает",
        QueryState.UNKNOWN: "неизвестно",
    },
    upload_states={
        UploadState.PLANNED: "готова",
        UploadState.SENDING: "отправляется",
        UploadState.ACCEPTED: "принята",
        UploadState.PROCESSED: "обработана",
        UploadState.UNLINKED: "не связана",
        UploadState.SPLIT: "разделена",
        UploadState.REFUSED: "отклонена",
    },
    reasons={
        Reason.NO_ID: "нет идентификатора",
        Reason.ID_NOT_DIGITS: "идентификатор не из цифр",
        Reason.ID_FLOAT: "идентификатор — дробное число",
        Reason.TEXT_EMPTY: "пустой текст",
        Reason.TEXT_TOO_LONG: "слишком длинный текст",
        Reason.TEXT_CONTROL_CHARACTERS: "управляющие символы в тексте",
        Reason.TEXT_TYPE: "не текст",
        Reason.DATETIME_NULL: "нет времени",
        Reason.DATETIME_UNREADABLE: "время не читается",
        Reason.DATETIME_MILLISECONDS: "время в миллисекундах",
        Reason.DATETIME_TOO_OLD: "время раньше 2000 года",
        Reason.PRICE_NOT_A_NUMBER: "цена не число",
        Reason.PRICE_NOT_FINITE: "цена бесконечна или NaN",
        Reason.PRICE_NEGATIVE: "цена отрицательна",
        Reason.CURRENCY_UNKNOWN: "неизвестная валюта",
        Reason.MARK_NULL: "пустая отметка",
        Reason.KEY_NULL: "пустой ключ",
        Reason.IDENTITY_CHANGED: "доставленная строка изменилась",
        Reason.REFUSED_BY_METRICA: "отклонена Метрикой",
    },
    attention="Нужен человек",
    queries="Запросы",
    no_queries="В конфигурации нет ни одного запроса.",
    counter="Счётчик",
    mark="Отметка",
    lag="Отставание",
    last_run="Последний запуск",
    last_success="последний успешный",
    going_on="идёт {span}",
    took="длился {span}",
    failed="неудачно",
    delivered="Доставлено",
    of_read="прочитано строк: {rows}",
    rejected="Отклонено",
    waiting="Ждут",
    next_due="ближайшая",
    match_rate="Доля связанных",
    uploads="Последние выгрузки",
    no_uploads="Ещё ничего не выгружено.",
    sent="Отправлена",
    not_sent="ещё нет",
    query="Запрос",
    rows="Строк",
    state="Состояние",
    linked="Связано",
    user_not_found="Посетитель не найден",
    metrica_id="Номер в Метрике",
    ago="{ago} назад",
    never="никогда",
    none_yet="ещё нет",
    unknown="пока неизвестно",
    footer="Страница обновляется сама каждые 15 секунд. Всё время — UTC.",
)
