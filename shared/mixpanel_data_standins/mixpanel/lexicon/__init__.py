"""The schemas of the Lexicon (`schemas`), and the endpoints that read and store them (`endpoint`)."""
