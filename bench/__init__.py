"""`make bench`: what Duewell does, each figure a ratio to a raw limit that was measured in the same run."""
