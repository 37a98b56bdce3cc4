CREATE TABLE wp_posts (ID bigint unsigned PRIMARY KEY AUTO_INCREMENT,
  post_date datetime,
  post_status varchar(20),
  post_modified datetime,
  post_type varchar(20));
CREATE TABLE wp_wc_orders_meta (id bigint unsigned PRIMARY KEY AUTO_INCREMENT,
  order_id bigint unsigned,
  meta_key varchar(255),
  meta_value text);
CREATE TABLE wp_wc_order_addresses (id bigint unsigned PRIMARY KEY AUTO_INCREMENT,
  order_id bigint unsigned,
  address_type varchar(20),
  email varchar(320));
CREATE TABLE wp_wc_order_stats (order_id bigint unsigned PRIMARY KEY,
  date_created datetime NOT NULL,
  date_paid datetime,
  total_sales double NOT NULL DEFAULT 0,
  customer_id bigint unsigned);
CREATE TABLE wp_wc_orders (id bigint unsigned PRIMARY KEY,
  status varchar(20),
  currency varchar(10),
  type varchar(20),
  tax_amount decimal(26,8),
  total_amount decimal(26,8),
  customer_id bigint unsigned,
  billing_email varchar(320),
  date_created_gmt datetime,
  date_updated_gmt datetime,
  parent_order_id bigint unsigned,
  ip_address varchar(100),
  KEY status (status),
  KEY date_updated (date_updated_gmt));
INSERT INTO wp_wc_orders VALUES (1, 'wc-completed', 'RUB', 'shop_order', 0, 10, 3, 'a@example.org', '2026-01-01 10:00:00', '2026-01-02 10:00:00', 0, '');
