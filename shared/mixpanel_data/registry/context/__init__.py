"""The context that all steps of a run share: what is asked, the run itself, and the units of its parts."""
