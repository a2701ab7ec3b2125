"""What tells how the shop fares: log lines, probes, metrics, and the answers they keep."""
