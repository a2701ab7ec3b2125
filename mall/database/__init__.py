"""What the shop asks of its database: how it connects, compares text and grants rights."""
