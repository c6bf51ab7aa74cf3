"""The page's sentences: ja.toml and en.toml, same keys."""
