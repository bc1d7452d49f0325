"""What there is to see in an answer, for whichever medium: shapes of charts, and which ones each report has."""
