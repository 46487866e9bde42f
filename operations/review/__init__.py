"""The review of a preview: what it will do, whether that is allowed, and a report for the pull request."""
