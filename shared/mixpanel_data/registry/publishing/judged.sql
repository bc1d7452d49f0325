-- Reads what the registry was last judged by. One row, none before the first judgement.
-- Reads registry_judged.
SELECT as_of, plan, version_properties, is_complete, judged_at
FROM registry_judged
