"""The status page in Russian."""
# ruff: noqa: RUF001 - the letters that look like Latin ones are Russian

from __future__ import annotations

from syncd.model import Reason, UploadState
from syncd.monitoring.status import FindingCode, QueryState, Wording
from syncd.monitoring.web.wording import LanguageWords

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
        FindingCode.STOPPED: "{query}: успешных запусков нет дольше, чем {allowance}, и не работает ни один "
        "syncd, который попробовал бы снова. Запустите его: `syncd run`.",
        FindingCode.NEVER_RUN: "{query}: ещё не запускался. "
        "Если демон только что стартовал, делать ничего не нужно.",
        FindingCode.FIRST_RUN: "{query}: первый запуск ещё не закончился. Нужно только подождать.",
        FindingCode.SCHEDULED: "{query}: ещё не запускался; первый запуск через {rest}. "
        "Делать ничего не нужно.",
        FindingCode.PAUSED: "{query}: приостановлен {ago} назад, кем: {who}. До `syncd resume {query}` "
        "ничего не читается и не отправляется.",
        FindingCode.PAUSED_UNTIL: "{query}: приостановлен {ago} назад, кем: {who}. До {until} или "
        "`syncd resume {query}` ничего не читается и не отправляется.",
        FindingCode.SENDS_NOTHING: "{query}: большую часть прочитанных строк отправить нельзя: отклонено "
        "{rows}, доставлено {delivered}. `syncd rejects list {query}` покажет их и причину; исправьте запрос "
        "или данные, затем `syncd rejects retry {query}`; то, что отправлять не нужно, убирает "
        "`syncd rejects drop {query}`.",
        FindingCode.ONLY_WAITS: "{query}: у всех прочитанных строк DateTime ещё не наступил: {rows}; первая "
        "уйдёт через {rest}. Если для вас эти моменты уже прошли, `timezone` запроса или его базы не "
        "соответствует данным.",
        FindingCode.REJECTED: "{query}: строк, которые нельзя отправить как есть: {rows}. "
        "`syncd rejects list {query}` покажет их и причину, `syncd rejects retry {query}` попробует снова, "
        "а `syncd rejects drop {query} КЛЮЧ` отметит строку, которую отправлять не нужно.",
        FindingCode.NO_MATCH: "{query}: Метрика не связала с посетителями ни одной из строк: {rows}. "
        "Проверьте, что в столбце идентификатора то, что выдал счётчик сайта, и id_type.",
        FindingCode.MATCH_FALLEN: "{query}: Метрика связывает меньше строк, чем прежде: {rate} из последних "
        "{rows} против {past}; замечено {ago} назад. Выясните, что тогда изменилось: код счётчика на сайте, "
        "столбец идентификатора, цель, возраст приходящих строк.",
        FindingCode.GOAL_MISSING: "{query}: за последние {days} в счётчике нет цели для строк: {rows}. "
        "Target — идентификатор цели типа «JavaScript-событие» с условием «совпадает»: создайте или "
        "исправьте "
        "цель в Метрике либо исправьте Target (`syncd check` сверит их), затем отправьте выгрузки снова "
        "(`syncd resend`).",
        FindingCode.DROPPED: "{query}: за последние {days} Метрика приняла файлы, но пропустила строк: "
        "{rows}. "
        "Каких, она не говорит; `syncd uploads {query}` покажет выгрузки, а отчёт Метрики об "
        "офлайн-конверсиях — строки.",
        FindingCode.OVERDUE: "{query}: выгрузок, не обработанных Метрикой за двое суток: {uploads}. "
        "Строки у Метрики, и сами они снова не отправляются. `syncd uploads {query}` покажет номера, "
        "по которым поддержка Метрики скажет больше.",
        FindingCode.QUOTA_SPENT: "{query}: syncd сделал все {limit} запросов в сутки, которые "
        "metrica.daily_requests разрешает логину: до 00:00 GMT (через {left_of_day}) ничего не "
        "отправляется. Ничего не потеряно. Если так бывает снова, увеличьте `every` или, если логину "
        "доступно больше, metrica.daily_requests.",
        FindingCode.QUOTA_REFUSED: "{query}: Метрика говорит, что суточные запросы логина или счётчика "
        "израсходованы — syncd или другой программой: до 00:00 GMT (через {left_of_day}) ничего не "
        "отправляется. Ничего не потеряно. Если так бывает снова, выясните, кто ещё пользуется этим "
        "логином или счётчиком.",
        FindingCode.QUOTA_SHORT: "{query}: из {limit} запросов в сутки, доступных логину, на "
        "{left_of_day} осталось "
        "{left}. Выгрузки становятся крупнее и реже, а опрос связанности ждёт. Увеличьте `every` или, если "
        "логину доступно больше, metrica.daily_requests.",
        FindingCode.CURRENCY: "{query}: строк с неизвестной валютой, деньги которых Метрика молча "
        "отбросила бы: "
        "{rows}; они задержаны. Исправьте код в sql (RUR сегодня — RUB), затем `syncd rejects retry "
        "{query}`.",
        FindingCode.NOT_SEEN: "{query}: за последние {days} Метрика не нашла посетителей строк: {rows}. "
        "Некоторых она увидит позже и советует загрузить их строки ещё раз: это делает `relink`.",
        FindingCode.NOT_SEEN_YET: "{query}: за последние {days} Метрика пока не нашла посетителей "
        "строк: {rows}. "
        "Делать ничего не нужно: они отправляются снова, пока так велит `relink`.",
        FindingCode.TOO_OLD: "{query}: за последние {days} отправлено строк старше {window} дн.: {rows}. "
        "Метрика связывает строку с визитом последних {window} дн. или не связывает вовсе. Если это история, "
        "делать ничего не нужно; `start` оставит её в стороне.",
        FindingCode.UNSETTLED: "{query}: выгрузок, которые отправляются или ответ на которые потерян: "
        "{uploads}. Делать ничего не нужно: прежде чем отправить снова, каждая ищется в Метрике.",
        FindingCode.PLANNED: "{query}: записанных выгрузок, которых Метрика не приняла: {uploads}. Делать "
        "ничего не нужно: их отправит ближайший запуск, которому ответит Метрика, прежде чем читать новое.",
        FindingCode.LATE_COMMITS: "{query}: долгая транзакция ещё может добавить прежние строки ({who}). "
        "Тогда они и будут отправлены, остальные их не ждут; если сеанс забыт, завершите его.",
        FindingCode.LATE_UNTOLD: (
            "{query}: запрос читает из источника «{what}», который не сообщает об открытых транзакциях, "
            "поэтому опоздавшие строки ищутся не дальше двух минут назад. Задайте `overlap` больше самой "
            "долгой транзакции и промежутка между обновлениями."
        ),
        FindingCode.OUTLYING: (
            "{query}: отметка {mark} строки {key} лежит в будущем или далеко впереди всех остальных. "
            "Строка отправлена, отметка запроса за ней не идёт, и следующие строки читаются. Исправьте "
            "отметку в источнике; если такие отметки и у следующих строк, ничего делать не нужно."
        ),
        FindingCode.WENT_BACK: (
            "{query}: новейшая строка источника имеет отметку {newest}, она позади отметки запроса "
            "{mark}, а последние доставленные строки исчезли: новые строки не читаются. Если источник "
            "восстановлен из копии, `syncd rewind {query} --to ЗНАЧЕНИЕ` с отметкой его новейшей строки "
            "продолжит с неё."
        ),
        FindingCode.LATE_UNSEEN: "{query}: база скрывает от этого пользователя открытые транзакции, поэтому "
        "строки, зафиксированные с опозданием, ищутся лишь на две минуты назад. "
        "MariaDB, MySQL: GRANT PROCESS ON *.* этому пользователю; или задайте `overlap`.",
        FindingCode.RELOAD_REFUSED: "Изменённая конфигурация не применена, действует прежняя. "
        "Причина: {message} Исправьте её и перечитайте.",
        FindingCode.NOBODY: "Ни один syncd не работает с этим хранилищем состояния; последний запуск "
        "закончился {ago} назад. Ничего не отправляется, пока не запущен `syncd run` или, по расписанию, "
        "`syncd run --once`.",
        FindingCode.NOBODY_YET: "Ни один syncd не работает с этим хранилищем состояния, и ни один запуск на "
        "нём ещё не закончился. Ничего не отправляется, пока не запущен `syncd run`.",
        FindingCode.ALERT_FAILED: "Сообщения не доходят через {receiver}: {error}. "
        "`syncd alerts test` проверяет всё, что указано в `alerts`.",
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

TEXTS = LanguageWords(
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
        QueryState.PAUSED: "приостановлен",
        QueryState.REJECTING: "отклоняет строки",
        QueryState.WAITING: "ждёт",
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
        Reason.DATETIME_AMBIGUOUS: "время бывает дважды",
        Reason.STATUS_UNKNOWN: "неизвестный статус",
        Reason.NO_CONTACT: "нет контакта клиента",
        Reason.FLAG_UNREADABLE: "не да и не нет",
        Reason.DURATION_UNREADABLE: "не число секунд",
        Reason.EMAIL_UNREADABLE: "почта не читается",
        Reason.PHONE_UNREADABLE: "телефон не читается",
        Reason.MARK_NULL: "пустая отметка",
        Reason.KEY_NULL: "пустой ключ",
        Reason.IDENTITY_CHANGED: "доставленная строка изменилась",
        Reason.SAME_CONVERSION: "та же конверсия, что у другого ключа",
        Reason.REFUSED_BY_METRICA: "отклонена Метрикой",
        Reason.WITHDRAWN: "исчезла до срока",
    },
    remedies={
        Reason.NO_ID: "Отфильтруйте такие строки в SQL или добавьте в `id_type` другой идентификатор.",
        Reason.ID_NOT_DIGITS: "Выберите нужный столбец; отрежьте приставки в SQL.",
        Reason.ID_FLOAT: "Храните идентификаторы как bigint или текст: приведение типа не вернёт цифр.",
        Reason.TEXT_EMPTY: "Заполните его или отфильтруйте строку.",
        Reason.TEXT_TOO_LONG: "Сократите его в SQL.",
        Reason.TEXT_CONTROL_CHARACTERS: "Уберите в SQL переводы строк и другие управляющие символы.",
        Reason.TEXT_TYPE: "Приведите к тексту в SQL.",
        Reason.DATETIME_NULL: "Отфильтруйте строку, пока время неизвестно.",
        Reason.DATETIME_UNREADABLE: "Преобразуйте в SQL.",
        Reason.DATETIME_MILLISECONDS: "Разделите на 1000 в SQL.",
        Reason.DATETIME_TOO_OLD: "Поищите значение по умолчанию вроде 1970-01-01 или пропуск.",
        Reason.PRICE_NOT_A_NUMBER: "Приведите к numeric в SQL.",
        Reason.PRICE_NOT_FINITE: "Исправьте значение.",
        Reason.PRICE_NEGATIVE: "Отправляйте возвраты как заказы: меньшая сумма или CANCELLED.",
        Reason.CURRENCY_UNKNOWN: "Замените в SQL на код ISO 4217 (вместо RUR — RUB).",
        Reason.DATETIME_AMBIGUOUS: "Укажите время вне этих двух часов: Метрика их не различает.",
        Reason.STATUS_UNKNOWN: "Назовите статус в `statuses`.",
        Reason.NO_CONTACT: "Заполните ClientId, почту или телефон, или отфильтруйте строку.",
        Reason.FLAG_UNREADABLE: "Приведите к 1 или 0 в SQL.",
        Reason.DURATION_UNREADABLE: "Приведите к целым секундам в SQL.",
        Reason.EMAIL_UNREADABLE: "Исправьте адрес или заполните другой контакт.",
        Reason.PHONE_UNREADABLE: "Исправьте номер или заполните другой контакт.",
        Reason.MARK_NULL: "Добавьте COALESCE в SQL или выберите другую отметку.",
        Reason.KEY_NULL: "Выберите для ключа столбцы, которые всегда заполнены.",
        Reason.IDENTITY_CHANGED: "Если это другая конверсия, добавьте то, что меняется, в `key`; "
        "иначе исправьте источник.",
        Reason.SAME_CONVERSION: "Задайте в SQL отдельную секунду или укажите `spread: true`.",
        Reason.WITHDRAWN: "Ничего, если её удалили или отменили.",
        Reason.REFUSED_BY_METRICA: "`syncd rejects list` покажет, что ответила Метрика.",
    },
    remedy_unknown="`syncd rejects list` покажет строки.",
    languages="Язык",
    all_queries="Все запросы",
    attention="Требует внимания",
    more="и ещё {count}",
    more_below="Ещё {count}: они первые в списке ниже",
    last_hours="За 24 часа",
    last_days="За 30 дней",
    now="сейчас",
    today="сегодня",
    over_time="По времени",
    facts="Как обстоят дела",
    no_past="Что доставлено за последнее время, сейчас узнать нельзя.",
    rows_plot="{span}, доставлено строк: {rows}, больше всего {most} в {at}",
    rows_plot_empty="{span}: ничего не доставлено",
    rate_plot="{span}, доля связанных: {rate} из обработанных Метрикой строк, их {rows}",
    rate_plot_empty="{span}, доля связанных: Метрика ещё ничего не обработала",
    rows_delivered="строк доставлено",
    match_rate_of="связано из обработанных Метрикой строк, их {rows}; пунктир — 50%",
    match_rate_unknown="связано: Метрика ещё ничего из них не обработала",
    hour_column="Час",
    day_column="День",
    delivered_lately="Доставлено за 24 ч",
    linked_lately="Связано за 24 ч",
    delivered_ever="Всего",
    most="больше всего: {rows}, {at}",
    figures="Цифры",
    rejected_now="Отклонено сейчас",
    rejected_by_reason="Отклонённые строки по причинам",
    waiting_now="Ждут сейчас",
    queries="Запросы",
    no_queries="В конфигурации нет ни одного запроса.",
    counter="Счётчик",
    kind="Вид",
    mark="Отметка",
    lag="Отставание",
    newest_sale="Последняя продажа",
    next_run="Следующий запуск",
    in_time="через {span}",
    rejected_line="Строк: {rows} — {reason}.",
    rejected_rows="Отклонённые строки",
    rejected_some="Первые {shown} из {rows}. `syncd rejects list {query}` покажет все со значениями, "
    "`syncd rejects retry {query}` попробует снова, `syncd rejects drop {query} КЛЮЧ` отметит строку, "
    "которую отправлять не нужно: больше она не считается.",
    key="Ключ",
    reason="Причина",
    column="Столбец",
    since="С",
    links="Ещё",
    documentation="Что значат цифры",
    last_run="Последний запуск",
    last_success="Последний успешный запуск",
    going_on="идёт {span}",
    took="длился {span}",
    failed="неудачно",
    read="Прочитано последним запуском",
    delivered="Доставлено",
    rejected="Отклонено",
    waiting="Ждут",
    next_due="ближайшая",
    match_rate="Доля связанных",
    uploads="Последние выгрузки",
    uploads_all="Выгрузок",
    no_uploads="Ещё ничего не выгружено.",
    sent="Отправлена",
    not_sent="ещё нет",
    query="Запрос",
    rows="Строк",
    state="Состояние",
    linked="Связано",
    user_not_found="Посетитель не найден",
    goal_not_found="Цель не найдена",
    metrica_id="Номер в Метрике",
    ago="{ago} назад",
    never="никогда",
    none_yet="ещё нет",
    unknown="пока неизвестно",
    no_page="Такой страницы нет",
    no_page_action="По этому адресу ничего нет.",
    no_query="Такого запроса нет",
    no_query_action="В конфигурации нет запроса `{name}`.",
    perhaps="Возможно:",
    refreshes="Страница обновляется сама каждые {seconds} с.",
    stand_still="Не обновлять",
    stands_still="Страница не обновляется сама.",
    refresh_again="Обновлять снова",
    zone="Время: {zone}, рядом UTC; часы и дни на графиках — UTC.",
)
