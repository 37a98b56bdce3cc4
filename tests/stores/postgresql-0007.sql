SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA syncd;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE syncd.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE syncd.daemons (
    owner text NOT NULL COLLATE pg_catalog."C",
    queries text NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE syncd.files (
    upload_id bigint NOT NULL,
    keys text NOT NULL,
    lines bytea NOT NULL
);
CREATE TABLE syncd.passed (
    query text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    upload_id bigint
);
CREATE TABLE syncd.uploads (
    id bigint NOT NULL,
    tag text NOT NULL COLLATE pg_catalog."C",
    query text NOT NULL COLLATE pg_catalog."C",
    counter bigint NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    origin text NOT NULL COLLATE pg_catalog."C",
    rows integer NOT NULL,
    header text NOT NULL,
    mark text,
    parent_id bigint,
    root_id bigint,
    attempts integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    settled_at timestamp with time zone,
    metrica_id bigint,
    metrica_status text,
    source_quantity bigint,
    line_quantity bigint,
    linked bigint,
    user_not_found bigint,
    goal_not_found bigint,
    checked_at timestamp with time zone,
    detail text NOT NULL,
    old_rows bigint,
    dropped bigint,
    again_at timestamp with time zone,
    gained bigint,
    CONSTRAINT uploads_origin CHECK ((origin = ANY (ARRAY['query'::text, 'waiting'::text, 'retry'::text, 'resend'::text]))),
    CONSTRAINT uploads_state CHECK ((state = ANY (ARRAY['planned'::text, 'sending'::text, 'accepted'::text, 'processed'::text, 'unlinked'::text, 'split'::text, 'refused'::text])))
);
CREATE VIEW syncd.deliveries AS
 SELECT u.query,
    k.key,
    u.id AS upload_id,
    u.settled_at AS delivered_at
   FROM ((syncd.uploads u
     JOIN syncd.files f ON ((f.upload_id = u.id)))
     CROSS JOIN LATERAL unnest(string_to_array(f.keys, '
'::text)) k(key))
  WHERE (u.state = ANY (ARRAY['accepted'::text, 'processed'::text, 'unlinked'::text]))
UNION ALL
 SELECT passed.query,
    passed.key,
    passed.upload_id,
    NULL::timestamp with time zone AS delivered_at
   FROM syncd.passed;
CREATE TABLE syncd.key_blocks (
    run_id bigint NOT NULL,
    last bigint NOT NULL,
    first bigint NOT NULL,
    codes bytea NOT NULL,
    uploads bytea NOT NULL
);
CREATE TABLE syncd.key_runs (
    id bigint NOT NULL,
    query text NOT NULL COLLATE pg_catalog."C",
    tier integer NOT NULL,
    size bigint NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    newest_upload bigint NOT NULL
);
CREATE SEQUENCE syncd.key_runs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE syncd.key_runs_id_seq OWNED BY syncd.key_runs.id;
CREATE TABLE syncd.leases (
    query text NOT NULL COLLATE pg_catalog."C",
    owner text NOT NULL,
    epoch bigint NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE syncd.marks (
    query text NOT NULL COLLATE pg_catalog."C",
    mark text,
    safe text,
    waits_for text NOT NULL,
    fingerprint text NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    floor text,
    begun_after bigint
);
CREATE TABLE syncd.match_alarms (
    query text NOT NULL COLLATE pg_catalog."C",
    since timestamp with time zone NOT NULL,
    past double precision NOT NULL
);
CREATE TABLE syncd.match_days (
    query text NOT NULL COLLATE pg_catalog."C",
    day text NOT NULL COLLATE pg_catalog."C",
    uploads bigint NOT NULL,
    rows bigint NOT NULL,
    linked bigint NOT NULL,
    gained bigint NOT NULL,
    user_not_found bigint NOT NULL,
    goal_not_found bigint NOT NULL
);
CREATE TABLE syncd.quotas (
    login text NOT NULL COLLATE pg_catalog."C",
    day text NOT NULL COLLATE pg_catalog."C",
    spent bigint NOT NULL
);
CREATE TABLE syncd.refusals (
    login text NOT NULL COLLATE pg_catalog."C",
    counter bigint NOT NULL,
    day text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE syncd.rejects (
    id bigint NOT NULL,
    query text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL COLLATE pg_catalog."C",
    "column" text NOT NULL,
    value text NOT NULL,
    "row" text NOT NULL,
    detail text NOT NULL,
    upload_id bigint,
    created_at timestamp with time zone NOT NULL,
    retry_at timestamp with time zone,
    dropped_at timestamp with time zone
);
CREATE SEQUENCE syncd.rejects_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE syncd.rejects_id_seq OWNED BY syncd.rejects.id;
CREATE TABLE syncd.runs (
    query text NOT NULL COLLATE pg_catalog."C",
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    ok_at timestamp with time zone,
    failures integer NOT NULL,
    error_code text NOT NULL,
    error text NOT NULL,
    action text NOT NULL,
    halted boolean NOT NULL,
    read bigint NOT NULL,
    known bigint NOT NULL,
    uploaded bigint NOT NULL,
    uploads bigint NOT NULL,
    rejected bigint NOT NULL,
    waiting bigint NOT NULL,
    newest_at timestamp with time zone
);
CREATE TABLE syncd.totals (
    query text NOT NULL COLLATE pg_catalog."C",
    uploads bigint NOT NULL,
    rows bigint NOT NULL,
    rows_told bigint NOT NULL,
    linked bigint NOT NULL,
    gained bigint NOT NULL,
    user_not_found bigint NOT NULL,
    goal_not_found bigint NOT NULL
);
CREATE SEQUENCE syncd.uploads_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE syncd.uploads_id_seq OWNED BY syncd.uploads.id;
CREATE TABLE syncd.waiting (
    query text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    due bigint NOT NULL,
    header text NOT NULL,
    line text NOT NULL,
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY syncd.key_runs ALTER COLUMN id SET DEFAULT nextval('syncd.key_runs_id_seq'::regclass);
ALTER TABLE ONLY syncd.rejects ALTER COLUMN id SET DEFAULT nextval('syncd.rejects_id_seq'::regclass);
ALTER TABLE ONLY syncd.uploads ALTER COLUMN id SET DEFAULT nextval('syncd.uploads_id_seq'::regclass);
INSERT INTO syncd.alembic_version VALUES ('0007');
INSERT INTO syncd.files VALUES (1, '["1"]
["2"]
["3"]', '\x28b52ffd207a8d010024023130312c6f726465725f706169642c313736373232353636300a3130323732333830050080162041a61226e87007da');
INSERT INTO syncd.files VALUES (2, '["4"]
["5"]
["6"]', '\x28b52ffd207a8d010024023130342c6f726465725f706169642c313736373232353834300a3130353930363630050080162041a61226e87007da');
INSERT INTO syncd.files VALUES (3, '["9"]
["10"]', '\x28b52ffd20516d010014023130392c6f726465725f706169642c313736373232363134300a3130313032303003004c2558208f0eb401');
INSERT INTO syncd.key_blocks VALUES (1, 3, 1, '\x010000000000000002000000000000000300000000000000', '\x78016364800046341a0000480004');
INSERT INTO syncd.key_blocks VALUES (2, 6, 4, '\x040000000000000005000000000000000600000000000000', '\x78016362800026341a0000780007');
INSERT INTO syncd.key_runs VALUES (1, 'paid_orders', 0, 3, 1, 3, 1);
INSERT INTO syncd.key_runs VALUES (2, 'paid_orders', 0, 3, 4, 6, 2);
INSERT INTO syncd.leases VALUES ('paid_orders', 'old-host:1677:76ee6923', 2, 'YESTERDAY 01:43:42.005939+00');
INSERT INTO syncd.marks VALUES ('paid_orders', '[["int","8"]]', '[["int","6"]]', '', 'db0fdf55c0156a588805c4ea4258e7ee', 'YESTERDAY 01:43:22.056231+00', NULL, NULL);
INSERT INTO syncd.quotas VALUES ('metrica', 'YESTERDAY', 28);
INSERT INTO syncd.rejects VALUES (1, 'paid_orders', '["7"]', 'id_not_digits', 'ClientId', 'nobody', '{"order_id": "7", "client": "nobody", "paid_at": "2026-01-01T00:07:00Z", "updated_at": "7"}', '', NULL, 'YESTERDAY 01:43:22.002101+00', NULL, NULL);
INSERT INTO syncd.runs VALUES ('paid_orders', 'YESTERDAY 01:43:21.180688+00', 'YESTERDAY 01:43:22.076692+00', 'YESTERDAY 01:43:22.076692+00', 0, '', '', '', false, 8, 0, 6, 2, 1, 1, '2026-01-01 00:06:00+00');
INSERT INTO syncd.totals VALUES ('paid_orders', 2, 6, 0, 0, 0, 0, 0);
INSERT INTO syncd.uploads VALUES (1, 'syncde0e87e1269149eb488dd94d52703a25d', 'paid_orders', 101, 'accepted', 'query', 3, 'ClientId,Target,DateTime', '[["int","3"]]', NULL, NULL, 1, 'YESTERDAY 01:43:21.374542+00', 'YESTERDAY 01:43:21.374542+00', 'YESTERDAY 01:43:21.756675+00', 700000001, 'UPLOADED', 3, 3, NULL, NULL, NULL, NULL, '', 3, 0, NULL, NULL);
INSERT INTO syncd.uploads VALUES (2, 'syncd4e166dd52dedd730dd6a96db3efa1f1a', 'paid_orders', 101, 'accepted', 'query', 3, 'ClientId,Target,DateTime', '[["int","6"]]', NULL, NULL, 1, 'YESTERDAY 01:43:21.895328+00', 'YESTERDAY 01:43:21.895328+00', 'YESTERDAY 01:43:21.923482+00', 700000002, 'UPLOADED', 3, 3, NULL, NULL, NULL, NULL, '', 3, 0, NULL, NULL);
INSERT INTO syncd.uploads VALUES (3, 'syncdfd51b0e2fb382f448c885ff46e6ee1ed', 'paid_orders', 101, 'sending', 'query', 2, 'ClientId,Target,DateTime', '[["int","10"]]', NULL, NULL, 1, 'YESTERDAY 01:43:30.256248+00', 'YESTERDAY 01:43:30.256248+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', 2, NULL, NULL, NULL);
INSERT INTO syncd.waiting VALUES ('paid_orders', '["8"]', 4102444800, 'ClientId,Target,DateTime', '100000000000000008,order_paid,4102444800', 'YESTERDAY 01:43:22.002101+00');
SELECT pg_catalog.setval('syncd.key_runs_id_seq', 2, true);
SELECT pg_catalog.setval('syncd.rejects_id_seq', 1, true);
SELECT pg_catalog.setval('syncd.uploads_id_seq', 3, true);
ALTER TABLE ONLY syncd.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY syncd.daemons
    ADD CONSTRAINT daemons_pkey PRIMARY KEY (owner);
ALTER TABLE ONLY syncd.files
    ADD CONSTRAINT files_pkey PRIMARY KEY (upload_id);
ALTER TABLE ONLY syncd.key_blocks
    ADD CONSTRAINT key_blocks_pkey PRIMARY KEY (run_id, last);
ALTER TABLE ONLY syncd.key_runs
    ADD CONSTRAINT key_runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY syncd.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (query);
ALTER TABLE ONLY syncd.marks
    ADD CONSTRAINT marks_pkey PRIMARY KEY (query);
ALTER TABLE ONLY syncd.match_alarms
    ADD CONSTRAINT match_alarms_pkey PRIMARY KEY (query);
ALTER TABLE ONLY syncd.match_days
    ADD CONSTRAINT match_days_pkey PRIMARY KEY (query, day);
ALTER TABLE ONLY syncd.passed
    ADD CONSTRAINT passed_pkey PRIMARY KEY (query, key);
ALTER TABLE ONLY syncd.quotas
    ADD CONSTRAINT quotas_pkey PRIMARY KEY (login);
ALTER TABLE ONLY syncd.refusals
    ADD CONSTRAINT refusals_pkey PRIMARY KEY (login, counter);
ALTER TABLE ONLY syncd.rejects
    ADD CONSTRAINT rejects_key UNIQUE (query, key);
ALTER TABLE ONLY syncd.rejects
    ADD CONSTRAINT rejects_pkey PRIMARY KEY (id);
ALTER TABLE ONLY syncd.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (query);
ALTER TABLE ONLY syncd.totals
    ADD CONSTRAINT totals_pkey PRIMARY KEY (query);
ALTER TABLE ONLY syncd.uploads
    ADD CONSTRAINT uploads_pkey PRIMARY KEY (id);
ALTER TABLE ONLY syncd.uploads
    ADD CONSTRAINT uploads_tag UNIQUE (tag);
ALTER TABLE ONLY syncd.waiting
    ADD CONSTRAINT waiting_pkey PRIMARY KEY (query, key);
CREATE INDEX key_runs_query ON syncd.key_runs USING btree (query, tier);
CREATE INDEX passed_upload ON syncd.passed USING btree (upload_id) WHERE (upload_id IS NOT NULL);
CREATE INDEX rejects_dropped ON syncd.rejects USING btree (query, id) WHERE (dropped_at IS NOT NULL);
CREATE INDEX rejects_dropped_at ON syncd.rejects USING btree (dropped_at) WHERE (dropped_at IS NOT NULL);
CREATE INDEX rejects_query ON syncd.rejects USING btree (query, id) WHERE (dropped_at IS NULL);
CREATE INDEX rejects_reason ON syncd.rejects USING btree (query, reason) WHERE (dropped_at IS NULL);
CREATE INDEX rejects_retry ON syncd.rejects USING btree (query, id) WHERE (retry_at IS NOT NULL);
CREATE INDEX uploads_dropped ON syncd.uploads USING btree (query, settled_at) WHERE (dropped > 0);
CREATE INDEX uploads_followed ON syncd.uploads USING btree (query, settled_at) WHERE (state = 'accepted'::text);
CREATE INDEX uploads_old ON syncd.uploads USING btree (query, settled_at) WHERE (old_rows > 0);
CREATE INDEX uploads_query ON syncd.uploads USING btree (query, id);
CREATE INDEX uploads_unlinked ON syncd.uploads USING btree (query, settled_at) WHERE (linked < rows);
CREATE INDEX uploads_unsettled ON syncd.uploads USING btree (query, state) WHERE (state = ANY (ARRAY['planned'::text, 'sending'::text]));
CREATE INDEX waiting_due ON syncd.waiting USING btree (query, due);
ALTER TABLE ONLY syncd.files
    ADD CONSTRAINT files_upload FOREIGN KEY (upload_id) REFERENCES syncd.uploads(id);
