"""``assay demo``: stand-in"""

DEMOS = {}


def demo(name: str) -> None:
    pass
