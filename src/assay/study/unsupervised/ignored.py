"""What of a table the commands without labels leave out of account, in words: they count every row once and for itself."""

from assay.data.dataset import Dataset


def ignored(data: Dataset) -> list[str]:
    """A sentence for a group column and one for a weight column, where the table has such; neither column is a feature.

    Folds, halves and blocks are drawn row by row, so that with groups the intervals are those of rows, which are too narrow.
    """
    said = []
    group, weight = data.schema.only("group"), data.schema.only("weight")
    if group is not None:
        said.append(
            f"Rows are drawn one by one, also rows of one {group.name!r}: where these resemble each other, what is found again "
            "may be the groups, and the intervals are too narrow."
        )
    if weight is not None:
        said.append(f"The weight {weight.name!r} is not used: every row counts once.")
    return said
