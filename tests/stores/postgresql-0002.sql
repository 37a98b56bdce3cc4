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
CREATE TABLE syncd.deliveries (
    query text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    upload_id bigint,
    identity bytea NOT NULL,
    money text NOT NULL
);
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
    updated_at timestamp with time zone NOT NULL
);
CREATE TABLE syncd.payloads (
    upload_id bigint NOT NULL,
    lines bytea NOT NULL,
    keys bytea NOT NULL
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
    retry_at timestamp with time zone
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
    CONSTRAINT uploads_origin CHECK ((origin = ANY (ARRAY['query'::text, 'waiting'::text, 'retry'::text, 'resend'::text]))),
    CONSTRAINT uploads_state CHECK ((state = ANY (ARRAY['planned'::text, 'sending'::text, 'accepted'::text, 'processed'::text, 'unlinked'::text, 'split'::text, 'refused'::text])))
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
ALTER TABLE ONLY syncd.rejects ALTER COLUMN id SET DEFAULT nextval('syncd.rejects_id_seq'::regclass);
ALTER TABLE ONLY syncd.uploads ALTER COLUMN id SET DEFAULT nextval('syncd.uploads_id_seq'::regclass);
INSERT INTO syncd.alembic_version VALUES ('0002');
INSERT INTO syncd.deliveries VALUES ('paid_orders', '["1"]', 1, '\x466aa946523926f7', '');
INSERT INTO syncd.deliveries VALUES ('paid_orders', '["2"]', 1, '\xd43a1904fa1b7fa1', '');
INSERT INTO syncd.deliveries VALUES ('paid_orders', '["3"]', 1, '\x6921f98ee7cc314c', '');
INSERT INTO syncd.deliveries VALUES ('paid_orders', '["4"]', 2, '\x64baa28dadf66097', '');
INSERT INTO syncd.deliveries VALUES ('paid_orders', '["5"]', 2, '\x003c0ba485493a71', '');
INSERT INTO syncd.deliveries VALUES ('paid_orders', '["6"]', 2, '\x08e556573c1c9af8', '');
INSERT INTO syncd.leases VALUES ('paid_orders', 'old-host:29899:2cd6e613', 2, 'YESTERDAY 20:38:38.673692+00');
INSERT INTO syncd.marks VALUES ('paid_orders', '[["int","8"]]', '[["int","8"]]', '', 'db0fdf55c0156a588805c4ea4258e7ee', 'YESTERDAY 20:38:20.085601+00');
INSERT INTO syncd.payloads VALUES (1, '\x780133344003863af94529a945f1058999293a86e666e64646a66666065c8668ea0c8cb0283437c2a2d0189b420b030001161daf', '\x78018b5632548ae58a56320293c64ab1002087039f');
INSERT INTO syncd.payloads VALUES (2, '\x780133344003263af94529a945f1058999293a86e666e64646a61626065c8668ea0c4cb128b434c0a2d00c9b42330300035c1db8', '\x78018b5632518ae58a56320593664ab10020d803a8');
INSERT INTO syncd.payloads VALUES (3, '\x780133344003963af94529a945f1058999293a86e666e64646668626065c8668ea0c0db0283432300000163b13be', '\x78018b56b2548ae58a563234508a05001121029d');
INSERT INTO syncd.rejects VALUES (1, 'paid_orders', '["7"]', 'id_not_digits', 'ClientId', 'nobody', '{"order_id": "7", "client": "nobody", "paid_at": "2026-01-01T00:07:00Z", "updated_at": "7"}', '', NULL, 'YESTERDAY 20:38:20.064543+00', NULL);
INSERT INTO syncd.runs VALUES ('paid_orders', 'YESTERDAY 20:38:19.778426+00', 'YESTERDAY 20:38:20.104849+00', 'YESTERDAY 20:38:20.104849+00', 0, '', '', '', false, 8, 0, 6, 2, 1, 1, '2026-01-01 00:06:00+00');
INSERT INTO syncd.uploads VALUES (1, 'syncde0e87e1269149eb488dd94d52703a25d', 'paid_orders', 101, 'accepted', 'query', 3, 'ClientId,Target,DateTime', '[["int","3"]]', NULL, NULL, 1, 'YESTERDAY 20:38:19.892726+00', 'YESTERDAY 20:38:19.892726+00', 'YESTERDAY 20:38:19.948967+00', 700000001, 'UPLOADED', 3, 3, NULL, NULL, NULL, NULL, '');
INSERT INTO syncd.uploads VALUES (2, 'syncd4e166dd52dedd730dd6a96db3efa1f1a', 'paid_orders', 101, 'accepted', 'query', 3, 'ClientId,Target,DateTime', '[["int","6"]]', NULL, NULL, 1, 'YESTERDAY 20:38:20.016509+00', 'YESTERDAY 20:38:20.016509+00', 'YESTERDAY 20:38:20.029283+00', 700000002, 'UPLOADED', 3, 3, NULL, NULL, NULL, NULL, '');
INSERT INTO syncd.uploads VALUES (3, 'syncdfd51b0e2fb382f448c885ff46e6ee1ed', 'paid_orders', 101, 'sending', 'query', 2, 'ClientId,Target,DateTime', '[["int","10"]]', NULL, NULL, 1, 'YESTERDAY 20:38:23.711278+00', 'YESTERDAY 20:38:23.711278+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '');
INSERT INTO syncd.waiting VALUES ('paid_orders', '["8"]', 4102444800, 'ClientId,Target,DateTime', '100000000000000008,order_paid,4102444800', 'YESTERDAY 20:38:20.064543+00');
SELECT pg_catalog.setval('syncd.rejects_id_seq', 1, true);
SELECT pg_catalog.setval('syncd.uploads_id_seq', 3, true);
ALTER TABLE ONLY syncd.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY syncd.daemons
    ADD CONSTRAINT daemons_pkey PRIMARY KEY (owner);
ALTER TABLE ONLY syncd.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (query, key);
ALTER TABLE ONLY syncd.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (query);
ALTER TABLE ONLY syncd.marks
    ADD CONSTRAINT marks_pkey PRIMARY KEY (query);
ALTER TABLE ONLY syncd.payloads
    ADD CONSTRAINT payloads_pkey PRIMARY KEY (upload_id);
ALTER TABLE ONLY syncd.rejects
    ADD CONSTRAINT rejects_key UNIQUE (query, key);
ALTER TABLE ONLY syncd.rejects
    ADD CONSTRAINT rejects_pkey PRIMARY KEY (id);
ALTER TABLE ONLY syncd.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (query);
ALTER TABLE ONLY syncd.uploads
    ADD CONSTRAINT uploads_pkey PRIMARY KEY (id);
ALTER TABLE ONLY syncd.uploads
    ADD CONSTRAINT uploads_tag UNIQUE (tag);
ALTER TABLE ONLY syncd.waiting
    ADD CONSTRAINT waiting_pkey PRIMARY KEY (query, key);
CREATE INDEX rejects_query ON syncd.rejects USING btree (query, id);
CREATE INDEX rejects_reason ON syncd.rejects USING btree (query, reason);
CREATE INDEX rejects_retry ON syncd.rejects USING btree (query, id) WHERE (retry_at IS NOT NULL);
CREATE INDEX uploads_followed ON syncd.uploads USING btree (query, settled_at) WHERE (state = 'accepted'::text);
CREATE INDEX uploads_query ON syncd.uploads USING btree (query, id);
CREATE INDEX uploads_sums ON syncd.uploads USING btree (query, state, origin, rows, linked, user_not_found, goal_not_found);
CREATE INDEX uploads_unsettled ON syncd.uploads USING btree (query, state) WHERE (state = ANY (ARRAY['planned'::text, 'sending'::text]));
CREATE INDEX waiting_due ON syncd.waiting USING btree (query, due);
ALTER TABLE ONLY syncd.payloads
    ADD CONSTRAINT payloads_upload FOREIGN KEY (upload_id) REFERENCES syncd.uploads(id);
GRANT SELECT ON TABLE syncd.alembic_version TO reader;
GRANT SELECT ON TABLE syncd.daemons TO reader;
GRANT SELECT ON TABLE syncd.deliveries TO reader;
GRANT SELECT ON TABLE syncd.leases TO reader;
GRANT SELECT ON TABLE syncd.marks TO reader;
GRANT SELECT ON TABLE syncd.payloads TO reader;
GRANT SELECT ON TABLE syncd.rejects TO reader;
GRANT SELECT ON TABLE syncd.runs TO reader;
GRANT SELECT ON TABLE syncd.uploads TO reader;
GRANT SELECT ON TABLE syncd.waiting TO reader;
