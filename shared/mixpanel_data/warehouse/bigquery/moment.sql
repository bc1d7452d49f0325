-- The time of BigQuery's own clock; reads no table, so that it bills nothing.
SELECT CURRENT_TIMESTAMP() AS moment
