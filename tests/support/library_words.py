"""Words that libraries use for faults and that no error of ours may show."""

import re

LIBRARY_WORDS = re.compile(
    r"Input should|Value error|String should|List should|Tuple should|Dictionary should|Assertion failed|pydantic"
    r"|validation error|Invalid value for|not a valid (?:integer|float|boolean|choice)"
    r"|[Ii]soformat|strptime|Traceback|unexpected error|HTTPConnection"
    r"|Binder Error|Conversion Error|Catalog Error|object has no attribute|NoneType"
)
