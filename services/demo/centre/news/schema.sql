CREATE TABLE subscriber (
  id INTEGER PRIMARY KEY,
  email VARCHAR(120) NOT NULL UNIQUE,
  name VARCHAR(120),
  language CHAR(2) NOT NULL,
  signed_up_at TIMESTAMP NOT NULL,
  newsletter_given_at TIMESTAMP,
  newsletter_withdrawn_at TIMESTAMP,
  newsletter_text VARCHAR(20),
  partner_offers_given_at TIMESTAMP,
  partner_offers_withdrawn_at TIMESTAMP,
  partner_offers_text VARCHAR(20),
  personalisation_given_at TIMESTAMP,
  personalisation_withdrawn_at TIMESTAMP,
  personalisation_text VARCHAR(20),
  marketing_stopped_at TIMESTAMP,
  restricted_at TIMESTAMP
);
CREATE TABLE mailing (
  id INTEGER PRIMARY KEY,
  subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
  campaign VARCHAR(60) NOT NULL,
  sent_at TIMESTAMP NOT NULL,
  opened_at TIMESTAMP,
  clicked_at TIMESTAMP
);
CREATE INDEX subscriber_email ON subscriber (lower(email));
CREATE INDEX mailing_subscriber ON mailing (subscriber_id);
