BEGIN TRANSACTION;
CREATE TABLE syncd_alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT syncd_alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "syncd_alembic_version" VALUES('0002');
CREATE TABLE syncd_daemons (
	owner TEXT NOT NULL, 
	queries TEXT NOT NULL, 
	expires_at TEXT NOT NULL, 
	PRIMARY KEY (owner)
);
CREATE TABLE syncd_deliveries (
	"query" TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	upload_id INTEGER, 
	identity BLOB NOT NULL, 
	money TEXT NOT NULL, 
	PRIMARY KEY ("query", "key")
)
 WITHOUT ROWID

;
INSERT INTO "syncd_deliveries" VALUES('paid_orders','["1"]',1,X'466AA946523926F7','');
INSERT INTO "syncd_deliveries" VALUES('paid_orders','["2"]',1,X'D43A1904FA1B7FA1','');
INSERT INTO "syncd_deliveries" VALUES('paid_orders','["3"]',1,X'6921F98EE7CC314C','');
INSERT INTO "syncd_deliveries" VALUES('paid_orders','["4"]',2,X'64BAA28DADF66097','');
INSERT INTO "syncd_deliveries" VALUES('paid_orders','["5"]',2,X'003C0BA485493A71','');
INSERT INTO "syncd_deliveries" VALUES('paid_orders','["6"]',2,X'08E556573C1C9AF8','');
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
	PRIMARY KEY ("query")
);
INSERT INTO "syncd_marks" VALUES('paid_orders','[["int","8"]]','[["int","8"]]','','db0fdf55c0156a588805c4ea4258e7ee','YESTERDAYT20:38:15.000807Z');
CREATE TABLE syncd_payloads (
	upload_id INTEGER NOT NULL, 
	lines BLOB NOT NULL, 
	keys BLOB NOT NULL, 
	PRIMARY KEY (upload_id), 
	CONSTRAINT syncd_payloads_upload FOREIGN KEY(upload_id) REFERENCES syncd_uploads (id)
);
INSERT INTO "syncd_payloads" VALUES(1,X'780133344003863AF94529A945F1058999293A86E666E64646A66666065C8668EA0C8CB0283437C2A2D0189B420B030001161DAF',X'78018B5632548AE58A56320293C64AB1002087039F');
INSERT INTO "syncd_payloads" VALUES(2,X'780133344003263AF94529A945F1058999293A86E666E64646A61626065C8668EA0C4CB128B434C0A2D00C9B42330300035C1DB8',X'78018B5632518AE58A56320593664AB10020D803A8');
INSERT INTO "syncd_payloads" VALUES(3,X'780133344003963AF94529A945F1058999293A86E666E64646668626065C8668EA0C0DB0283432300000163B13BE',X'78018B56B2548AE58A563234508A05001121029D');
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
	CONSTRAINT syncd_rejects_key UNIQUE ("query", "key")
);
INSERT INTO "syncd_rejects" VALUES(1,'paid_orders','["7"]','id_not_digits','ClientId','nobody','{"order_id": "7", "client": "nobody", "paid_at": "2026-01-01T00:07:00Z", "updated_at": "7"}','',NULL,'YESTERDAYT20:38:14.996613Z',NULL);
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
INSERT INTO "syncd_runs" VALUES('paid_orders','YESTERDAYT20:38:14.848153Z','YESTERDAYT20:38:15.005824Z','YESTERDAYT20:38:15.005824Z',0,'','','',0,8,0,6,2,1,1,'2026-01-01T00:06:00.000000Z');
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
	CONSTRAINT syncd_uploads_tag UNIQUE (tag), 
	CONSTRAINT syncd_uploads_state CHECK (state IN ('planned', 'sending', 'accepted', 'processed', 'unlinked', 'split', 'refused')), 
	CONSTRAINT syncd_uploads_origin CHECK (origin IN ('query', 'waiting', 'retry', 'resend'))
);
INSERT INTO "syncd_uploads" VALUES(1,'syncde0e87e1269149eb488dd94d52703a25d','paid_orders',101,'accepted','query',3,'ClientId,Target,DateTime','[["int","3"]]',NULL,NULL,1,'YESTERDAYT20:38:14.873441Z','YESTERDAYT20:38:14.873441Z','YESTERDAYT20:38:14.921549Z',700000001,'UPLOADED',3,3,NULL,NULL,NULL,NULL,'');
INSERT INTO "syncd_uploads" VALUES(2,'syncd4e166dd52dedd730dd6a96db3efa1f1a','paid_orders',101,'accepted','query',3,'ClientId,Target,DateTime','[["int","6"]]',NULL,NULL,1,'YESTERDAYT20:38:14.938115Z','YESTERDAYT20:38:14.938115Z','YESTERDAYT20:38:14.985466Z',700000002,'UPLOADED',3,3,NULL,NULL,NULL,NULL,'');
INSERT INTO "syncd_uploads" VALUES(3,'syncdfd51b0e2fb382f448c885ff46e6ee1ed','paid_orders',101,'sending','query',2,'ClientId,Target,DateTime','[["int","10"]]',NULL,NULL,1,'YESTERDAYT20:38:16.964872Z','YESTERDAYT20:38:16.964872Z',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'');
CREATE TABLE syncd_waiting (
	"query" TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	due INTEGER NOT NULL, 
	header TEXT NOT NULL, 
	line TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	PRIMARY KEY ("query", "key")
);
INSERT INTO "syncd_waiting" VALUES('paid_orders','["8"]',4102444800,'ClientId,Target,DateTime','100000000000000008,order_paid,4102444800','YESTERDAYT20:38:14.996613Z');
CREATE INDEX syncd_uploads_query ON syncd_uploads ("query", id);
CREATE INDEX syncd_uploads_sums ON syncd_uploads ("query", state, origin, rows, linked, user_not_found, goal_not_found);
CREATE INDEX syncd_uploads_unsettled ON syncd_uploads ("query", state) WHERE state IN ('planned', 'sending');
CREATE INDEX syncd_uploads_followed ON syncd_uploads ("query", settled_at) WHERE state = 'accepted';
CREATE INDEX syncd_rejects_query ON syncd_rejects ("query", id);
CREATE INDEX syncd_rejects_reason ON syncd_rejects ("query", reason);
CREATE INDEX syncd_rejects_retry ON syncd_rejects ("query", id) WHERE retry_at IS NOT NULL;
CREATE INDEX syncd_waiting_due ON syncd_waiting ("query", due);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('syncd_uploads',3);
INSERT INTO "sqlite_sequence" VALUES('syncd_rejects',1);
COMMIT;
