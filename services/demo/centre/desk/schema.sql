CREATE TABLE requester (
  id INTEGER PRIMARY KEY,
  name VARCHAR(120) NOT NULL,
  email VARCHAR(120) NOT NULL,
  phone VARCHAR(20),
  customer_number VARCHAR(12),
  restricted_at TIMESTAMP
);
CREATE TABLE ticket (
  id INTEGER PRIMARY KEY,
  requester_id INTEGER NOT NULL REFERENCES requester (id),
  number VARCHAR(16) NOT NULL UNIQUE,
  opened_at TIMESTAMP NOT NULL,
  channel VARCHAR(10) NOT NULL,
  subject VARCHAR(120) NOT NULL,
  mood VARCHAR(12) NOT NULL
);
CREATE TABLE message (
  id INTEGER PRIMARY KEY,
  ticket_id INTEGER NOT NULL REFERENCES ticket (id),
  sent_at TIMESTAMP NOT NULL,
  author VARCHAR(10) NOT NULL,
  agent_name VARCHAR(60),
  body TEXT NOT NULL
);
CREATE INDEX requester_email ON requester (lower(email));
CREATE INDEX requester_phone ON requester (phone);
CREATE INDEX requester_customer ON requester (customer_number);
CREATE INDEX ticket_requester ON ticket (requester_id);
CREATE INDEX message_ticket ON message (ticket_id);
