-- Lets /readyz know what is left on the disk of a MariaDB that runs on another machine. Once, as root, in the shop's database:
--   mariadb mall < ops/mysql/disk.sql
-- The shop's own user needs no FILE right: information_schema.DISKS stays empty for whoever lacks it, yet the function looks with
-- root's eyes and tells one number. MySQL has no such table; there the disk must be watched by the database's own monitoring.
INSTALL SONAME 'disks';
DELIMITER //
CREATE OR REPLACE FUNCTION free_disk_share() RETURNS DOUBLE SQL SECURITY DEFINER READS SQL DATA
  COMMENT 'Which share of the disk that holds the data is free, 0 to 1'
  RETURN (
    SELECT available / total FROM information_schema.DISKS
     WHERE @@datadir LIKE CONCAT(TRIM(TRAILING '/' FROM path), '/%')
     ORDER BY LENGTH(path) DESC LIMIT 1
  )//
DELIMITER ;
GRANT EXECUTE ON FUNCTION free_disk_share TO 'mall'@'%';
