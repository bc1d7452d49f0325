-- The number of lines that became rows. One row. Reads incoming.
SELECT COUNT(*) AS received
FROM incoming
