"""From a report to files: HTML, PDF, charts, workbook, CSV and Parquet."""
