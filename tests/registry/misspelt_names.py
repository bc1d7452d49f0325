"""Misspelt names among the real event names of data/git_history, found by reading all of them with their counts.

Events are the trailers of a project's commits, of 2005 to 2020. A name is listed as misspelt where the project has
another spelling of it that it uses at least 20 times as often and goes on using.
"""

MISSPELT = {
    "Acked-By": "Acked-by",
    "Heled-by": "Helped-by",
    "Helpd-by": "Helped-by",
    "Helped-By": "Helped-by",
    "Hepled-by": "Helped-by",
    "Original-Patch-By": "Original-patch-by",
    "Original-Patch-by": "Original-patch-by",
    "Reported-By": "Reported-by",
    "Reviewd-by": "Reviewed-by",
    "Reviewed-By": "Reviewed-by",
    "Rported-by": "Reported-by",
    "Signed-Off-By": "Signed-off-by",
    "Signed-Off-by": "Signed-off-by",
    "Signed-of-by": "Signed-off-by",
    "Signed-off-By": "Signed-off-by",
    "Signeg-off-by": "Signed-off-by",
    "Sugested-by": "Suggested-by",
    "Suggested-By": "Suggested-by",
    "cc": "Cc",
}
"""Each misspelt name, and the one that was meant."""

OTHER_SPELLINGS = {
    "CC": "Cc",
    "Initial-Test-By": "Initial-test-by",
    "Message-ID": "Message-Id",
    "Reported-and-Tested-by": "Reported-and-tested-by",
    "Tested-By": "Tested-by",
    "Trivially-Acked-By": "Trivially-acked-by",
    "Trivially-Acked-by": "Trivially-acked-by",
}
"""Names with another spelling that is not 20 times as frequent, or, as `Tested-by`, is not used any more."""

ONE_WORD_APART = {
    "Based-on-a-patch-by": "Based-on-patch-by",
    "Inspired-by-a-patch-by": "Inspired-by-patch-by",
    "Fixed-by": "Fixes",
    "Signed-off": "Signed-off-by",
    "Hopefully-signed-off-by": "Signed-off-by",
    "Tests-by": "Tested-by",
}
"""Names that only look alike."""
