"""``assay report``: draws the page of a run again."""

from assay.cli.console import say, shown
from assay.cli.folders import RunArgument, open_run


def report(run: RunArgument) -> None:
    """Write RUN/report.html again.

    From what the run holds: nothing is fitted, and the lock stays as it is.
    """
    result, _ = open_run(run)
    from assay.cli.reporting import write_page

    say(f"Report: {shown(write_page(result))}")
