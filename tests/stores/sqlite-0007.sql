BEGIN TRANSACTION;
CREATE TABLE syncd_alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT syncd_alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "syncd_alembic_version" VALUES('0007');
CREATE TABLE syncd_daemons (
	owner TEXT NOT NULL, 
	queries TEXT NOT NULL, 
	expires_at TEXT NOT NULL, 
	PRIMARY KEY (owner)
);
CREATE TABLE syncd_files (
	upload_id INTEGER NOT NULL, 
	keys TEXT NOT NULL, 
	lines BLOB NOT NULL, 
	PRIMARY KEY (upload_id), 
	CONSTRAINT syncd_files_upload FOREIGN KEY(upload_id) REFERENCES syncd_uploads (id)
);
INSERT INTO "syncd_files" VALUES(1,'["1"]
["2"]
["3"]',X'28B52FFD207A8D010024023130312C6F726465725F706169642C313736373232353636300A3130323732333830050080162041A61226E87007DA');
INSERT INTO "syncd_files" VALUES(2,'["4"]
["5"]
["6"]',X'28B52FFD207A8D010024023130342C6F726465725F706169642C313736373232353834300A3130353930363630050080162041A61226E87007DA');
INSERT INTO "syncd_files" VALUES(3,'["9"]
["10"]',X'28B52FFD20516D010014023130392C6F726465725F706169642C313736373232363134300A3130313032303003004C2558208F0EB401');
CREATE TABLE syncd_key_blocks (
	run_id INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	first INTEGER NOT NULL, 
	codes BLOB NOT NULL, 
	uploads BLOB NOT NULL, 
	PRIMARY KEY (run_id, last)
);
INSERT INTO "syncd_key_blocks" VALUES(1,3,1,X'010000000000000002000000000000000300000000000000',X'78016364800046341A0000480004');
INSERT INTO "syncd_key_blocks" VALUES(2,6,4,X'040000000000000005000000000000000600000000000000',X'78016362800026341A0000780007');
CREATE TABLE syncd_key_runs (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	"query" TEXT NOT NULL, 
	tier INTEGER NOT NULL, 
	size INTEGER NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	newest_upload INTEGER NOT NULL
);
INSERT INTO "syncd_key_runs" VALUES(1,'paid_orders',0,3,1,3,1);
INSERT INTO "syncd_key_runs" VALUES(2,'paid_orders',0,3,4,6,2);
CREATE TABLE syncd_leases (
	"query" TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	epoch INTEGER NOT NULL, 
	expires_at TEXT NOT NULL, 
	PRIMARY KEY ("query")
);
CREATE TABLE syncd_marks (
	"query" TEXT NOT NULL, 
	mark TEXT, 
	safe TEXT, 
	waits_for TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	floor TEXT, 
	begun_after INTEGER, 
	PRIMARY KEY ("query")
);
INSERT INTO "syncd_marks" VALUES('paid_orders','[["int","8"]]','[["int","6"]]','','db0fdf55c0156a588805c4ea4258e7ee','YESTERDAYT01:28:46.898899Z',NULL,NULL);
CREATE TABLE syncd_match_alarms (
	"query" TEXT NOT NULL, 
	since TEXT NOT NULL, 
	past FLOAT NOT NULL, 
	PRIMARY KEY ("query")
);
CREATE TABLE syncd_match_days (
	"query" TEXT NOT NULL, 
	day TEXT NOT NULL, 
	uploads INTEGER NOT NULL, 
	rows INTEGER NOT NULL, 
	linked INTEGER NOT NULL, 
	gained INTEGER NOT NULL, 
	user_not_found INTEGER NOT NULL, 
	goal_not_found INTEGER NOT NULL, 
	PRIMARY KEY ("query", day)
);
CREATE TABLE syncd_passed (
	"query" TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	upload_id INTEGER, 
	PRIMARY KEY ("query", "key")
)
 WITHOUT ROWID

;
CREATE TABLE syncd_quotas (
	login TEXT NOT NULL, 
	day TEXT NOT NULL, 
	spent INTEGER NOT NULL, 
	PRIMARY KEY (login)
);
INSERT INTO "syncd_quotas" VALUES('metrica','YESTERDAY',28);
CREATE TABLE syncd_refusals (
	login TEXT NOT NULL, 
	counter INTEGER NOT NULL, 
	day TEXT NOT NULL, 
	PRIMARY KEY (login, counter)
);
CREATE TABLE syncd_rejects (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	"query" TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	"column" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	"row" TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	upload_id INTEGER, 
	created_at TEXT NOT NULL, 
	retry_at TEXT, 
	dropped_at TEXT, 
	CONSTRAINT syncd_rejects_key UNIQUE ("query", "key")
);
INSERT INTO "syncd_rejects" VALUES(1,'paid_orders','["7"]','id_not_digits','ClientId','nobody','{"order_id": "7", "client": "nobody", "paid_at": "2026-01-01T00:07:00Z", "updated_at": "7"}','',NULL,'YESTERDAYT01:28:46.882988Z',NULL,NULL);
CREATE TABLE syncd_runs (
	"query" TEXT NOT NULL, 
	started_at TEXT, 
	finished_at TEXT, 
	ok_at TEXT, 
	failures INTEGER NOT NULL, 
	error_code TEXT NOT NULL, 
	error TEXT NOT NULL, 
	action TEXT NOT NULL, 
	halted BOOLEAN NOT NULL, 
	read INTEGER NOT NULL, 
	known INTEGER NOT NULL, 
	uploaded INTEGER NOT NULL, 
	uploads INTEGER NOT NULL, 
	rejected INTEGER NOT NULL, 
	waiting INTEGER NOT NULL, 
	newest_at TEXT, 
	PRIMARY KEY ("query")
);
INSERT INTO "syncd_runs" VALUES('paid_orders','YESTERDAYT01:28:46.471105Z','YESTERDAYT01:28:46.907446Z','YESTERDAYT01:28:46.907446Z',0,'','','',0,8,0,6,2,1,1,'2026-01-01T00:06:00.000000Z');
CREATE TABLE syncd_totals (
	"query" TEXT NOT NULL, 
	uploads INTEGER NOT NULL, 
	rows INTEGER NOT NULL, 
	rows_told INTEGER NOT NULL, 
	linked INTEGER NOT NULL, 
	gained INTEGER NOT NULL, 
	user_not_found INTEGER NOT NULL, 
	goal_not_found INTEGER NOT NULL, 
	PRIMARY KEY ("query")
);
INSERT INTO "syncd_totals" VALUES('paid_orders',2,6,0,0,0,0,0);
CREATE TABLE syncd_uploads (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tag TEXT NOT NULL, 
	"query" TEXT NOT NULL, 
	counter INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	rows INTEGER NOT NULL, 
	header TEXT NOT NULL, 
	mark TEXT, 
	parent_id INTEGER, 
	root_id INTEGER, 
	attempts INTEGER NOT NULL, 
	created_at TEXT NOT NULL, 
	sent_at TEXT, 
	settled_at TEXT, 
	metrica_id INTEGER, 
	metrica_status TEXT, 
	source_quantity INTEGER, 
	line_quantity INTEGER, 
	linked INTEGER, 
	user_not_found INTEGER, 
	goal_not_found INTEGER, 
	checked_at TEXT, 
	detail TEXT NOT NULL, 
	old_rows INTEGER, 
	dropped INTEGER, 
	again_at TEXT, 
	gained INTEGER, 
	CONSTRAINT syncd_uploads_tag UNIQUE (tag), 
	CONSTRAINT syncd_uploads_state CHECK (state IN ('planned', 'sending', 'accepted', 'processed', 'unlinked', 'split', 'refused')), 
	CONSTRAINT syncd_uploads_origin CHECK (origin IN ('query', 'waiting', 'retry', 'resend'))
);
INSERT INTO "syncd_uploads" VALUES(1,'syncde0e87e1269149eb488dd94d52703a25d','paid_orders',101,'accepted','query',3,'ClientId,Target,DateTime','[["int","3"]]',NULL,NULL,1,'YESTERDAYT01:28:46.539818Z','YESTERDAYT01:28:46.539818Z','YESTERDAYT01:28:46.778763Z',700000001,'UPLOADED',3,3,NULL,NULL,NULL,NULL,'',3,0,NULL,NULL);
INSERT INTO "syncd_uploads" VALUES(2,'syncd4e166dd52dedd730dd6a96db3efa1f1a','paid_orders',101,'accepted','query',3,'ClientId,Target,DateTime','[["int","6"]]',NULL,NULL,1,'YESTERDAYT01:28:46.808199Z','YESTERDAYT01:28:46.808199Z','YESTERDAYT01:28:46.858747Z',700000002,'UPLOADED',3,3,NULL,NULL,NULL,NULL,'',3,0,NULL,NULL);
INSERT INTO "syncd_uploads" VALUES(3,'syncdfd51b0e2fb382f448c885ff46e6ee1ed','paid_orders',101,'sending','query',2,'ClientId,Target,DateTime','[["int","10"]]',NULL,NULL,1,'YESTERDAYT01:28:51.361186Z','YESTERDAYT01:28:51.361186Z',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'',2,NULL,NULL,NULL);
CREATE TABLE syncd_waiting (
	"query" TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	due INTEGER NOT NULL, 
	header TEXT NOT NULL, 
	line TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	PRIMARY KEY ("query", "key")
);
INSERT INTO "syncd_waiting" VALUES('paid_orders','["8"]',4102444800,'ClientId,Target,DateTime','100000000000000008,order_paid,4102444800','YESTERDAYT01:28:46.882988Z');
CREATE INDEX syncd_uploads_old ON syncd_uploads ("query", settled_at) WHERE old_rows > 0;
CREATE INDEX syncd_uploads_query ON syncd_uploads ("query", id);
CREATE INDEX syncd_uploads_dropped ON syncd_uploads ("query", settled_at) WHERE dropped > 0;
CREATE INDEX syncd_uploads_unlinked ON syncd_uploads ("query", settled_at) WHERE linked < rows;
CREATE INDEX syncd_uploads_unsettled ON syncd_uploads ("query", state) WHERE state IN ('planned', 'sending');
CREATE INDEX syncd_uploads_followed ON syncd_uploads ("query", settled_at) WHERE state = 'accepted';
CREATE INDEX syncd_key_runs_query ON syncd_key_runs ("query", tier);
CREATE INDEX syncd_passed_upload ON syncd_passed (upload_id) WHERE upload_id IS NOT NULL;
CREATE INDEX syncd_rejects_query ON syncd_rejects ("query", id) WHERE dropped_at IS NULL;
CREATE INDEX syncd_rejects_dropped ON syncd_rejects ("query", id) WHERE dropped_at IS NOT NULL;
CREATE INDEX syncd_rejects_retry ON syncd_rejects ("query", id) WHERE retry_at IS NOT NULL;
CREATE INDEX syncd_rejects_dropped_at ON syncd_rejects (dropped_at) WHERE dropped_at IS NOT NULL;
CREATE INDEX syncd_rejects_reason ON syncd_rejects ("query", reason) WHERE dropped_at IS NULL;
CREATE INDEX syncd_waiting_due ON syncd_waiting ("query", due);
CREATE VIEW syncd_deliveries AS SELECT u.query, k.value AS key, u.id AS upload_id, u.settled_at AS delivered_at FROM syncd_uploads AS u JOIN syncd_files AS f ON f.upload_id = u.id CROSS JOIN json_each('[' || replace(f.keys, char(10), ',') || ']') AS k WHERE u.state IN ('accepted', 'processed', 'unlinked') UNION ALL SELECT query, key, upload_id, NULL FROM syncd_passed;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('syncd_uploads',3);
INSERT INTO "sqlite_sequence" VALUES('syncd_key_runs',2);
INSERT INTO "sqlite_sequence" VALUES('syncd_rejects',1);
COMMIT;
