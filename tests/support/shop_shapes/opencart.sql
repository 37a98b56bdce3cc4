CREATE TABLE oc_order_product (order_product_id int PRIMARY KEY AUTO_INCREMENT,
  order_id int,
  total decimal(15,4));
CREATE TABLE oc_order_total (order_total_id int PRIMARY KEY AUTO_INCREMENT,
  order_id int,
  value decimal(15,4));
CREATE TABLE oc_order (order_id int PRIMARY KEY AUTO_INCREMENT,
  invoice_no int NOT NULL DEFAULT 0,
  store_id int NOT NULL DEFAULT 0,
  customer_id int NOT NULL DEFAULT 0,
  email varchar(96),
  telephone varchar(32),
  total decimal(15,4) NOT NULL DEFAULT 0,
  order_status_id int NOT NULL DEFAULT 0,
  currency_id int NOT NULL,
  currency_code varchar(3) NOT NULL,
  currency_value decimal(15,8) NOT NULL DEFAULT 1,
  ip varchar(40),
  date_added datetime NOT NULL,
  date_modified datetime NOT NULL);
INSERT INTO oc_order (customer_id, total, order_status_id, currency_id, currency_code, date_added, date_modified) VALUES (0, 10, 5, 1, 'RUB', '2026-01-01 10:00:00', '2026-01-02 10:00:00'), (9, 20, 5, 1, 'RUB', '2026-01-01 11:00:00', '2026-01-02 11:00:00');
