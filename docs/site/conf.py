"""The documents as a site: `make docs` copies them to .sandbox/site/source and builds there."""

project = "pdjira"
extensions = ["myst_parser"]
exclude_patterns = ["docs/site"]
root_doc = "contents"  # docs/site/contents.md: the order of the pages
html_theme = "furo"
html_title = "pdjira"
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"footer_icons": []}
myst_heading_anchors = 4
