-- Where several customers live together: one row, many people.
CREATE TABLE household (
  id INTEGER PRIMARY KEY,
  street VARCHAR(120) NOT NULL,
  city VARCHAR(80) NOT NULL,
  delivery_note VARCHAR(120)
);
CREATE TABLE customer (
  id INTEGER PRIMARY KEY,
  customer_number VARCHAR(12) NOT NULL UNIQUE,
  given_name VARCHAR(60) NOT NULL,
  family_name VARCHAR(60) NOT NULL,
  date_of_birth DATE NOT NULL,
  street VARCHAR(120) NOT NULL,
  postcode VARCHAR(12) NOT NULL,
  city VARCHAR(80) NOT NULL,
  country CHAR(2) NOT NULL,
  pin_hash VARCHAR(120) NOT NULL,
  household_id INTEGER REFERENCES household (id),
  joined_on DATE NOT NULL,
  value_score INTEGER NOT NULL,
  restricted_at TIMESTAMP,
  address_changed_at TIMESTAMP
);
CREATE TABLE contact_email (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customer (id),
  email VARCHAR(120) NOT NULL,
  changed_at TIMESTAMP NOT NULL
);
CREATE TABLE contact_phone (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customer (id),
  phone VARCHAR(20) NOT NULL,
  changed_at TIMESTAMP NOT NULL
);
CREATE INDEX customer_household ON customer (household_id);
CREATE INDEX contact_email_lower ON contact_email (lower(email));
CREATE INDEX contact_email_customer ON contact_email (customer_id);
CREATE INDEX contact_phone_phone ON contact_phone (phone);
CREATE INDEX contact_phone_customer ON contact_phone (customer_id);
