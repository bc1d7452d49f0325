-- The figures of a part that the job knows beforehand. Creates part_figures: one row.
SELECT PARSE_JSON(@figures) AS figures
