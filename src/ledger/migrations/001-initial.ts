/** The first schema. Column names of `whatsapp_notifications` are a contract with auditors' own queries. */
export const initial = `
CREATE TABLE whatsapp_notifications (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  meter_number     TEXT    NOT NULL CHECK (meter_number <> ''),
  nocs_name        TEXT,
  customer_id      TEXT,
  command_id       TEXT,
  duration_status  TEXT    NOT NULL CHECK (duration_status IN ('ALERT', 'STUCK')),
  duration_minutes INTEGER NOT NULL,
  triggered_at     TEXT,
  balance          TEXT,
  group_id         TEXT,
  channel          TEXT    NOT NULL,
  send_status      TEXT    NOT NULL
                   CHECK (send_status IN ('pending', 'sending', 'sent', 'failed', 'unknown', 'cancelled')),
  reason           TEXT    NOT NULL,
  error            TEXT,
  attempts         INTEGER NOT NULL DEFAULT 0,
  next_attempt_at  TEXT,
  message_id       TEXT,
  message          TEXT,
  ack              INTEGER,
  dedupe_key       TEXT    NOT NULL,
  scan_id          INTEGER,
  created_at       TEXT    NOT NULL,
  updated_at       TEXT    NOT NULL,
  sent_at          TEXT,
  cleared_at       TEXT,
  outcome          TEXT,
  released_at      TEXT
);
CREATE UNIQUE INDEX notifications_once      ON whatsapp_notifications (dedupe_key) WHERE released_at IS NULL;
CREATE INDEX notifications_meter            ON whatsapp_notifications (meter_number);
CREATE INDEX notifications_newest           ON whatsapp_notifications (created_at, id);
CREATE INDEX notifications_nocs             ON whatsapp_notifications (nocs_name, created_at);
CREATE INDEX notifications_send_status      ON whatsapp_notifications (send_status, created_at);
CREATE INDEX notifications_message          ON whatsapp_notifications (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX notifications_open             ON whatsapp_notifications (id) WHERE released_at IS NULL AND cleared_at IS NULL;
CREATE INDEX notifications_to_blank         ON whatsapp_notifications (created_at)
  WHERE customer_id IS NOT NULL OR balance IS NOT NULL OR message IS NOT NULL;

CREATE TABLE messages (
  id               TEXT PRIMARY KEY,
  channel          TEXT    NOT NULL,
  group_id         TEXT    NOT NULL,
  account          TEXT,
  text             TEXT,
  send_status      TEXT    NOT NULL CHECK (send_status IN ('sending', 'sent', 'failed', 'unknown')),
  id_imposed       INTEGER NOT NULL CHECK (id_imposed IN (0, 1)),
  attempts         INTEGER NOT NULL,
  ack              INTEGER,
  error            TEXT,
  first_attempt_at TEXT    NOT NULL,
  last_attempt_at  TEXT    NOT NULL,
  settled_at       TEXT,
  scan_id          INTEGER
);
CREATE INDEX messages_last_attempt ON messages (last_attempt_at);
CREATE INDEX messages_unsettled    ON messages (send_status) WHERE send_status IN ('sending', 'unknown');
CREATE INDEX messages_to_blank     ON messages (last_attempt_at) WHERE text IS NOT NULL;

CREATE TABLE message_notifications (
  message_id      TEXT    NOT NULL REFERENCES messages (id),
  notification_id INTEGER NOT NULL REFERENCES whatsapp_notifications (id),
  note            TEXT,
  PRIMARY KEY (message_id, notification_id)
) WITHOUT ROWID;
CREATE INDEX message_notifications_by_notification ON message_notifications (notification_id);

CREATE TABLE scans (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  started_at      TEXT NOT NULL,
  finished_at     TEXT,
  source          TEXT NOT NULL,
  channel         TEXT NOT NULL,
  machine_id      TEXT,
  account         TEXT,
  channel_version TEXT,
  counts          TEXT,
  exit_code       INTEGER
);

CREATE TABLE vanished (
  notification_id INTEGER PRIMARY KEY REFERENCES whatsapp_notifications (id)
);

CREATE TABLE untold (
  meter_number  TEXT NOT NULL,
  command       TEXT NOT NULL,
  reason        TEXT NOT NULL,
  nocs_name     TEXT,
  triggered_at  TEXT,
  first_seen_at TEXT NOT NULL,
  PRIMARY KEY (meter_number, command, reason)
) WITHOUT ROWID;

CREATE TABLE nocs_seen (
  name         TEXT PRIMARY KEY,
  last_seen_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE group_checks (
  channel    TEXT NOT NULL,
  group_id   TEXT NOT NULL,
  closed_why TEXT,
  checked_at TEXT NOT NULL,
  PRIMARY KEY (channel, group_id)
) WITHOUT ROWID;

CREATE TABLE mutes (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  kind       TEXT NOT NULL CHECK (kind IN ('meter', 'nocs')),
  name       TEXT NOT NULL,
  until      TEXT,
  reason     TEXT,
  created_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  ended_at   TEXT
);
CREATE UNIQUE INDEX mutes_current ON mutes (kind, name) WHERE ended_at IS NULL;

CREATE TABLE audit (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  at     TEXT NOT NULL,
  who    TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT,
  reason TEXT,
  detail TEXT
);

CREATE TABLE audit_notifications (
  audit_id        INTEGER NOT NULL REFERENCES audit (id),
  notification_id INTEGER NOT NULL REFERENCES whatsapp_notifications (id),
  PRIMARY KEY (audit_id, notification_id)
) WITHOUT ROWID;
CREATE INDEX audit_notifications_by_notification ON audit_notifications (notification_id);

CREATE TABLE links (
  channel           TEXT PRIMARY KEY,
  account           TEXT,
  last_connected_at TEXT NOT NULL
);

CREATE TABLE ledger_machine (
  only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
  machine_id TEXT NOT NULL
);
`;
