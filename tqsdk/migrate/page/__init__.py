"""``tq migrate report``: a page to hand around, in one file that loads nothing.

::

    inputs.py    what the other commands have printed, read and checked
    html.py      elements, escaped; charts.py: pictures, as SVG
    sections.py  what was found, what will change, what moved, what is proven
    document.py  the whole page
"""
