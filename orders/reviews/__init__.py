"""What buyers say of goods that arrived; the words themselves are catalog's."""
