"""What people see: one .py and one .tcss a screen. Imports services.types and services.errors only; the desk comes from the app."""
