"""A Redis or Valkey server by URL. What is kept there is rebuilt by those who put it there."""
