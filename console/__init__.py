"""The program: how it starts and what holds across screens. Nothing imports it; it may import every room."""
