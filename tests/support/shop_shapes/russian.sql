CREATE TABLE "Позиции" ("id" serial PRIMARY KEY,
  "заказ" integer,
  "цена" numeric(12, 2));
CREATE TABLE "Заказы" ("НомерЗаказа" bigint PRIMARY KEY,
  "metrikaClientId" text,
  "датаОплаты" timestamptz,
  "датаИзменения" timestamptz NOT NULL,
  "сумма" numeric(12, 2),
  "валюта" char(3),
  "yclid" text);
CREATE INDEX ON "Заказы" ("датаИзменения");
INSERT INTO "Заказы" VALUES (1, '1700000000123456789', '2026-01-01 12:00+03', '2026-01-01 12:00+03', 10, 'RUB', NULL);
