"""The detector: somebody hears of an abnormal event volume within minutes, once.

For now the statistics alone, pure: series in, judgements out (`values`, `counts`, and `series`, which chooses).
"""
