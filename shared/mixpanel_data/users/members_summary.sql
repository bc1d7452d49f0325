-- Sums up identity_members, whole and what of it had happened up to @up_to: a run tells by this whether anything is new,
-- and whether what an earlier run followed is still what it was. A member came once and may have gone once.
-- One row. A checksum counts those who came and those who went and has a fingerprint of each, so that it compares only
-- with checksums of the same engine.
-- Reads all of identity_members.
SELECT
  COUNT(*) AS members,
  GREATEST(MAX(since), COALESCE(MAX(until), MAX(since))) AS newest,
  CONCAT(
    CAST(COUNT(*) AS STRING),
    ' ',
    CAST(COALESCE(BIT_XOR(member), 0) AS STRING),
    ' ',
    CAST(COUNT(until) AS STRING),
    ' ',
    CAST(COALESCE(BIT_XOR(IF(until IS NOT NULL, member, 0)), 0) AS STRING)
  ) AS checksum,
  CONCAT(
    CAST(COUNTIF(since <= @up_to) AS STRING),
    ' ',
    CAST(COALESCE(BIT_XOR(IF(since <= @up_to, member, 0)), 0) AS STRING),
    ' ',
    CAST(COUNTIF(until <= @up_to) AS STRING),
    ' ',
    CAST(COALESCE(BIT_XOR(IF(until <= @up_to, member, 0)), 0) AS STRING)
  ) AS checksum_up_to
FROM (
  -- One row per id and cluster that it has been in.
  SELECT
    since,
    until,
    FARM_FINGERPRINT(CONCAT(id, CHR(31), cluster_id)) AS member
  FROM identity_members
) AS fingerprints
