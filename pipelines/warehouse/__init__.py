"""From checked files to tables: the engine, SQL models, content-named tables, snapshots."""
