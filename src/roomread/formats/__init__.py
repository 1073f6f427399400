"""Every writer and reader of readings and sessions."""
