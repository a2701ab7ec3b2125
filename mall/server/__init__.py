"""The command that serves pages: its address, its processes, the bodies it takes."""
