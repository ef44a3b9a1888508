"""Blob Storage and Table Storage over HTTP, with Azure's SDK and obstore."""
