"""What the apps' admins share: read-only rows, one-row policies, forms of actions, filters."""
