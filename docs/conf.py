"""Sphinx configuration. Build with: python -m sphinx -W --keep-going -b html docs docs/_build/html"""

import logging
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
# Small matrices: threads of a matrix library cost more than they bring.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Writing a PDF says a dozen lines otherwise.
logging.getLogger("fontTools").setLevel(logging.WARNING)

from unrolled import __version__  # noqa: E402

project = "unrolled"
author = "The unrolled authors"
project_copyright = author
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
    "api_pages",
    "changelog_page",
    "option_tables",
    "mathml",
]
exclude_patterns = ["_build", "_ext", "api/generated/*.txt", "gallery/*.ipynb", "sg_execution_times.rst"]
templates_path = []
suppress_warnings = []
nitpicky = False

# Markdown: headings get anchors, so that pages can point at each other's sections.
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist"]

# Signatures keep their shapes; the docstrings say the rest.
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_class_signature = "mixed"
python_display_short_literal_types = True
python_maximum_signature_line_length = 90
python_use_unqualified_type_names = True
add_module_names = False
napoleon_attr_annotations = False  # the text gives shapes in words; a star in a type would be read as emphasis
napoleon_google_docstring = False
napoleon_numpy_docstring = True
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_preprocess_types = False

# Examples run while the pages are built; a failing one fails the build.
sphinx_gallery_conf = {
    "examples_dirs": ["../examples"],
    "gallery_dirs": ["gallery"],
    "filename_pattern": r"plot_",
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": ["figures_of_examples.scrape"],
    "reset_modules": [],
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "abort_on_example_error": False,
    "only_warn_on_example_error": False,
    "plot_gallery": "True",
    "min_reported_time": 0,
    "write_computation_times": False,
}

html_theme = "furo"
html_title = "unrolled"
html_static_path = ["_static"]
html_css_files = ["unrolled.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "top_of_page_buttons": [],
    "light_css_variables": {"color-brand-primary": "#0072B2", "color-brand-content": "#0072B2"},
    "dark_css_variables": {"color-brand-primary": "#56B4E9", "color-brand-content": "#56B4E9"},
}
