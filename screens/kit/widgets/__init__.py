"""Widgets that more than one screen is made of. They know the kit, never a screen and never the desk."""
