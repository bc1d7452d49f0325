"""SQL on a workspace's file, in DuckDB's dialect: it reads the file, changes nothing and reaches nothing else."""
