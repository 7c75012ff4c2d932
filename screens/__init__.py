"""What people see: one .py and one .tcss a screen. Imports services.types and services.errors; the app gives a desk."""
