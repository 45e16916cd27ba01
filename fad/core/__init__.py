"""What a program is, and how a function becomes one."""
