CREATE TABLE sales_order_item (item_id int unsigned PRIMARY KEY AUTO_INCREMENT,
  order_id int unsigned,
  created_at timestamp,
  updated_at timestamp,
  price decimal(20,4));
CREATE TABLE sales_invoice (entity_id int unsigned PRIMARY KEY AUTO_INCREMENT,
  order_id int unsigned,
  grand_total decimal(20,4),
  created_at timestamp,
  updated_at timestamp);
CREATE TABLE sales_order (entity_id int unsigned PRIMARY KEY AUTO_INCREMENT,
  state varchar(32),
  status varchar(32),
  customer_id int unsigned,
  base_grand_total decimal(20,4),
  grand_total decimal(20,4),
  order_currency_code varchar(3),
  increment_id varchar(50),
  created_at timestamp NOT NULL DEFAULT current_timestamp,
  updated_at timestamp NOT NULL DEFAULT current_timestamp,
  KEY sales_order_updated (updated_at));
INSERT INTO sales_order (customer_id, grand_total, order_currency_code) VALUES (3, 10, 'RUB'), (NULL, 20, 'RUB');
