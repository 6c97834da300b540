"""``airflow artifacts``: what is kept, on the command line."""
