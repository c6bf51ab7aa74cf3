"""Colours and fonts for Gradio's own parts; the rest is style.css. System fonts only."""

from typing import Any

FONTS = (
    "system-ui", "-apple-system", "Segoe UI", "Hiragino Sans", "Hiragino Kaku Gothic ProN", "Yu Gothic UI", "Meiryo",
    "Noto Sans CJK JP", "Noto Sans JP", "sans-serif",
)  # fmt: skip
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono CJK JP", "monospace")


def theme() -> Any:
    """Return the page's Gradio theme."""
    import gradio as gr

    return gr.themes.Base(font=FONTS, font_mono=MONO, radius_size=gr.themes.sizes.radius_md).set(
        body_background_fill="#f7f7f4",
        body_background_fill_dark="#14171c",
        body_text_color="#1f2733",
        body_text_color_dark="#e4e8ee",
        body_text_color_subdued="#5f6979",
        body_text_color_subdued_dark="#98a2b0",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1b2027",
        background_fill_secondary="#f1f2ee",
        background_fill_secondary_dark="#20262e",
        block_background_fill="#ffffff",
        block_background_fill_dark="#1b2027",
        block_border_color="#e2e4df",
        block_border_color_dark="#2c333d",
        border_color_primary="#d9dcd6",
        border_color_primary_dark="#343c47",
        input_background_fill="#ffffff",
        input_background_fill_dark="#171b21",
        button_primary_background_fill="#264b73",
        button_primary_background_fill_dark="#3a6ea5",
        button_primary_background_fill_hover="#1d3c5e",
        button_primary_background_fill_hover_dark="#4a7fb6",
        button_primary_text_color="#ffffff",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_dark="#232a33",
        button_secondary_background_fill_hover="#eef1f4",
        button_secondary_background_fill_hover_dark="#2c3540",
        button_secondary_border_color="#d9dcd6",
        button_secondary_border_color_dark="#343c47",
        color_accent="#264b73",
        color_accent_soft="#e6edf5",
        color_accent_soft_dark="#223246",
        loader_color="#264b73",
    )
