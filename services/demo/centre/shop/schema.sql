CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  customer_number VARCHAR(12) NOT NULL,
  email VARCHAR(120) NOT NULL,
  name VARCHAR(120) NOT NULL,
  opened_on DATE NOT NULL,
  restricted_at TIMESTAMP
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account (id),
  number VARCHAR(16) NOT NULL UNIQUE,
  ordered_at TIMESTAMP NOT NULL,
  month VARCHAR(7) NOT NULL,
  status VARCHAR(12) NOT NULL,
  delivery_city VARCHAR(80) NOT NULL,
  delivery_street VARCHAR(120) NOT NULL,
  gift_for VARCHAR(120),
  total VARCHAR(12) NOT NULL
);
CREATE TABLE order_item (
  order_id INTEGER NOT NULL REFERENCES orders (id),
  line INTEGER NOT NULL,
  product VARCHAR(80) NOT NULL,
  quantity INTEGER NOT NULL,
  price VARCHAR(12) NOT NULL,
  PRIMARY KEY (order_id, line)
);
-- An invoice stands alone (no key into orders): it must outlive the order by years.
CREATE TABLE invoice (
  id INTEGER PRIMARY KEY,
  number VARCHAR(16) NOT NULL UNIQUE,
  order_number VARCHAR(16) NOT NULL,
  customer_number VARCHAR(12) NOT NULL,
  billing_name VARCHAR(120) NOT NULL,
  billing_address VARCHAR(240) NOT NULL,
  issued_on DATE NOT NULL,
  paid_on DATE,
  amount VARCHAR(12) NOT NULL,
  restricted_at TIMESTAMP
);
CREATE TABLE payment (
  id INTEGER PRIMARY KEY,
  invoice_id INTEGER NOT NULL REFERENCES invoice (id),
  method VARCHAR(20) NOT NULL,
  paid_on DATE NOT NULL,
  amount VARCHAR(12) NOT NULL,
  restricted_at TIMESTAMP
);
CREATE INDEX account_customer ON account (customer_number);
CREATE INDEX account_email ON account (lower(email));
CREATE INDEX orders_account ON orders (account_id);
CREATE INDEX invoice_customer ON invoice (customer_number);
CREATE INDEX payment_invoice ON payment (invoice_id);
