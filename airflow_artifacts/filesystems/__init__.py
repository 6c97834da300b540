"""File systems for Airflow that it does not know of itself, with and without a connection.

Each module has what Airflow asks for: ``schemes``, and ``get_fs``, which makes the file system of a connection. So
``ObjectStoragePath("webhdfs://conn_id@/folder")`` works in any task once this package is installed.
"""
