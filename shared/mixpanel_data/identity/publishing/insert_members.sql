-- Begins the membership of ids in their new clusters.
-- One row per id.
-- Reads member_changes. Writes identity_members; a repeat finds none.
INSERT INTO identity_members (id, cluster_id, since, age, cluster_age)
SELECT
  id,
  cluster_id,
  @finished_at AS since,
  age,
  new_age AS cluster_age
FROM member_changes
WHERE new_age IS NOT NULL
