"""How the console looks: dark, high contrast, no colour. Words come first, so every theme says the same."""

from typing import Final

from textual.theme import Theme

DARK: Final = Theme(
    name="desk-dark",
    primary="#5aa9e6",
    secondary="#7f8ea3",
    accent="#f0a35e",
    foreground="#dfe5ec",
    background="#10151c",
    surface="#10151c",
    panel="#1b2430",
    success="#7cc5a8",
    warning="#f0c05e",
    error="#ff8f80",
    dark=True,
    variables={
        "block-cursor-background": "#2b5f8f",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#24384d",
        "block-cursor-blurred-foreground": "#dfe5ec",
        "training": "#ffb000",
        "training-ink": "#1a1200",
        "quiet": "#9aa7b8",
        "input-cursor-background": "#dfe5ec",
        "input-selection-background": "#2b5f8f",
    },
)

CONTRAST: Final = Theme(
    name="desk-contrast",
    primary="#8fd0ff",
    secondary="#ffffff",
    accent="#ffd000",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    success="#7dff9b",
    warning="#ffe066",
    error="#ff9a8a",
    dark=True,
    variables={
        "block-cursor-background": "#ffff00",
        "block-cursor-foreground": "#000000",
        "block-cursor-blurred-background": "#5c5c00",
        "block-cursor-blurred-foreground": "#ffffff",
        "training": "#ffd000",
        "training-ink": "#000000",
        "quiet": "#d0d0d0",
        "input-cursor-background": "#ffffff",
        "input-selection-background": "#0050a0",
    },
)

THEMES: Final = {"dark": DARK, "high-contrast": CONTRAST}
WORDS: Final = ("dark", "high-contrast", "no-colour")  # as the settings name them
