"""What the desk can do. No Textual, no Rich; imported by console and screens, imports db only."""
