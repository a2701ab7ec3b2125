"""Flash sales: sessions planned and announced, and redeeming within one."""
