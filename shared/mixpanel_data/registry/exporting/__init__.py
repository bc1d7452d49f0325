"""What the registry knows, for others: JSON Schema files, and the schemas of Mixpanel's Lexicon.

- `observed`: what was ever seen of each event. `schema`: a JSON Schema of that.
- `files`: the export into a folder; `folder`: how files are replaced; `file_names`: how they are called.
- `entries`: entries of the Lexicon, beside what people wrote there; `sent`: which descriptions are not theirs;
  `pushing`: sends those that differ.
"""

from mixpanel_data.registry.exporting.files import ExportResult, export
from mixpanel_data.registry.exporting.pushing import PushProgress, PushResult, push

__all__ = ["ExportResult", "PushProgress", "PushResult", "export", "push"]
