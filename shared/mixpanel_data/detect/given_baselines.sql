-- Baselines as a run gives them: a name and its state, each at the same place. Creates given_baselines.
SELECT JSON_VALUE(given, '$.event_name') AS event_name, JSON_VALUE(given, '$.state') AS state
FROM UNNEST(@baselines) AS given
