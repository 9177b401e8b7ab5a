"""The results as pictures: SVG, written by hand, since a line or a bar is one element of it and a
plotting library would be the largest thing that this repository installs.
"""
