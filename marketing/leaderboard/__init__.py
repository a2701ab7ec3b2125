"""Who earned most by activity in a shop week or month: counted from the entries, shown masked."""
