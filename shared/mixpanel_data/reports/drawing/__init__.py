"""An answer as text: charts of block characters, for terminals of 40 to 200 columns, and for pipes."""
