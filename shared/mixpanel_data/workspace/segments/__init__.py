"""The named segments of a workspace: their versions, and frozen members, as `Workspace.segments` has them."""
