"""The drawn pictures: data objects in, inline SVG out. matplotlib is loaded only when something is drawn."""
